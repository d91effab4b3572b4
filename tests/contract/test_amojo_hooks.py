"""What the fake amojo sends for an operator's message (amojo.md §6)."""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from typing import Any

import aiohttp
import pytest

from bridge.amojo.signature import hook_is_authentic
from sandbox import credentials
from sandbox.amojo import AmojoConfig, AmojoFake
from tests.contract.amojo_caller import SCOPE, call, connect, message
from tests.contract.sink import Sink, until
from tests.contract.test_amojo_calls import operator

SECRET = credentials.AMOCRM_CHANNEL_SECRET


async def test_a_hook_is_signed_over_its_body_without_the_newline_that_ends_it(
    session: aiohttp.ClientSession, amojo: AmojoFake, sink: Sink
) -> None:
    await connect(session, amojo)
    await operator(session, amojo, conversation_id="c-1", text="Привет & <b>")
    (arrived,) = await sink.wait_for(1)
    assert arrived.body.endswith(b"}\n")
    assert "Привет \\u0026 \\u003cb\\u003e".encode() in arrived.body
    expected = hmac.new(SECRET.encode(), arrived.body[:-1], hashlib.sha1).hexdigest()
    assert arrived.headers["X-Signature"] == expected
    assert arrived.headers["Content-Type"] == "application/json"
    assert hook_is_authentic([SECRET], arrived.body, arrived.headers["X-Signature"])
    assert arrived.path == f"/webhooks/amocrm/{credentials.AMOCRM_CHANNEL_ID}_{credentials.AMOCRM_ACCOUNT_ID}"
    assert amojo.journal.entries[-1].body == arrived.body


async def test_the_newline_can_be_left_out(session: aiohttp.ClientSession, sink: Sink) -> None:
    fake = AmojoFake(AmojoConfig(hook_url=sink.url, require_connect=False, hook_newline=False))
    await fake.start()
    try:
        await operator(session, fake, conversation_id="c-1", text="x")
        (arrived,) = await sink.wait_for(1)
        assert arrived.body.endswith(b"}")
    finally:
        await fake.stop()


async def test_a_hook_names_the_chat_and_the_client_by_the_ids_of_both_sides(
    session: aiohttp.ClientSession, amojo: AmojoFake, sink: Sink
) -> None:
    await connect(session, amojo)
    answer = json.loads((await call(session, amojo, SCOPE, message(sender={"id": "u-1", "name": "Анна"})))[1])
    given = str(uuid.uuid4())
    status, written = await operator(session, amojo, conversation_id="c-1", text="Добрый день", id=given)
    (arrived,) = await sink.wait_for(1)
    document = json.loads(arrived.body)
    inner = document["message"]
    assert (status, written["id"]) == (200, given)
    assert document["account_id"] == credentials.AMOCRM_ACCOUNT_ID
    assert inner["conversation"] == {"id": answer["new_message"]["conversation_id"], "client_id": "c-1"}
    assert inner["receiver"] == {"id": answer["new_message"]["sender_id"], "name": "Анна", "client_id": "u-1"}
    assert inner["timestamp"] == inner["msec_timestamp"] // 1000 == document["time"]
    assert inner["message"] == {
        "id": given,
        "type": "text",
        "text": "Добрый день",
        "markup": None,
        "tag": "",
        "media": "",
        "thumbnail": "",
        "file_name": "",
        "file_size": 0,
    }


async def test_a_chat_that_amojo_has_not_met_is_made(
    session: aiohttp.ClientSession, amojo: AmojoFake, sink: Sink
) -> None:
    await connect(session, amojo)
    _, written = await operator(session, amojo, conversation_id="v1.default.345.79001234567", text="x")
    (arrived,) = await sink.wait_for(1)
    inner = json.loads(arrived.body)["message"]
    assert inner["conversation"] == {"id": written["chat_id"], "client_id": "v1.default.345.79001234567"}
    assert inner["receiver"]["client_id"] == "v1.default.345.79001234567"


async def test_writing_first_names_a_phone_and_no_client_until_both_ids_are_bound(
    session: aiohttp.ClientSession, amojo: AmojoFake, sink: Sink
) -> None:
    await connect(session, amojo)
    await operator(session, amojo, phone="79001234567", text="one")
    inner = json.loads((await sink.wait_for(1))[0].body)["message"]
    assert set(inner["conversation"]) == {"id"}
    assert inner["receiver"]["phone"] == "79001234567"
    assert "client_id" not in inner["receiver"]
    sender = {"id": "u-1", "name": "Анна", "ref_id": inner["receiver"]["id"]}
    await call(session, amojo, SCOPE, message(conversation_ref_id=inner["conversation"]["id"], sender=sender))
    await operator(session, amojo, phone="79001234567", text="two")
    bound = json.loads((await sink.wait_for(2))[1].body)["message"]
    assert bound["conversation"] == {"id": inner["conversation"]["id"], "client_id": "c-1"}
    assert bound["receiver"]["client_id"] == "u-1"


async def test_an_account_connected_without_a_version_gets_the_old_hook(
    session: aiohttp.ClientSession, amojo: AmojoFake, sink: Sink
) -> None:
    await connect(session, amojo, hook_api_version=None)
    await operator(session, amojo, conversation_id="c-1", text="x")
    document = json.loads((await sink.wait_for(1))[0].body)
    assert (document["receiver"], document["conversation_id"], document["text"]) == ("c-1", "c-1", "x")


@pytest.mark.parametrize(
    ("order", "status"),
    [
        ({"text": "x"}, 400),
        ({"conversation_id": "c-1"}, 400),
        ({"conversation_id": "c-1", "phone": "7900", "text": "x"}, 400),
        ({"conversation_id": "c-1", "text": "x", "id": "seven"}, 400),
        ({"chat_id": "99999999-8888-4777-8666-555555555555", "text": "x"}, 404),
    ],
)
async def test_an_order_that_cannot_be_carried_out_is_refused(
    session: aiohttp.ClientSession, amojo: AmojoFake, order: dict[str, Any], status: int
) -> None:
    await connect(session, amojo)
    answered, body = await operator(session, amojo, **order)
    assert answered == status
    assert body["detail"]


async def test_a_hook_is_sent_once_whatever_it_is_answered(
    session: aiohttp.ClientSession, amojo: AmojoFake, sink: Sink
) -> None:
    await connect(session, amojo)
    sink.statuses = [503]
    for words in ("one", "two"):
        await operator(session, amojo, conversation_id="c-1", text=words)
    arrived = await sink.wait_for(2)
    assert [json.loads(each.body)["message"]["message"]["text"] for each in arrived] == ["one", "two"]
    await until(lambda: amojo.journal.entries[-1].status is not None)
    sent = [entry for entry in amojo.journal.entries if entry.direction == "sent"]
    assert [(entry.status, entry.outcome, entry.attempt) for entry in sent] == [(503, "refused", 1), (200, "new", 1)]


async def test_a_hook_that_is_not_answered_in_time_is_lost_and_the_next_follows(
    session: aiohttp.ClientSession, sink: Sink
) -> None:
    fake = AmojoFake(AmojoConfig(hook_url=sink.url, require_connect=False, hook_timeout_s=0.1))
    await fake.start()
    try:
        sink.pause_s = 30
        await operator(session, fake, conversation_id="c-1", text="one")
        await sink.wait_for(1)
        sink.pause_s = 0
        await operator(session, fake, conversation_id="c-1", text="two")
        await sink.wait_for(2)
        await until(lambda: fake.journal.entries[-1].status == 200)
        assert [entry.status for entry in fake.journal.entries] == [None, 200]
    finally:
        await fake.stop()


async def test_hooks_of_one_chat_keep_their_order_and_rise_in_time(
    session: aiohttp.ClientSession, amojo: AmojoFake, sink: Sink
) -> None:
    await connect(session, amojo)
    sink.pause_s = 0.01
    for number in range(20):
        await operator(session, amojo, conversation_id="c-1", text=str(number))
    documents = [json.loads(each.body)["message"] for each in await sink.wait_for(20)]
    assert [document["message"]["text"] for document in documents] == [str(number) for number in range(20)]
    times = [document["msec_timestamp"] for document in documents]
    assert times == sorted(set(times))
    assert sink.most_running == 1
