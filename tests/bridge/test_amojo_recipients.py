"""Whom an operator's message is for: a chat of ours, a phone that the operator writes to first, or nobody known."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.amojo.webhooks import Reading, parse
from bridge.events import OutboundMessage
from bridge.ids import Conversation, decode_request_id, request_id
from bridge.records import record_of
from tests.bridge.vendor_forms import OURS, hook, hook_v1

READING = Reading("whatsapp", "RU", scope="channel_account")
CHAT = {"id": "k-1"}


def message(document: Any, reading: Reading = READING) -> OutboundMessage:
    found = parse(document, reading)
    assert isinstance(found, OutboundMessage), found
    return found


@pytest.mark.parametrize("phone", ["79001234567", "+79001234567", "89001234567", "+7 900 123-45-67", 79001234567])
@pytest.mark.row(
    "operator → client",
    "amojo hook v2, whom it is for",
    "chat without a client, `receiver.phone` {phone}",
    "written first to that phone",
)
def test_without_a_conversation_of_ours_the_operator_writes_first_to_the_phone(phone: Any) -> None:
    event = message(hook(conversation=CHAT, receiver={"id": "r-1", "phone": phone}, source={"external_id": "345"}))
    assert event.write_first
    assert (event.channel, event.address, event.conversation_id) == ("345", "79001234567", OURS)
    assert (event.chat_id, event.receiver_id, record_of(event).key) == ("k-1", "r-1", "k-1")


@pytest.mark.parametrize("source", [None, {}, {"external_id": ""}])
def test_without_a_source_the_channel_is_left_to_the_agent(source: Any) -> None:
    event = message(hook(conversation=CHAT, receiver={"id": "r-1", "phone": "79001234567"}, source=source))
    assert event.write_first
    assert (event.channel, event.address, event.conversation_id) == ("", "79001234567", "")
    assert record_of(event).key == "k-1"


@pytest.mark.row(
    "operator → client",
    "amojo hook v2, whom it is for",
    "chat of another client, with a phone",
    "written first to that phone",
)
def test_a_conversation_that_is_not_ours_is_written_to_first_when_its_phone_is_known() -> None:
    other = {"id": "k-1", "client_id": "somebody-elses"}
    event = message(hook(conversation=other, receiver={"id": "r-1", "phone": "79001234567", "client_id": "u-1"}))
    assert event.write_first
    assert (event.address, event.receiver_id) == ("79001234567", "r-1")


@pytest.mark.row(
    "operator → client",
    "amojo hook v2, whom it is for",
    "chat that another has named, `receiver.client_id` of ours",
    "sent to that client",
)
def test_a_client_of_ours_is_found_in_a_chat_that_has_another_ones_id() -> None:
    receiver = {"id": "r-1", "phone": "79990000000", "client_id": OURS}
    event = message(hook(conversation={"id": "k-1", "client_id": "somebody-elses"}, receiver=receiver))
    assert not event.write_first
    assert (event.channel, event.address, event.conversation_id) == ("345", "79001234567", OURS)


@pytest.mark.parametrize("phone", [None, "", "Анна", "12", "+", "1" * 20])
@pytest.mark.row(
    "operator → client",
    "amojo hook v2, whom it is for",
    "chat without a client, `receiver.phone` {phone}",
    "no address: the operator is told that it failed",
)
def test_without_conversation_and_phone_there_is_an_event_that_names_nobody(phone: Any) -> None:
    event = message(hook(conversation=CHAT, receiver={"id": "r-1", "phone": phone}))
    assert not event.write_first
    assert (event.channel, event.address, event.conversation_id, event.receiver_id) == ("", "", "", None)
    assert record_of(event).key == "k-1"


@pytest.mark.row(
    "operator → client", "amojo hook v2, whom it is for", "chat of a client of ours", "sent to that client"
)
def test_a_conversation_of_ours_is_no_first_message_whatever_else_the_hook_names() -> None:
    event = message(hook(receiver={"id": "r-1", "phone": "79990000000"}, source={"external_id": "999"}))
    assert not event.write_first
    assert (event.channel, event.address, event.receiver_id) == ("345", "79001234567", None)


def test_a_hook_v1_goes_to_its_conversation_under_an_id_that_a_repeat_has_too() -> None:
    event = message(hook_v1())
    assert event == message(dict(reversed(list(hook_v1().items()))))
    assert (event.channel, event.address, event.conversation_id) == ("345", "79001234567", OURS)
    assert (event.chat_id, event.timestamp, record_of(event).key) == (None, 1748946031456, OURS)
    assert event.event_id == f"amojo.default.{event.message_id}"
    assert request_id(event.message_id) == event.message_id
    assert decode_request_id(event.message_id) is None


@pytest.mark.parametrize(
    "changes", [{"text": "Иначе"}, {"msec_timestamp": 1748946031457}, {"conversation_id": OURS + "8"}, {"tag": "x"}]
)
def test_another_hook_v1_is_another_event(changes: dict[str, Any]) -> None:
    assert message(hook_v1(**changes)).event_id != message(hook_v1()).event_id


def test_the_same_hook_v1_of_another_scope_is_another_event() -> None:
    assert message(hook_v1(), Reading("whatsapp", "RU", scope="other")).event_id != message(hook_v1()).event_id


@pytest.mark.row(
    "operator → client",
    "amojo hook v1, whom it is for",
    "`receiver` of ours, or another's conversation",
    "sent to that client, or no address",
)
def test_a_hook_v1_may_name_its_receiver_alone_and_one_that_is_not_ours_names_nobody() -> None:
    assert message(hook_v1(conversation_id="")).conversation_id == OURS
    event = message(hook_v1(conversation_id="c-1"))
    assert (event.conversation_id, event.channel, event.address) == ("c-1", "", "")


@given(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=40))
def test_any_conversation_that_was_ours_comes_back_as_it_was(channel: str, address: str) -> None:
    there = Conversation(channel, address)
    event = message(hook(conversation={"id": "k-1", "client_id": there.id}))
    assert (event.channel, event.address, event.conversation_id) == (channel, address, there.id)
