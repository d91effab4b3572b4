"""What the bench carries is what the product understands: webhooks of about 1 KB, each with an id of its own."""

from __future__ import annotations

import json

import pytest

from bridge.settings import Settings
from tests.bench.gateway import Answered, measured, record_bytes
from tests.bench.payloads import CONVERSATIONS, CREDENTIALS, WEBHOOKS, edna_call, id_in_call, operator_message


@pytest.fixture
def settings() -> Settings:
    """The bench's settings."""
    return Settings(_env_file=None, **CREDENTIALS)


@pytest.mark.parametrize("kind", ["edna", "amojo"])
def test_webhooks_are_of_about_a_kilobyte_and_become_a_record(kind: str, settings: Settings) -> None:
    assert 900 <= len(WEBHOOKS[kind](0).body) <= 1_400
    assert 900 <= record_bytes(kind, settings) <= 1_400


@pytest.mark.parametrize("kind", ["edna", "amojo"])
def test_no_two_webhooks_come_out_under_one_id(kind: str) -> None:
    assert len({WEBHOOKS[kind](number).comes_out_as for number in range(500)}) == 500


def test_neighbouring_messages_belong_to_different_conversations() -> None:
    assert len({operator_message(number).conversation_id for number in range(CONVERSATIONS)}) == CONVERSATIONS


def test_the_bare_client_sends_what_the_agent_would_send(settings: Settings) -> None:
    body = json.loads(edna_call(7, settings))
    assert body["subscriberFilter"]["address"] == operator_message(7).address
    assert id_in_call(edna_call(7, settings)).count("-") == 4


def test_an_id_is_found_in_the_calls_of_both_vendors() -> None:
    assert id_in_call(b'{"requestId":"r"}') == "r"
    assert id_in_call(b'{"event_type":"new_message","payload":{"msgid":"m"}}') == "m"


def test_a_run_in_which_a_webhook_was_refused_is_worth_nothing() -> None:
    answers = [Answered(str(number), number * 10**6, (number + 2) * 10**6, 200) for number in range(100)]
    assert measured(answers).figures["p50_ms"] == 2.0
    answers[50] = Answered("50", 0, 1, 503)
    with pytest.raises(ValueError, match=r"1 of 100 webhooks .* \[503\]"):
        measured(answers)
