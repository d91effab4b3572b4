"""amojo's clock, its old signature, its slow queue, and what nobody knows of it (amojo.md §2-6, §10)."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import aiohttp
import pytest

from sandbox import credentials
from sandbox.amojo import AmojoFake
from tests.contract.amojo_caller import CHANNEL, SCOPE, call, connect, message, signed
from tests.contract.controls import turn
from tests.contract.sink import Sink, until

ACCOUNT = json.dumps({"account_id": credentials.AMOCRM_ACCOUNT_ID, "hook_api_version": "v2"}).encode()
TEXT = {"type": "text", "text": "x"}


async def written(session: aiohttp.ClientSession, fake: AmojoFake, *texts: str) -> None:
    """An operator writes these, one after another."""
    for words in texts:
        await turn(session, fake, "/operator/messages", conversation_id="c-1", text=words)


async def test_dates_are_judged_by_amojos_clock_and_hooks_tell_its_time(
    session: aiohttp.ClientSession, amojo: AmojoFake, sink: Sink
) -> None:
    await connect(session, amojo)
    for offset_s in 3600, -3600:
        await turn(session, amojo, "/behaviour", clock_offset_s=offset_s)
        assert (await call(session, amojo, SCOPE, message()))[0] == 403
        body = json.dumps(message()).encode()
        date = format_datetime(datetime.now(UTC) + timedelta(seconds=offset_s))
        headers = signed("POST", SCOPE, body, date=date)
        assert (await call(session, amojo, SCOPE, body=body, headers=headers))[0] == 200
        await turn(session, amojo, "/operator/messages", conversation_id=f"c{offset_s}", text="x")
        await turn(session, amojo, "/operator/typing", conversation_id=f"c{offset_s}")
    for each in await sink.wait_for(4):
        document = json.loads(each.body)
        ahead_s = document["time"] - time.time()
        assert 3590 < abs(ahead_s) < 3610
        assert "message" not in document or document["message"]["msec_timestamp"] // 1000 == document["time"]


async def test_a_signature_over_the_body_alone_is_taken_where_it_always_was_and_only_if_switched_on(
    session: aiohttp.ClientSession, amojo: AmojoFake
) -> None:
    async def old(path: str, body: bytes, method: str = "POST") -> int:
        signature = hmac.new(credentials.AMOCRM_CHANNEL_SECRET.encode(), body, hashlib.sha1).hexdigest()
        headers = {"Content-Type": "application/json", "X-Signature": signature}
        return (await call(session, amojo, path, body=body, headers=headers, method=method))[0]

    assert await old(f"{CHANNEL}/connect", ACCOUNT) == 403
    await turn(session, amojo, "/behaviour", body_signature=True)
    assert await old(f"{CHANNEL}/connect", ACCOUNT) == 200
    assert await old(SCOPE, json.dumps(message()).encode()) == 200
    typing = {"conversation_id": "c-1", "sender": {"id": "u-1"}}
    assert await old(f"{SCOPE}/typing", json.dumps(typing).encode()) == 403
    assert (await call(session, amojo, f"{SCOPE}/typing", typing))[0] == 204
    assert (await call(session, amojo, SCOPE, body=b"{}", headers=signed("POST", SCOPE, b"{ }")))[0] == 403
    assert await old(f"{CHANNEL}/disconnect", ACCOUNT, method="DELETE") == 200


async def test_hooks_wait_in_the_slow_queue_and_keep_their_order(
    session: aiohttp.ClientSession, amojo: AmojoFake, sink: Sink
) -> None:
    await connect(session, amojo)
    await turn(session, amojo, "/behaviour", slow_queue="always", slow_delay_s=0.3)
    began = time.monotonic()
    await written(session, amojo, "one", "two")
    await turn(session, amojo, "/behaviour", slow_queue="never")
    await written(session, amojo, "three")  # behind those that wait
    assert amojo.busy
    assert sink.arrived == []
    arrived = await sink.wait_for(3)
    assert [json.loads(each.body)["message"]["message"]["text"] for each in arrived] == ["one", "two", "three"]
    assert arrived[0].at - began >= 0.3
    sent = [entry for entry in amojo.journal.entries if entry.direction == "sent"]
    assert [entry.attempt for entry in sent] == [1, 1, 1]


async def test_an_integration_that_fails_is_moved_to_the_slow_queue_and_back_once_it_answers(
    session: aiohttp.ClientSession, amojo: AmojoFake, sink: Sink
) -> None:
    await connect(session, amojo)
    await turn(session, amojo, "/behaviour", slow_queue="auto", slow_after=2, slow_delay_s=1)
    sink.statuses = [503, 503]
    for number, words in enumerate(("one", "two"), 1):
        await written(session, amojo, words)
        await sink.wait_for(number)
        await until(lambda: not amojo.busy)
    began = time.monotonic()
    await written(session, amojo, "three")
    assert (await sink.wait_for(3))[2].at - began >= 1
    await until(lambda: not amojo.busy)
    began = time.monotonic()
    await written(session, amojo, "four")
    assert (await sink.wait_for(4))[3].at - began < 1
    assert len(sink.arrived) == 4


@pytest.mark.parametrize("quoted", [{"id": "99999999-8888-4777-8666-555555555555"}, {"msgid": "m-0"}])
async def test_a_reply_to_what_the_chat_does_not_have_is_taken_or_refused(
    session: aiohttp.ClientSession, amojo: AmojoFake, quoted: dict[str, str]
) -> None:
    await connect(session, amojo)
    reply = {"reply_to": {"message": quoted}}
    assert (await call(session, amojo, SCOPE, message(**reply)))[0] == 200
    await turn(session, amojo, "/behaviour", unknown_quoted="http_400")
    assert (await call(session, amojo, SCOPE, message(**reply)))[0] == 200  # its msgid is known
    status, body = await call(session, amojo, SCOPE, message(msgid="m-2", **reply))
    assert status == 400
    assert b"reply_to" in body
    assert amojo.journal.entries[-1].outcome == "refused"
    assert (await call(session, amojo, SCOPE, message(msgid="m-2")))[0] == 200


async def test_a_reply_to_a_message_of_its_chat_is_taken_and_of_another_chat_it_is_unknown(
    session: aiohttp.ClientSession, amojo: AmojoFake
) -> None:
    await connect(session, amojo)
    await turn(session, amojo, "/behaviour", unknown_quoted="http_400")
    _, body = await call(session, amojo, SCOPE, message())
    for number, quoted in enumerate(({"msgid": "m-1"}, {"id": json.loads(body)["new_message"]["msgid"]})):
        reply = {"reply_to": {"message": quoted}}
        assert (await call(session, amojo, SCOPE, message(msgid=f"r-{number}", **reply)))[0] == 200
        elsewhere = message(msgid=f"e-{number}", conversation_id="c-2", **reply)
        assert (await call(session, amojo, SCOPE, elsewhere))[0] == 400


@pytest.mark.parametrize("status", [400, 404])
async def test_an_edit_of_no_known_message_is_answered_as_amojo_is_told(
    session: aiohttp.ClientSession, amojo: AmojoFake, status: int
) -> None:
    await connect(session, amojo)
    await turn(session, amojo, "/behaviour", unknown_edited=status)
    edit = {"event_type": "edit_message", "payload": {"msgid": "none", "conversation_id": "c-1", "message": TEXT}}
    assert (await call(session, amojo, SCOPE, edit))[0] == status


async def test_kommo_answers_with_an_empty_object_where_amocrm_has_no_body(
    session: aiohttp.ClientSession, amojo: AmojoFake
) -> None:
    await connect(session, amojo)
    _, body = await call(session, amojo, SCOPE, message())
    path = f"{SCOPE}/{json.loads(body)['new_message']['msgid']}/delivery_status"
    assert await call(session, amojo, path, {"status_code": 1}) == (200, b"")
    await turn(session, amojo, "/behaviour", kommo=True)
    assert await call(session, amojo, path, {"status_code": 2}) == (200, b"{}")
    typing = {"conversation_id": "c-1", "sender": {"id": "u-1"}}
    assert await call(session, amojo, f"{SCOPE}/typing", typing) == (204, b"")
    assert await call(session, amojo, f"{SCOPE}/x/delivery_status", {"status_code": 1}) == (404, b"")


async def test_typing_and_reactions_have_the_form_of_the_documentations_table_if_switched_on(
    session: aiohttp.ClientSession, amojo: AmojoFake, sink: Sink
) -> None:
    await connect(session, amojo)
    _, body = await call(session, amojo, SCOPE, message())
    theirs = json.loads(body)["new_message"]["msgid"]
    await turn(session, amojo, "/behaviour", action_form="table")
    await turn(session, amojo, "/operator/typing", conversation_id="c-1")
    await turn(session, amojo, "/operator/reactions", message_id="m-1", emoji="👍")
    typing, reaction = [json.loads(each.body)["action"] for each in await sink.wait_for(2)]
    assert typing["user"] == {"id": amojo.config.manager_id}
    assert "user" not in typing["typing"]
    assert (reaction["reaction"]["message"]["id"], reaction["reaction"]["message"]["client_id"]) == (theirs, "m-1")
    assert "msgid" not in reaction["reaction"]


async def test_hooks_tell_a_known_email_and_may_have_empty_ones(
    session: aiohttp.ClientSession, amojo: AmojoFake, sink: Sink
) -> None:
    await connect(session, amojo)

    async def people(order: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        number = len(sink.arrived)
        await turn(session, amojo, "/operator/messages", text="x", **order)
        inner = json.loads((await sink.wait_for(number + 1))[number].body)["message"]
        return inner["receiver"], inner["sender"]

    sender = {"id": "u-1", "name": "Анна", "profile": {"email": "a@example.com"}}
    await call(session, amojo, SCOPE, message(sender=sender))
    receiver, author = await people({"conversation_id": "c-1"})
    assert receiver["email"] == "a@example.com"
    assert not {"phone"} & receiver.keys()
    assert "client_id" not in author
    await turn(session, amojo, "/behaviour", empty_optional=True)
    receiver, author = await people({"conversation_id": "c-1"})
    assert (receiver["email"], receiver["phone"], author["client_id"]) == ("a@example.com", "", None)
