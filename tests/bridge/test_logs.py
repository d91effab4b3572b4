"""What leaves the process by a log line: nothing personal and nothing secret, however deep it stands."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from bridge.events import Content, InboundMessage, Person
from bridge.logs import mask
from bridge.settings import Settings


def test_what_is_personal_is_hidden_at_every_depth() -> None:
    event = {
        "event": "x",
        "why": "79001234567 refused",
        "facts": [{"phone": "79001234567", "token": "t"}, "of +79001234567", ("v1.default.345.79001234567", 3)],
    }
    before = str(event["facts"])
    facts = event["facts"]
    assert mask(None, "info", event) == {
        "event": "x",
        "why": "…67 refused",
        "facts": [{"phone": "***", "token": "***"}, "of …67", ["v1.default.345.…67", 3]],
    }
    assert str(facts) == before  # what the caller holds is the caller's


@pytest.mark.parametrize("model", [Person, Content, InboundMessage])
def test_an_event_that_does_not_fit_does_not_show_what_stood_in_it(model: type[Person]) -> None:
    with pytest.raises(ValidationError) as caught:
        model.model_validate({name: ["very private"] for name in model.model_fields})
    assert "very private" not in str(caught.value)


def test_settings_that_do_not_fit_do_not_show_what_stood_in_them() -> None:
    with pytest.raises(ValidationError) as caught:
        Settings(_env_file=None, edna_webhook_secret="very/private", gateway_port="hidden")
    assert "private" not in str(caught.value)
    assert "hidden" not in str(caught.value)
