"""What edna tells of templates, clicks and calls, and messages that fail by themselves (edna.md §5, §6, §12)."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest

from bridge.edna import webhooks as edna_webhooks
from bridge.shapes import Ignored
from sandbox import credentials
from sandbox.edna import EdnaConfig, EdnaFake
from sandbox.edna.config import TEMPLATES
from tests.contract.controls import ask, turn
from tests.contract.sink import Sink, until
from tests.contract.test_edna_contents import FILLED, statuses
from tests.contract.test_edna_sends import post, schedule, whatsapp

MATCHERS = "/api/message-matchers/get-by-request"
EVENTS: list[tuple[dict[str, Any], str]] = [
    ({"kind": "template", "template": 98}, "template"),
    ({"kind": "category", "template": 98, "category": "MARKETING"}, "template category"),
    ({"kind": "click", "address": "79001234567", "url": "https://shop.example/7"}, "click"),
    ({"kind": "call", "channel": 345, "address": "79001234567"}, "call"),
]


async def told(session: aiohttp.ClientSession, fake: EdnaFake, sink: Sink, **order: Any) -> Any:
    """The next event's webhook."""
    number = len(sink.arrived)
    await turn(session, fake, "/account/events", **order)
    return json.loads((await sink.wait_for(number + 1))[number].body)


@pytest.mark.parametrize(("order", "kind"), EVENTS)
async def test_each_event_goes_where_templates_are_set_to_go_and_the_bridge_counts_it(
    session: aiohttp.ClientSession, edna: EdnaFake, sink: Sink, order: dict[str, Any], kind: str
) -> None:
    callback = {"messageMatcherCallbackUrl": f"{sink.url}/templates"}
    assert (await post(session, edna, callback, "/api/callback/set"))[0] == 200
    document = await told(session, edna, sink, **order)
    assert (sink.arrived[-1].path, len(sink.arrived)) == ("/templates", 2)  # behind the probe
    assert sink.arrived[-1].headers["Authorization"] == f"Token {credentials.EDNA_WEBHOOK_KEY}"
    entry = edna.journal.entries[-1]
    address = order.get("address")
    assert (entry.direction, entry.kind) == ("sent", order["kind"])
    assert entry.conversation == (f"345/{address}" if address else "")
    reading = edna_webhooks.Reading(im_type="whatsapp", region="RU")
    assert edna_webhooks.parse(document[0] if kind == "template" else document, reading) == Ignored(kind)


async def test_without_an_address_of_their_own_events_go_where_everything_goes(
    session: aiohttp.ClientSession, edna: EdnaFake, sink: Sink
) -> None:
    await told(session, edna, sink, kind="click")
    assert sink.arrived[0].path == "/webhooks/edna"


async def test_an_event_that_is_not_taken_is_sent_again(
    session: aiohttp.ClientSession, edna: EdnaFake, sink: Sink
) -> None:
    sink.statuses = [503]
    await told(session, edna, sink, kind="call")
    first, second = await sink.wait_for(2)
    assert first.body == second.body
    await until(lambda: not edna.busy)
    assert [(entry.status, entry.attempt) for entry in edna.journal.entries] == [(503, 1), (200, 2)]


async def test_a_template_that_is_paused_matches_no_message_until_it_is_approved_again(
    session: aiohttp.ClientSession, edna: EdnaFake, sink: Sink
) -> None:
    await turn(session, edna, "/behaviour", window="reject", auto_status=False)
    document = await told(session, edna, sink, kind="template", template=98, status="PAUSED")
    (one,) = document
    assert {"id": 98, "name": "order_ready", "channelType": "WHATSAPP", "status": "PAUSED"}.items() <= one.items()
    assert {"language", "content", "contentType", "category", "locked", "type", "createdAt", "updatedAt"} <= set(one)
    filled = {"content": whatsapp(contentType="TEXT", text=FILLED)}
    assert (await post(session, edna, schedule(**filled)))[0] == 400
    await told(session, edna, sink, kind="template", template=98, status="APPROVED")
    assert (await post(session, edna, schedule(**filled)))[0] == 200


async def test_a_category_that_changed_is_told_and_listed(
    session: aiohttp.ClientSession, edna: EdnaFake, sink: Sink
) -> None:
    document = await told(session, edna, sink, kind="category", template=99, category="MARKETING")
    payload = {"id": 99, "name": "visit", "channelType": "WHATSAPP", "category": "MARKETING"}
    assert (document["type"], document["payload"]) == ("message_matcher.category_changed", payload)
    _, listed = await post(session, edna, {"subjectId": 345}, MATCHERS)
    assert [one["category"] for one in listed] == ["UTILITY", "MARKETING"]


async def test_an_event_of_any_other_shape_is_sent_as_it_is(
    session: aiohttp.ClientSession, edna: EdnaFake, sink: Sink
) -> None:
    body = [{"нечто": None}]
    assert await told(session, edna, sink, kind="click", body=body) == body


@pytest.mark.parametrize(
    ("field", "order"),
    [
        ("kind", {}),
        ("kind", {"kind": "order"}),
        ("template", {"kind": "template"}),
        ("template", {"kind": "template", "template": 7}),
        ("category", {"kind": "category", "template": 98}),
        ("channel", {"kind": "click", "channel": 1}),
        ("channel", {"kind": "call", "channel": "whatsapp"}),
    ],
)
async def test_an_event_that_cannot_be_told_is_refused_naming_its_field(
    session: aiohttp.ClientSession, edna: EdnaFake, field: str, order: dict[str, Any]
) -> None:
    status, answer = await ask(session, edna, "/account/events", **order)
    assert status == 400
    assert answer["detail"].startswith(f"{field}:")
    assert not edna.busy


async def test_a_template_of_a_channel_that_the_account_does_not_have_is_told_of_by_nobody(
    session: aiohttp.ClientSession, sink: Sink
) -> None:
    fake = EdnaFake(EdnaConfig(webhook_url=sink.url, subject_id=400))
    await fake.start()
    try:
        assert TEMPLATES[0].subject_id != 400
        assert (await ask(session, fake, "/account/events", kind="template", template=TEMPLATES[0].id))[0] == 400
    finally:
        await fake.stop()


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("FAILED", [("FAILED", "user-blocked")]),
        ("CANCELLED", [("CANCELLED", "user-blocked")]),
        ("UNDELIVERED", [("SENT", None), ("UNDELIVERED", "user-blocked")]),
        ("EXPIRED", [("SENT", None), ("EXPIRED", "user-blocked")]),
    ],
)
async def test_messages_can_fail_by_themselves_in_each_way(
    session: aiohttp.ClientSession, edna: EdnaFake, sink: Sink, status: str, expected: list[tuple[str, str | None]]
) -> None:
    await turn(session, edna, "/behaviour", fail_share=1, fail_status=status, fail_error="user-blocked")
    assert (await post(session, edna, schedule()))[0] == 200
    assert await statuses(edna, sink) == expected


async def test_a_share_of_the_messages_fails_and_the_same_ones_with_the_same_seed(
    session: aiohttp.ClientSession, edna: EdnaFake, sink: Sink
) -> None:
    failed = []
    for attempt in range(2):
        sink.arrived.clear()
        await turn(session, edna, "/behaviour", fail_share=0.4, seed=1)
        for number in range(30):
            await post(session, edna, schedule(requestId=f"{attempt}-{number}"))
        await until(lambda: not edna.busy)
        documents = [json.loads(each.body) for each in sink.arrived]
        failed.append({one["requestId"].partition("-")[2] for one in documents if one["status"] == "FAILED"})
        delivered = sum(one["status"] == "DELIVERED" for one in documents)
        assert delivered + len(failed[-1]) == 30
    assert failed[0] == failed[1]
    assert 5 <= len(failed[0]) <= 20
