"""What amojo's client makes of odd answers: cut off, empty, of another form. Nothing raises (amojo.md §2.6, §5)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest
from yarl import URL

from bridge.amojo.client import HISTORY_PAGE, HISTORY_PAGES, AmojoClient
from bridge.amojo.requests import msgid
from bridge.events import Content, ContentType, InboundMessage
from bridge.http import Answer
from bridge.ids import Conversation
from bridge.outcome import Outcome, Verdict
from bridge.settings import Settings

JSON = {"Content-Type": "application/json"}
AT_MS = 1_748_946_030_123
CLIENT = Conversation("345", "79000000001")
EVENT = InboundMessage(
    event_id="e", channel=CLIENT.channel, address=CLIENT.address, conversation_id=CLIENT.id, accepted_at=AT_MS,
    message_id="9", content=Content(type=ContentType.TEXT, text="Привет"),
)  # fmt: skip
DEEP = b"[" * 200_000
NO_JSON = [b"", b"{", b"null", b"[]", b"7", b"\xff", DEEP]


class Told:
    """A transport that answers every call the next answer, and the last one for ever."""

    def __init__(self, *answers: Any) -> None:
        self._answers = list(answers)
        self.asked: list[tuple[str, str]] = []

    async def send(self, method: str, url: URL, headers: Mapping[str, str], body: bytes) -> Answer:
        """See `Transport`."""
        assert headers["X-Signature"]
        self.asked.append((method, url.raw_path_qs.rpartition("/chats")[2]))
        told = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(told, Answer):
            return told
        return Answer(200, JSON, told if isinstance(told, bytes) else json.dumps(told).encode())

    async def close(self) -> None:
        """See `Transport`."""


def client(told: Told) -> AmojoClient:
    given: dict[str, Any] = dict.fromkeys(("amocrm_channel_id", "amocrm_channel_secret", "amocrm_account_id"), "x")
    return AmojoClient(Settings(_env_file=None, **given), told)


def looked(told: Told, chat_id: str | None = "k-1") -> Verdict:
    return asyncio.run(client(told).has_message(EVENT, chat_id))


def entry(own_id: str = "another", **changes: Any) -> dict[str, Any]:
    """A message in a history."""
    return {"msec_timestamp": AT_MS, "message": {"id": "x-1", "client_id": own_id}, **changes}


def page(**changes: Any) -> dict[str, Any]:
    """A full page of others' messages, whose oldest one is changed."""
    return {"messages": [entry()] * (HISTORY_PAGE - 1) + [entry(**changes)]}


OURS = {"messages": [entry(msgid(EVENT))]}


@pytest.mark.parametrize(
    "odd",
    [
        {"msec_timestamp": None},
        {"msec_timestamp": "soon"},
        {"msec_timestamp": []},
        {"msec_timestamp": str(AT_MS)},
        {"msec_timestamp": None, "timestamp": AT_MS // 1000},
        {"message": None},
        {"message": ["x"]},
        {"message": {"client_id": {}, "id": 5}},
    ],
)
def test_a_page_whose_oldest_message_tells_no_earlier_time_does_not_end_the_search(odd: dict[str, Any]) -> None:
    told = Told(page(**odd), OURS)
    assert looked(told) == Verdict(Outcome.DELIVERED, "already there", 200, "x-1", already=True)
    assert [path for _, path in told.asked] == [f"/k-1/history?offset={at}&limit=50" for at in (0, 50)]


@pytest.mark.parametrize(
    "earlier",
    [{"msec_timestamp": AT_MS - 60_001}, {"msec_timestamp": None, "timestamp": AT_MS // 1000 - 61},
     {"msec_timestamp": str(AT_MS - 60_001)}],
)  # fmt: skip
def test_a_page_that_ends_a_minute_before_the_message_ends_the_search(earlier: dict[str, Any]) -> None:
    told = Told(page(**earlier), OURS)
    assert looked(told).outcome is Outcome.PERMANENT
    assert len(told.asked) == 1


def test_the_search_ends_after_twenty_pages() -> None:
    told = Told(page())
    assert looked(told).outcome is Outcome.PERMANENT
    assert len(told.asked) == HISTORY_PAGES


@pytest.mark.parametrize("odd", [None, 5, "x", [], {}, {"message": None}, {"message": 5}, {"message": {"id": None}}])
def test_what_is_no_message_of_ours_in_a_history_is_passed_over(odd: Any) -> None:
    assert looked(Told({"messages": [odd]})).outcome is Outcome.PERMANENT
    found = looked(Told({"messages": [odd, entry(msgid(EVENT)), odd]}))
    assert (found.outcome, found.vendor_id) == (Outcome.DELIVERED, "x-1")


@pytest.mark.parametrize("own_id", [None, "", 5, {}, "y" * 300])
def test_a_message_that_is_there_without_an_id_is_there(own_id: Any) -> None:
    found = looked(Told({"messages": [entry(message={"client_id": msgid(EVENT), "id": own_id})]}))
    assert found.outcome is Outcome.DELIVERED
    assert found.vendor_id == ("5" if own_id == 5 else None)


@pytest.mark.parametrize("empty", [Answer(204, {}, b""), {}, {"messages": None}, {"messages": []}])
def test_a_chat_without_messages_has_not_this_one(empty: Any) -> None:
    assert looked(Told(empty)).outcome is Outcome.PERMANENT


@pytest.mark.parametrize("body", [*NO_JSON, b'{"messages":5}', b'{"messages":{"message":{}}}', b'{"messages":"x"}'])
def test_of_a_history_that_cannot_be_read_nothing_is_known(body: bytes) -> None:
    assert looked(Told(body)).outcome is Outcome.TRANSIENT


@pytest.mark.parametrize("body", [*NO_JSON, b"{}", b'{"id":null}', b'{"id":""}', b'{"id":[]}'])
def test_of_a_message_whose_chat_is_not_told_nothing_is_known(body: bytes) -> None:
    told = Told(body)
    assert looked(told, chat_id=None).outcome is Outcome.TRANSIENT
    assert told.asked == [("POST", "")]


def test_the_chat_is_asked_for_only_where_it_is_not_known() -> None:
    told = Told({"id": 7}, OURS)
    assert looked(told, chat_id=None).outcome is Outcome.DELIVERED
    assert told.asked == [("POST", ""), ("GET", "/7/history?offset=0&limit=50")]
    told = Told(OURS)
    assert looked(told, chat_id="a/b").outcome is Outcome.DELIVERED
    assert told.asked == [("GET", "/a%2Fb/history?offset=0&limit=50")]


@pytest.mark.parametrize(
    ("body", "vendor_id"),
    [
        *((body, None) for body in NO_JSON),
        (b'{"new_message":null}', None),
        (b'{"new_message":{"msgid":null}}', None),
        (b'{"new_message":{"msgid":{}}}', None),
        (b'{"new_message":{"msgid":7}}', "7"),
        (b'{"new_message":{"msgid":"x-1"}}', "x-1"),
    ],
)
def test_a_message_that_was_taken_is_delivered_whatever_the_answer_says_of_its_id(
    body: bytes, vendor_id: str | None
) -> None:
    verdict = asyncio.run(client(Told(body)).send_message(b"{}"))
    assert (verdict.outcome, verdict.vendor_id) == (Outcome.DELIVERED, vendor_id)
