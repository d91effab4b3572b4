"""What the fake edna sends: incoming messages and statuses, their key, their order, their retries (edna.md §4-6)."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest

from sandbox import credentials
from sandbox.edna import EdnaConfig, EdnaFake
from tests.contract.sink import Sink, until
from tests.contract.test_edna_sends import post, schedule


async def write(session: aiohttp.ClientSession, fake: EdnaFake, **order: Any) -> tuple[int, Any]:
    document = {"channel": "345", "address": "79001234567", "text": "Привет", **order}
    return await post(session, fake, document, path="/client/messages", headers={})


async def test_a_clients_message_comes_in_the_pulse_form_with_the_webhook_key(
    session: aiohttp.ClientSession, edna: EdnaFake, sink: Sink
) -> None:
    status, answer = await write(session, edna, name="Анна")
    (arrived,) = await sink.wait_for(1)
    document = json.loads(arrived.body)
    assert status == 200
    assert document["id"] == answer["id"] > 2**31
    assert document["subjectId"] == 345
    assert document["subscriber"]["identifier"] == "79001234567"
    assert document["userInfo"]["userName"] == "Анна"
    assert document["messageContent"]["type"] == "TEXT"
    assert document["messageContent"]["text"] == "Привет"
    assert arrived.headers["Authorization"] == f"Token {credentials.EDNA_WEBHOOK_KEY}"
    assert arrived.path == "/webhooks/edna"


async def test_without_a_name_there_is_no_user_info(session: aiohttp.ClientSession, edna: EdnaFake, sink: Sink) -> None:
    await write(session, edna)
    (arrived,) = await sink.wait_for(1)
    assert json.loads(arrived.body)["userInfo"] is None


async def test_the_array_form_holds_the_same_object(session: aiohttp.ClientSession, edna: EdnaFake, sink: Sink) -> None:
    await write(session, edna, form="array", id=14558923001)
    (arrived,) = await sink.wait_for(1)
    (document,) = json.loads(arrived.body)
    assert document["id"] == 14558923001


async def test_a_channel_that_is_a_name_takes_the_readme_form(
    session: aiohttp.ClientSession, edna: EdnaFake, sink: Sink
) -> None:
    await write(session, edna, channel="whatsapp", id="msg-1")
    (arrived,) = await sink.wait_for(1)
    assert json.loads(arrived.body) == {
        "id": "msg-1",
        "imType": "whatsapp",
        "subject": "79001234567",
        "text": "Привет",
        "fromClient": True,
    }


@pytest.mark.parametrize(
    "wrong", [{"text": ""}, {"address": None}, {"form": "old"}, {"channel": "x", "form": "pulse"}, {"id": []}]
)
async def test_an_order_that_cannot_be_carried_out_is_refused_naming_its_field(
    session: aiohttp.ClientSession, edna: EdnaFake, wrong: dict[str, Any]
) -> None:
    status, answer = await write(session, edna, **wrong)
    assert status == 400
    assert answer["detail"].startswith(next(iter(wrong)))


async def test_an_accepted_send_is_followed_by_sent_and_delivered_in_that_order(
    session: aiohttp.ClientSession, edna: EdnaFake, sink: Sink
) -> None:
    await post(session, edna, schedule())
    documents = [json.loads(each.body) for each in await sink.wait_for(2)]
    assert [document["status"] for document in documents] == ["SENT", "DELIVERED"]
    assert {document["requestId"] for document in documents} == {"r-1"}
    assert all(document["statusAt"].endswith("Z") for document in documents)


async def test_a_client_who_reads_makes_a_read_status(
    session: aiohttp.ClientSession, edna: EdnaFake, sink: Sink
) -> None:
    await post(session, edna, schedule())
    await sink.wait_for(2)
    assert (await post(session, edna, {"request_id": "r-1"}, path="/client/read", headers={}))[0] == 200
    assert json.loads((await sink.wait_for(3))[2].body)["status"] == "READ"


async def test_any_other_status_can_be_made_with_its_error(
    session: aiohttp.ClientSession, edna: EdnaFake, sink: Sink
) -> None:
    await post(session, edna, schedule())
    await sink.wait_for(2)
    order = {"request_id": "r-1", "status": "failed", "error": "user-blocked"}
    await post(session, edna, order, path="/client/status", headers={})
    failed = json.loads((await sink.wait_for(3))[2].body)
    assert (failed["status"], failed["error"]) == ("FAILED", "user-blocked")
    unknown = {"request_id": "r-0"}
    assert (await post(session, edna, unknown, path="/client/read", headers={}))[0] == 404


async def test_a_webhook_is_tried_again_after_scaled_pauses_and_the_next_of_its_conversation_waits(
    session: aiohttp.ClientSession, edna: EdnaFake, sink: Sink
) -> None:
    sink.statuses = [503, 204]
    await write(session, edna, text="first", id=1)
    await write(session, edna, text="second", id=2)
    arrived = await sink.wait_for(4)
    assert [json.loads(each.body)["id"] for each in arrived] == [1, 1, 1, 2]
    assert arrived[0].body == arrived[1].body
    assert 0.04 <= arrived[1].at - arrived[0].at < 1.0
    assert 1.28 <= arrived[2].at - arrived[1].at < 3.0
    await until(lambda: edna.journal.entries[-1].status == 200)
    told = [(entry.attempt, entry.status, entry.outcome) for entry in edna.journal.entries]
    assert told == [(1, 503, "refused"), (2, 204, "refused"), (3, 200, "new"), (1, 200, "new")]


async def test_a_webhook_is_given_up_after_three_further_attempts(session: aiohttp.ClientSession, sink: Sink) -> None:
    fake = EdnaFake(EdnaConfig(webhook_url=sink.url, retry_scale=0.0001))
    await fake.start()
    try:
        sink.statuses = [500] * 4
        await write(session, fake, id=1)
        await write(session, fake, id=2)
        arrived = await sink.wait_for(5)
        assert [json.loads(each.body)["id"] for each in arrived] == [1, 1, 1, 1, 2]
    finally:
        await fake.stop()


async def test_conversations_are_sent_in_parallel_and_one_of_them_never_twice_at_once(
    session: aiohttp.ClientSession, edna: EdnaFake, sink: Sink
) -> None:
    sink.pause_s = 0.05
    for number in range(30):
        await write(session, edna, address=f"7900{number % 10}", id=number)
    await sink.wait_for(30)
    await until(lambda: all(entry.status == 200 for entry in edna.journal.entries))
    assert 2 <= sink.most_running <= 10
    by_address: dict[str, list[int]] = {}
    for each in sink.arrived:
        document = json.loads(each.body)
        by_address.setdefault(document["subscriber"]["identifier"], []).append(document["id"])
    assert all(ids == sorted(ids) and len(ids) == 3 for ids in by_address.values())
    ends: dict[str, int] = {}
    for entry in edna.journal.entries:
        assert entry.started >= ends.get(entry.conversation, 0)
        ends[entry.conversation] = entry.at
