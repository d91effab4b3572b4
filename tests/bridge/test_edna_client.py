"""What edna's client makes of channels, cascades and history: told, not told, in trouble (edna.md §2.7, §9)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest
from yarl import URL

from bridge.edna.channels import Directory
from bridge.edna.client import (
    CHANNEL_OFF,
    CHECK_CASCADE,
    CHECK_KEY,
    NO_HISTORY,
    TOP_UP,
    EdnaClient,
    judged,
)
from bridge.errors import VendorRefusal
from bridge.events import Content, ContentType, Location
from bridge.http import Answer
from bridge.outcome import Outcome, Verdict
from bridge.settings import Settings
from tests.bridge.edna_forms import PICTURE, PLACE, TEXT, calls, message
from tests.bridge.test_edna_channels import CASCADES, CHANNELS, KNOWN

JSON = {"Content-Type": "application/json"}
ACCEPTED_MS = 1_700_000_000_000


class Told:
    """A transport that answers what a test says, by path; a list is used up call by call."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self._answers = answers
        self.asked: list[tuple[str, str, Any]] = []

    async def send(self, method: str, url: URL, headers: Mapping[str, str], body: bytes) -> Answer:
        """See `Transport`."""
        assert headers["X-API-KEY"] == "key"
        self.asked.append((method, url.path, json.loads(body) if body else None))
        told = self._answers[url.path]
        told = told.pop(0) if isinstance(told, list) and told and isinstance(told[0], Answer) else told
        return told if isinstance(told, Answer) else Answer(200, JSON, json.dumps(told).encode())

    async def close(self) -> None:
        """See `Transport`."""


def client(answers: Mapping[str, Any]) -> tuple[EdnaClient, Told]:
    transport = Told(answers)
    settings = Settings(_env_file=None, edna_api_key="key", edna_base_url="https://edna.example")
    return EdnaClient(settings, transport), transport


def directory(profile: Any, cascade: Any) -> Directory:
    found, transport = client({"/api/channel-profile": profile, "/api/cascade/get-all": cascade})
    told = asyncio.run(found.directory())
    assert sorted(transport.asked) == [("GET", "/api/channel-profile", None), ("POST", "/api/cascade/get-all", {})]
    return told


def answer(status: int, body: Any = None, kind: str = "application/json") -> Answer:
    return Answer(status, {"Content-Type": kind}, json.dumps(body).encode())


def test_channels_and_cascades_are_asked_and_known() -> None:
    assert directory(CHANNELS, CASCADES) == KNOWN


def test_a_key_that_may_ask_only_one_of_them_is_told_that() -> None:
    assert directory(answer(403), CASCADES) == Directory.of([], KNOWN.cascades.values())
    assert directory(CHANNELS, answer(403)) == Directory.of(KNOWN.channels.values(), [])


@pytest.mark.parametrize("refusal", [answer(403), answer(404), answer(200, "<html>", "text/html"), answer(302)])
def test_what_edna_does_not_tell_is_known_to_be_untold(refusal: Answer) -> None:
    assert directory(refusal, refusal) == Directory(known=True)


@pytest.mark.parametrize("trouble", [answer(401), answer(500), answer(503, "", "text/html"), answer(429)])
def test_trouble_at_edna_tells_nothing_yet(trouble: Answer) -> None:
    with pytest.raises(VendorRefusal):
        directory(trouble, CASCADES)
    with pytest.raises(VendorRefusal):
        directory(CHANNELS, trouble)


@pytest.mark.parametrize("trouble", [{"title": "auth-error", "status": 401}, {"title": "down", "status": 503}])
def test_trouble_that_is_told_under_200_tells_nothing_yet_either(trouble: Any) -> None:
    with pytest.raises(VendorRefusal):
        directory(trouble, CASCADES)


@pytest.mark.parametrize(
    ("body", "outcome", "remedy"),
    [
        ({"id": "own", "code": "ok"}, Outcome.DELIVERED, ""),
        ({"requestId": "own", "status": 200}, Outcome.DELIVERED, ""),
        ({"id": "own", "status": "sent"}, Outcome.DELIVERED, ""),
        ([], Outcome.DELIVERED, ""),
        ({"code": "error-id-not-unique"}, Outcome.DELIVERED, ""),
        ({"title": "requestId-is-not-unique", "status": 400}, Outcome.DELIVERED, ""),
        ({"code": "error-address-format"}, Outcome.PERMANENT, ""),
        ({"code": "not-whatsapp-user"}, Outcome.PERMANENT, ""),
        ({"code": "user-blocked"}, Outcome.PERMANENT, ""),
        ({"title": "text-not-specified", "status": 400}, Outcome.PERMANENT, ""),
        ({"title": "text-not-specified", "status": "400"}, Outcome.PERMANENT, ""),
        ({"code": "error-insufficient-balance"}, Outcome.REFUSED, TOP_UP),
        ({"code": "error-subject-unknown"}, Outcome.REFUSED, CHANNEL_OFF),
        ({"title": "cascade-not-found", "status": 400}, Outcome.REFUSED, CHECK_CASCADE),
        ({"title": "auth-error", "status": 401}, Outcome.REFUSED, CHECK_KEY),
        ({"title": "too many", "status": 429}, Outcome.THROTTLED, ""),
        ({"title": "down", "status": 503}, Outcome.TRANSIENT, ""),
    ],
)
def test_an_error_under_200_is_an_error(body: Any, outcome: Outcome, remedy: str) -> None:
    verdict = judged(answer(200, body), "own")
    assert verdict.status == (200 if outcome is Outcome.DELIVERED else int(body.get("status", 400)))
    assert (verdict.outcome, verdict.remedy) == (outcome, remedy)
    if outcome is Outcome.DELIVERED:
        assert verdict.vendor_id == "own"
    else:
        assert "200 " + (body.get("code") or body["title"]) in verdict.reason, "what was answered, as it was"


def sent(content: Any, **more: Any) -> dict[str, Any]:
    told = {"messageId": 7, "direction": "OUT", "address": "79000000000", "deliveryStatus": "SENT"}
    return {**told, "content": content, **more}


def page(*messages: Any, more: bool = False) -> dict[str, Any]:
    return {"content": list(messages), "hasNext": more}


def looked_up(content: Content, *pages: Any) -> tuple[Verdict, list[Any]]:
    answers = [each if isinstance(each, Answer) else answer(200, each) for each in pages]
    found, transport = client({"/api/messages/history": answers})
    event = message(content, channel="348", accepted_at=ACCEPTED_MS)
    [call] = calls(content, "max bot")
    verdict = asyncio.run(found.sent_already(event, call))
    return verdict, [body for _, _, body in transport.asked]


ON_THE_EQUATOR = Content(type=ContentType.LOCATION, location=Location(latitude=0.0, longitude=9.5))
SAID = json.dumps({"type": "TEXT", "text": "Добрый день"}, ensure_ascii=False)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (TEXT, sent(SAID)),
        (TEXT, sent(json.dumps({"type": "TEXT", "text": "Добрый день"}))),
        (TEXT, sent({"type": "TEXT", "text": "Добрый день"})),
        (TEXT, sent("Добрый день")),
        (TEXT, sent(SAID, address="+79000000000")),
        (TEXT, sent(SAID, deliveryStatus=None)),
        (PICTURE, sent({"type": "IMAGE", "attachment": {"url": "https://a.example/1.jpg"}})),
        (PLACE, sent({"type": "LOCATION", "latitude": 48.4564, "longitude": 56.7645})),
        (ON_THE_EQUATOR, sent({"type": "LOCATION", "latitude": 0, "longitude": 9.5})),
    ],
)
def test_a_message_in_the_history_was_sent(content: Content, told: Any) -> None:
    verdict, [asked] = looked_up(content, page(sent("another"), told))
    assert (verdict.outcome, verdict.vendor_id, verdict.already) == (Outcome.DELIVERED, "7", True)
    assert asked == {
        "direction": "OUT",
        "dateFrom": "2023-11-14T22:12:20Z",
        "limit": 200,
        "offset": 0,
        "sort": [{"property": "messageId", "direction": "DESC"}],
        "subjectId": 348,
    }


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (TEXT, sent("another")),
        (TEXT, sent(SAID, address="79000000001")),
        (TEXT, sent(SAID, deliveryStatus="FAILED")),
        (TEXT, sent(SAID, deliveryStatus="CANCELLED")),
        (TEXT, sent("\ud83d")),
        (TEXT, sent(None)),
        (TEXT, None),
        (Content(type=ContentType.TEXT, text="null"), sent(None)),
        (ON_THE_EQUATOR, sent({"type": "LOCATION", "latitude": 48.4564, "longitude": 0, "testing": False})),
        (ON_THE_EQUATOR, sent({"type": "LOCATION", "latitude": 9.5, "longitude": 9.5, "testing": False})),
    ],
)
def test_one_that_is_not_there_was_not(content: Content, told: Any) -> None:
    verdict, _ = looked_up(content, page(told))
    assert (verdict.outcome, verdict.code) == (Outcome.PERMANENT, "")


def test_the_history_is_read_on_as_far_as_there_is_more() -> None:
    verdict, asked = looked_up(TEXT, page(sent("x"), more=True), page(sent("y"), more=True), page(sent(SAID)))
    assert verdict.outcome is Outcome.DELIVERED
    assert [each["offset"] for each in asked] == [0, 200, 400]
    verdict, asked = looked_up(TEXT, *[page(sent("x"), more=True)] * 11)
    assert (verdict.outcome, len(asked)) == (Outcome.PERMANENT, 10)


@pytest.mark.parametrize("refusal", [answer(403), answer(404), answer(405), answer(400), answer(200, [])])
def test_a_history_that_may_not_be_read_is_no_refusal_of_the_channel(refusal: Answer) -> None:
    verdict, _ = looked_up(TEXT, refusal)
    assert (verdict.outcome, verdict.code) == (Outcome.PERMANENT, NO_HISTORY)


@pytest.mark.parametrize("trouble", [answer(500), answer(429)])
def test_trouble_while_it_is_asked_leaves_the_message_in_doubt(trouble: Answer) -> None:
    verdict, _ = looked_up(TEXT, trouble)
    assert verdict.outcome in (Outcome.TRANSIENT, Outcome.THROTTLED)
