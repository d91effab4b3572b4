"""The configuration: one place in the code, one sample beside it, errors that name the variable."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from bridge.errors import ConfigurationError
from bridge.settings import REQUIRED, Part, Settings, load_settings

SAMPLE = Path(__file__).parents[2] / ".env.sample"
LINE = re.compile(r"^(#?)([A-Z][A-Z0-9_]*)=(.*)$", re.MULTILINE)


def given(**values: Any) -> Settings:
    return Settings(_env_file=None, **values)


def sample() -> dict[str, tuple[bool, str]]:
    """Variable → whether it is commented out, and its value."""
    found = LINE.findall(SAMPLE.read_text())
    names = [name for _, name, _ in found]
    assert len(names) == len(set(names)), "a variable stands twice in .env.sample"
    return {name: (bool(mark), value) for mark, name, value in found}


def test_the_sample_has_every_variable_and_no_other() -> None:
    assert set(sample()) == {name.upper() for name in Settings.model_fields}


def test_what_is_commented_out_shows_the_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    defaults = given()
    lines = [f"{name}={value}" for name, (commented, value) in sample().items() if commented and value]
    (tmp_path / ".env").write_text("\n".join(lines))
    assert Settings().model_dump() == defaults.model_dump()


def test_the_sample_as_it_is_gives_no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text(SAMPLE.read_text())
    assert Settings().model_dump() == given().model_dump()


@pytest.mark.parametrize("part", ["gateway", "inbound", "outbound", "status"])
def test_what_a_part_lacks_is_named(part: Part) -> None:
    with pytest.raises(ConfigurationError) as caught:
        given().require(part)
    assert all(name in str(caught.value) for name in REQUIRED[part])
    assert "\n" not in str(caught.value)


def test_the_cascade_path_starts_without_a_cascade_because_edna_tells_it() -> None:
    given(edna_api_key="k", edna_send_path="/api/cascade/schedule").require("outbound")


def test_topics_need_no_credentials() -> None:
    given().require("topics")


def test_a_wrong_value_is_named_and_not_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GATEWAY_PORT", "many")
    with pytest.raises(ConfigurationError, match=r"^GATEWAY_PORT: "):
        load_settings()


def test_sasl_needs_user_and_password() -> None:
    with pytest.raises(ValidationError, match="KAFKA_SASL_USERNAME is needed"):
        given(kafka_security_protocol="SASL_SSL")


def test_secrets_do_not_show_and_are_trimmed() -> None:
    settings = given(amocrm_channel_secret=' "hidden" ', edna_api_key="hidden")
    assert "hidden" not in repr(settings)
    assert settings.amocrm_channel_secret == SecretStr("hidden")
