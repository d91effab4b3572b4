"""What the value of a variable has to be: refused at the start, by name, in words that say what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from bridge.edna.pieces import ABILITIES, README
from bridge.errors import EXIT_CONFIGURATION, ConfigurationError
from bridge.settings import Settings, load_settings, load_settings_or_exit
from bridge.variables import IM_TYPES


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder without `.env`."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def loaded(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> Settings:
    """The settings of an environment in which one variable stands."""
    monkeypatch.setenv(name, value)
    return load_settings()


URLS = ("EDNA_BASE_URL", "AMOCRM_AMOJO_BASE_URL", "AMOCRM_BASE_URL", "PUBLIC_BASE_URL", "GATEWAY_URL", "STATUS_URL")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        *((name, "foo", "http://HOST or https://HOST") for name in URLS),
        ("EDNA_BASE_URL", "ftp://app.edna.ru", "http://HOST or https://HOST"),
        ("EDNA_BASE_URL", "https://", "http://HOST or https://HOST"),
        ("EDNA_BASE_URL", "https://app.edna.ru:port", "http://HOST or https://HOST"),
        ("EDNA_BASE_URL", "https://app.edna.ru:99999", "http://HOST or https://HOST"),
        ("EDNA_BASE_URL", "https://[::1", "http://HOST or https://HOST"),
        ("EDNA_BASE_URL", "https://a b", "http://HOST or https://HOST"),
        ("EDNA_BASE_URL", "https://app.edna.ru/?a=b", "http://HOST or https://HOST"),
        ("KAFKA_BOOTSTRAP_SERVERS", "kafka:port", "HOST:PORT"),
        ("KAFKA_BOOTSTRAP_SERVERS", "kafka:70000", "HOST:PORT"),
        ("KAFKA_BOOTSTRAP_SERVERS", "[::1", "HOST:PORT"),
        ("KAFKA_BOOTSTRAP_SERVERS", "one:9092,,two:9092", "HOST:PORT"),
        ("KAFKA_BOOTSTRAP_SERVERS", "kafka://one:9092", "HOST:PORT"),
        ("MEDIA_ALLOW_HOSTS", "http://files.example", "HOST or HOST:PORT"),
        ("MEDIA_ALLOW_HOSTS", "a b", "HOST or HOST:PORT"),
        ("EDNA_IM_TYPE", "telegram", "whatsapp, viber, sms"),
        ("EDNA_WEBHOOK_SECRET", "a/b+c==", "openssl rand -hex 24"),
        ("EDNA_WEBHOOK_SECRET_PREVIOUS", "..", "openssl rand -hex 24"),
        ("PHONE_REGION", "Russia", "two letters"),
        ("OPERATOR_LANGUAGE", "de", "'ru' or 'en'"),
        ("GATEWAY_PORT", "many", "a whole number"),
        ("GATEWAY_PORT", "70000", "at most 65535"),
        ("MAX_WEBHOOK_BYTES", "1", "at least 1024"),
        ("EDNA_MAX_RPS", "fast", "a number"),
        ("AMOCRM_SOURCES", "perhaps", "true or false"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_name_with_what_to_write(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        loaded(monkeypatch, name, value)
    line = str(caught.value)
    assert line.startswith(f"{name}: ")
    assert said in line
    assert value not in line.removeprefix(f"{name}: ").split()
    assert not any(foreign in line for foreign in ("\n", "String should", "Input should", "Value error"))


@pytest.mark.parametrize(
    ("name", "value", "meant"),
    [
        ("EDNA_BASE_URL", ' "https://app.edna.ru/" ', "https://app.edna.ru"),
        ("EDNA_BASE_URL", "http://[::1]:28081/edna/", "http://[::1]:28081/edna"),
        ("KAFKA_BOOTSTRAP_SERVERS", '"one:9092, two"', "one:9092,two"),
        ("KAFKA_BOOTSTRAP_SERVERS", "[::1]:9092", "[::1]:9092"),
        ("MEDIA_ALLOW_HOSTS", "files.lan, 10.0.0.1:8080 ,", "files.lan, 10.0.0.1:8080 ,"),
        ("EDNA_IM_TYPE", "Viber", "Viber"),  # it stands in the ids of conversations as it is written
        ("LOG_LEVEL", "info", "INFO"),
        ("LOG_FORMAT", "'json'", "json"),
        ("PHONE_REGION", "ru", "RU"),
        ("OPERATOR_LANGUAGE", "EN", "en"),
        ("GATEWAY_PORT", '"28001"', 28001),
        ("EDNA_WEBHOOK_SECRET", "'a.b-c_d~1'", SecretStr("a.b-c_d~1")),
        ("EDNA_WEBHOOK_KEY", '""', None),
        ("EDNA_API_KEY", '"your_edna_api_key"', None),
    ],
)
def test_blanks_quotes_and_case_are_no_reason_to_refuse_a_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, meant: object
) -> None:
    assert getattr(loaded(monkeypatch, name, value), name.lower()) == meant


def test_an_env_file_that_is_not_utf8_is_exit_78_and_says_how_to_save_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / ".env").write_bytes("# ключ\nGATEWAY_PORT=28001\n".encode("cp1251"))
    with pytest.raises(SystemExit) as caught:
        load_settings_or_exit()
    assert caught.value.code == EXIT_CONFIGURATION
    assert capsys.readouterr().err == "edna-amocrm: .env: is not UTF-8: save it as UTF-8\n"


def test_an_env_file_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    (folder / ".env").write_text("")

    def refuses(*_args: object, **_options: object) -> None:
        raise PermissionError(13, "Permission denied", ".env")

    monkeypatch.setattr("dotenv.main.DotEnv.dict", refuses)
    with pytest.raises(ConfigurationError, match=r"^\.env: cannot be read: Permission denied$"):
        load_settings()


def test_every_type_of_channel_that_a_message_can_be_made_for_can_be_set() -> None:
    assert set(IM_TYPES) >= {name.lower() for name in ABILITIES if name != README}
