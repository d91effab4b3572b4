"""What the fake edna accepts and refuses (edna.md §2, §12)."""

from __future__ import annotations

import copy
from typing import Any

import aiohttp
import pytest

from bridge.edna.client import EdnaClient
from bridge.edna.pieces import Piece
from bridge.edna.requests import SendRequest
from bridge.http import HttpTransport
from bridge.outcome import Outcome
from bridge.settings import Settings
from sandbox import credentials
from sandbox.edna import EdnaConfig, EdnaFake
from tests.contract.sink import Sink, until

KEY = {"X-API-KEY": credentials.EDNA_API_KEY}
SCHEDULE = "/api/cascade/schedule"
SEND = "/api/messages/send"


def schedule(**changes: Any) -> dict[str, Any]:
    document: dict[str, Any] = {
        "requestId": "r-1",
        "cascadeId": 1,
        "subscriberFilter": {"address": "79001234567", "type": "PHONE"},
        "content": {"whatsappContent": {"contentType": "TEXT", "text": "Привет"}},
    }
    document.update(changes)
    return copy.deepcopy({name: value for name, value in document.items() if value is not ...})


def whatsapp(**content: Any) -> dict[str, Any]:
    return {"whatsappContent": content}


async def post(
    session: aiohttp.ClientSession, fake: EdnaFake, document: Any, path: str = SCHEDULE, headers: Any = None
) -> tuple[int, Any]:
    async with session.post(fake.url + path, json=document, headers=KEY if headers is None else headers) as answer:
        return answer.status, await answer.json(content_type=None)


async def test_an_accepted_send_echoes_its_request_id(session: aiohttp.ClientSession, edna: EdnaFake) -> None:
    assert await post(session, edna, schedule()) == (200, {"requestId": "r-1"})
    entry = edna.journal.entries[0]
    assert (entry.kind, entry.outcome, entry.status, entry.conversation) == ("schedule", "new", 200, "345/79001234567")


@pytest.mark.parametrize("headers", [{}, {"X-API-KEY": "wrong"}, {"Authorization": credentials.EDNA_API_KEY}])
async def test_a_send_without_the_key_is_answered_401_with_a_problem_body(
    session: aiohttp.ClientSession, edna: EdnaFake, headers: dict[str, str]
) -> None:
    status, body = await post(session, edna, schedule(), headers=headers)
    assert (status, body["title"], body["status"]) == (401, "auth-error", 401)
    assert edna.journal.entries[0].outcome == "refused"


@pytest.mark.parametrize("cascade", [1, "1"])
async def test_the_cascade_is_a_number_or_its_digits(
    session: aiohttp.ClientSession, edna: EdnaFake, cascade: int | str
) -> None:
    assert (await post(session, edna, schedule(cascadeId=cascade)))[0] == 200


@pytest.mark.parametrize(
    ("title", "changes"),
    [
        ("cascade-scheduling-request-not-valid", {"requestId": ...}),
        ("cascade-scheduling-request-not-valid", {"requestId": 17}),
        ("cascade-scheduling-request-not-valid", {"requestId": "x" * 37}),
        ("cascade-not-found", {"cascadeId": 2}),
        ("cascade-not-found", {"cascadeId": True}),
        ("content-not-specified", {"content": ...}),
        ("content-not-specified", {"content": {}}),
        ("cascade-scheduling-request-not-valid", {"content": {"smsContent": {"text": "x"}}}),
        ("contentType-not-specified", {"content": whatsapp(text="x")}),
        ("cascade-scheduling-request-not-valid", {"content": whatsapp(contentType="text", text="x")}),
        ("text-not-specified", {"content": whatsapp(contentType="TEXT", text="")}),
        ("cascade-scheduling-request-not-valid", {"content": whatsapp(contentType="TEXT", text=5)}),
        (
            "attachmentName-not-specified",
            {"content": whatsapp(contentType="DOCUMENT", attachment={"url": "https://x/a.pdf"})},
        ),
        (
            "attachmentName-is-too-long",
            {"content": whatsapp(contentType="IMAGE", attachment={"url": "https://x/a.jpg", "name": "n" * 71})},
        ),
        ("latitude-not-specified", {"content": whatsapp(contentType="LOCATION", location={"longitude": 1.5})}),
        ("cascade-scheduling-request-not-valid", {"subscriberFilter": ...}),
        ("cascade-scheduling-request-not-valid", {"subscriberFilter": {"address": "7900", "type": "Phone"}}),
        ("cascade-scheduling-request-not-valid", {"subscriberFilter": {"address": "79-00", "type": "PHONE"}}),
    ],
)
async def test_a_send_that_edna_would_refuse_is_refused_by_name(
    session: aiohttp.ClientSession, edna: EdnaFake, title: str, changes: dict[str, Any]
) -> None:
    status, body = await post(session, edna, schedule(**changes))
    assert (status, body["title"]) == (400, title)
    assert edna.journal.entries[0].outcome == "refused"


async def test_a_request_id_is_taken_for_ever_but_only_by_what_was_accepted(
    session: aiohttp.ClientSession, edna: EdnaFake
) -> None:
    assert (await post(session, edna, schedule(cascadeId=2)))[0] == 400
    assert (await post(session, edna, schedule()))[0] == 200
    status, body = await post(session, edna, schedule(content=whatsapp(contentType="TEXT", text="else")))
    assert (status, body["title"]) == (400, "requestId-is-not-unique")
    received = [entry for entry in edna.journal.entries if entry.direction == "received"]
    assert [(entry.outcome, entry.attempt) for entry in received] == [("refused", 1), ("new", 2), ("duplicate", 3)]


async def test_the_uniqueness_of_the_request_id_is_judged_before_the_rest(
    session: aiohttp.ClientSession, edna: EdnaFake
) -> None:
    await post(session, edna, schedule())
    assert (await post(session, edna, schedule(cascadeId=2)))[1]["title"] == "requestId-is-not-unique"


async def test_what_is_no_json_or_no_known_method_is_refused(session: aiohttp.ClientSession, edna: EdnaFake) -> None:
    json_headers = {**KEY, "Content-Type": "application/json"}
    async with session.post(edna.url + SCHEDULE, data=b"{", headers=json_headers) as answer:
        assert answer.status == 400
    async with session.post(edna.url + SCHEDULE, data=b"{}", headers={**KEY, "Content-Type": "text/plain"}) as answer:
        assert answer.status == 415
    assert (await post(session, edna, schedule(), path="/api/cascade/scheduled"))[0] == 404


async def test_the_readme_form_answers_an_id_of_ednas_own(
    session: aiohttp.ClientSession, edna: EdnaFake, sink: Sink
) -> None:
    document = {"imType": "whatsapp", "subject": "79001234567", "text": "Привет"}
    status, body = await post(session, edna, document, path=SEND)
    assert status == 200
    bodies = [each.body for each in await sink.wait_for(2)]
    assert bodies == [
        b'{"id":"%s","status":"sent"}' % body["id"].encode(),
        b'{"id":"%s","status":"delivered"}' % body["id"].encode(),
    ]


@pytest.mark.parametrize("missing", ["imType", "subject", "text"])
async def test_the_readme_form_demands_its_three_fields(
    session: aiohttp.ClientSession, edna: EdnaFake, missing: str
) -> None:
    document = {"imType": "whatsapp", "subject": "79001234567", "text": "Привет"}
    del document[missing]
    status, body = await post(session, edna, document, path=SEND)
    assert (status, body["title"]) == (400, f"{missing}-not-specified")


async def test_identical_content_within_the_window_is_cancelled(session: aiohttp.ClientSession, sink: Sink) -> None:
    fake = EdnaFake(EdnaConfig(webhook_url=sink.url, duplicate_window_s=60, sent_after_s=0.0, delivered_after_s=0.01))
    await fake.start()
    try:
        assert (await post(session, fake, schedule(requestId="r-1")))[0] == 200
        assert (await post(session, fake, schedule(requestId="r-2")))[0] == 200
        await until(lambda: sum(b'"CANCELLED"' in each.body for each in sink.arrived) == 1)
        cancelled = next(each.body for each in sink.arrived if b'"CANCELLED"' in each.body)
        assert b'"requestId":"r-2"' in cancelled
    finally:
        await fake.stop()


async def test_the_client_of_the_bridge_is_accepted_and_its_repeat_counts_as_delivered(edna: EdnaFake) -> None:
    settings = Settings(
        _env_file=None,
        edna_api_key=credentials.EDNA_API_KEY,
        edna_base_url=edna.url,
        edna_send_path=SCHEDULE,
    )
    transport = HttpTransport()
    try:
        client = EdnaClient(settings, transport)
        body = (
            b'{"requestId":"r-9","cascadeId":1,"subscriberFilter":{"address":"79001234567","type":"PHONE"},'
            b'"content":{"whatsappContent":{"contentType":"TEXT","text":"x"}}}'
        )
        verdicts = [await client.send(SendRequest(SCHEDULE, body, "r-9", Piece("TEXT", "x"))) for _ in range(2)]
    finally:
        await transport.close()
    assert [verdict.outcome for verdict in verdicts] == [Outcome.DELIVERED, Outcome.DELIVERED]
    received = [entry for entry in edna.journal.entries if entry.direction == "received"]
    assert [entry.outcome for entry in received] == ["new", "duplicate"]
