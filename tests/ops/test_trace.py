"""`edna-amocrm trace`: one conversation by whatever names it, and nothing personal unless it is asked for."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.events import MessageStatus, encode
from bridge.ids import amojo_msgid, outbound_event_id, request_id, status_event_id
from tests.broker.agents import outbound
from tests.ops.process import Command, MakeSettings, refused
from tests.ops.stories import ANNA, ANNA_IN_VIBER, ANSWER, ANSWER_ID, BORIS, QUESTION, Writer

pytestmark = pytest.mark.broker

REFUSED_ID = "88888888-5ad8-449d-9c38-b6bdf288f1e5"
STATUSES = (MessageStatus.SENT, MessageStatus.DELIVERED)


@pytest.fixture
async def story(make_settings: MakeSettings, topics: None) -> None:
    """Anna asks and is answered, once in vain; she writes in another channel as well; so does Boris."""
    async with Writer(make_settings()) as writer:
        await writer.question(101, ANNA)
        await writer.answer(ANSWER_ID, ANNA, STATUSES)
        refused_answer = outbound(REFUSED_ID, ANNA, "Слишком длинно")
        await writer.dead_letter("outbound", "chat-79001234567", encode(refused_answer))
        await writer.question(202, ANNA_IN_VIBER)
        await writer.question(303, BORIS)


def kinds(conversation: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(row["direction"], row["kind"], row["outcome"]) for row in conversation["rows"]]


WHOLE = [
    ("outbound", "dead letter", "permanent 400"),  # its headers are older than what the clock says of the others
    ("inbound", "message", "accepted"),
    ("inbound", "receipt", "delivered"),
    ("outbound", "message", "accepted"),
    ("outbound", "receipt", "delivered"),
    ("status", "status", "sent"),
    ("status", "receipt", "delivered (sent)"),
    ("status", "status", "delivered"),
    ("status", "receipt", "delivered (delivered)"),
]


@pytest.mark.parametrize(
    "query",
    [
        ANNA.id,
        amojo_msgid("default", "345", "101"),
        outbound_event_id("default", ANSWER_ID),
        status_event_id("default", request_id(ANSWER_ID), None, "delivered", "2001"),
        ANSWER_ID,
        "101",
        "amojo-101",
        f"edna-of-{ANSWER_ID}",
        f"{ANSWER_ID.replace('-', '')}-r1",
        REFUSED_ID,
    ],
)
def test_any_id_finds_the_whole_conversation_in_order_of_time(story: None, command: Command, query: str) -> None:
    (conversation,) = command.json("trace", query)["conversations"]
    assert sorted(kinds(conversation)) == sorted(WHOLE)
    times = [row["at"] for row in conversation["rows"]]
    assert times == sorted(times)
    assert kinds(conversation)[-4:] == WHOLE[-4:]


@pytest.mark.parametrize("phone", ["79001234567", "+7 900 123-45-67", "8 (900) 123-45-67"])
def test_a_phone_finds_its_conversations_in_every_channel(story: None, command: Command, phone: str) -> None:
    anna, in_viber = command.json("trace", phone, "--text")["conversations"]
    assert (anna["conversation_id"], in_viber["conversation_id"]) == (ANNA.id, ANNA_IN_VIBER.id)
    assert sorted(kinds(anna)) == sorted(WHOLE)
    assert kinds(in_viber) == [("inbound", "message", "accepted"), ("inbound", "receipt", "delivered")]


def test_rows_tell_where_how_often_and_how_long(story: None, command: Command) -> None:
    (conversation,) = command.json("trace", ANSWER_ID)["conversations"]
    (receipt,) = [row for row in conversation["rows"] if (row["direction"], row["kind"]) == ("outbound", "receipt")]
    assert (receipt["attempts"], receipt["latency_ms"]) == (3, 1234)
    assert receipt["ids"]["edna_id"] == f"edna-of-{ANSWER_ID}"
    topic, partition, offset = receipt["where"].split("/")
    assert (topic, partition.isdigit(), offset.isdigit()) == ("outbound.receipts", True, True)
    (letter,) = [row for row in conversation["rows"] if row["kind"] == "dead letter"]
    assert (letter["attempts"], letter["reason"]) == (2, "text-not-specified")


def test_texts_and_phones_are_hidden_unless_they_are_asked_for(story: None, command: Command) -> None:
    hidden = command("trace", ANNA.id)
    assert hidden.returncode == 0, hidden.stderr
    assert "v1.default.345.…4567" in hidden.stdout
    for personal in (ANNA.address, QUESTION, ANSWER):
        assert personal not in hidden.stdout
    shown = command("trace", ANNA.id, "--text")
    for personal in (ANNA.id, QUESTION, ANSWER):
        assert personal in shown.stdout
    assert ANNA.address not in command("trace", ANNA.id, "--json").stdout


def test_what_nothing_names_is_one_line_and_exit_1(story: None, command: Command) -> None:
    line = refused(command("trace", "79009999999"), 1)
    assert "79009999999" not in line
    refused(command("trace", "303x"), 1)


def test_since_leaves_out_what_is_older(story: None, command: Command) -> None:
    assert command("trace", ANNA.id, "--since", "1h").returncode == 0
    refused(command("trace", ANNA.id, "--since", "0s"), 1)


async def test_a_status_of_no_known_message_is_shown_alone(
    make_settings: MakeSettings, topics: None, command: Command
) -> None:
    async with Writer(make_settings()) as writer:
        await writer.write(
            "status", "x", b'{"event_id":"s-1","conversation_id":"","message_id":"gone","status":"read"}'
        )
        await writer.write("inbound", "x", b"no JSON at all")
    (found,) = command.json("trace", "gone")["conversations"]
    assert found["conversation_id"] == ""
    assert kinds(found) == [("status", "status", "read")]
    assert "of no known conversation" in command("trace", "s-1").stdout
