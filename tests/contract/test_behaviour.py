"""What nobody knows of the real vendors, switched while the fakes run."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest

from sandbox import credentials
from sandbox.amojo import AmojoFake
from sandbox.edna import EdnaConfig, EdnaFake
from sandbox.edna.config import BEHAVIOUR as OF_EDNA
from sandbox.edna.config import Channel
from tests.contract.amojo_caller import CHANNEL, SCOPE, call, connect, message
from tests.contract.controls import ask, turn
from tests.contract.sink import Sink
from tests.contract.test_edna_sends import post, schedule, whatsapp

CHAT = {"conversation_id": "c-1", "user": {"id": "c-1", "name": "Анна"}}
NO_MONEY = {"title": "insufficient funds", "status": 400}


async def title(session: aiohttp.ClientSession, fake: EdnaFake, **changes: Any) -> str | None:
    """edna's word for refusing a send; None when it was accepted."""
    status, body = await post(session, fake, schedule(**changes))
    return None if status == 200 else body["title"]


async def test_a_behaviour_is_told_and_changed_field_by_field(session: aiohttp.ClientSession, edna: EdnaFake) -> None:
    async with session.get(f"{edna.url}/behaviour") as answer:
        before = await answer.json()
    assert set(before) == set(OF_EDNA)
    assert await turn(session, edna, "/behaviour", auto_status=False) == {**before, "auto_status": False}


async def test_the_help_of_each_fake_names_every_switch(
    session: aiohttp.ClientSession, edna: EdnaFake, amojo: AmojoFake
) -> None:
    for fake in edna, amojo:
        async with session.get(f"{fake.url}/") as answer:
            told = await answer.text()
        async with session.get(f"{fake.url}/behaviour") as answer:
            names = list(await answer.json())
        for name in [*names, "hang_body_share", "for_s", "match", "/behaviour"]:
            assert name in told


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("colour", {"colour": 1}),
        ("remember_refused", {"remember_refused": 1}),
        ("status_order", {"status_order": "any"}),
        ("status_repeat_share", {"status_repeat_share": 2}),
        ("read_after_s", {"read_after_s": -1}),
        ("duplicate_after_s", {"duplicate_after_s": None}),
        ("seed", {"seed": 1.5}),
    ],
)
async def test_a_behaviour_of_edna_that_makes_no_sense_is_refused_by_name_and_nothing_changes(
    session: aiohttp.ClientSession, edna: EdnaFake, field: str, given: dict[str, Any]
) -> None:
    before = edna.vendor.behaviour()
    status, answer = await ask(session, edna, "/behaviour", auto_status=False, **given)
    assert status == 400
    assert answer["detail"].startswith(f"{field}:")
    assert edna.vendor.behaviour() == before


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("duplicate_msgid", {"duplicate_msgid": "http_500"}),
        ("disconnected_status", {"disconnected_status": 500}),
        ("connected", {"connected": "no"}),
        ("refuse_connect", {"refuse_connect": None}),
    ],
)
async def test_a_behaviour_of_amojo_that_makes_no_sense_is_refused_by_name_and_nothing_changes(
    session: aiohttp.ClientSession, amojo: AmojoFake, field: str, given: dict[str, Any]
) -> None:
    before = amojo.vendor.behaviour()
    status, answer = await ask(session, amojo, "/behaviour", hook_newline=False, **given)
    assert status == 400
    assert answer["detail"].startswith(f"{field}:")
    assert amojo.vendor.behaviour() == before


async def test_amojo_answers_a_repeated_msgid_as_it_is_told_meanwhile(
    session: aiohttp.ClientSession, amojo: AmojoFake
) -> None:
    await connect(session, amojo)
    seen = []
    for behaviour in "same_result", "http_400", "same_result":
        await turn(session, amojo, "/behaviour", duplicate_msgid=behaviour)
        seen.append((await call(session, amojo, SCOPE, message()))[0])
    assert seen == [200, 400, 200]
    assert [entry.outcome for entry in amojo.journal.entries[1:]] == ["new", "duplicate", "duplicate"]


async def test_after_a_400_on_a_repeated_msgid_the_message_is_found_in_the_chats_history(
    session: aiohttp.ClientSession, amojo: AmojoFake
) -> None:
    await connect(session, amojo)
    await turn(session, amojo, "/behaviour", duplicate_msgid="http_400")
    await turn(session, amojo, "/faults", path=SCOPE, status=502, after_accept=True)
    assert (await call(session, amojo, SCOPE, message(sender={"id": "c-1", "name": "Анна"})))[0] == 502
    await session.delete(f"{amojo.url}/faults")
    assert (await call(session, amojo, SCOPE, message(sender={"id": "c-1", "name": "Анна"})))[0] == 400
    chat = json.loads((await call(session, amojo, f"{SCOPE}/chats", CHAT))[1])["id"]
    path = f"{SCOPE}/chats/{chat}/history?offset=0&limit=50"
    _, body = await call(session, amojo, path, method="GET")
    assert [one["message"]["client_id"] for one in json.loads(body)["messages"]] == ["m-1"]
    assert amojo.journal.entries[-1].conversation == "c-1"
    whole = {"conversation_id": "c-2", "user": {"id": "c-2", "name": "Пётр"}}
    empty = json.loads((await call(session, amojo, f"{SCOPE}/chats", whole))[1])["id"]
    assert await call(session, amojo, f"{SCOPE}/chats/{empty}/history", method="GET") == (204, b"")


@pytest.mark.parametrize("status", [403, 404])
async def test_a_scope_that_was_disconnected_refuses_everything_until_it_is_connected_again(
    session: aiohttp.ClientSession, amojo: AmojoFake, status: int
) -> None:
    await connect(session, amojo)
    told = await turn(session, amojo, "/behaviour", connected=False, disconnected_status=status)
    assert told["connected"] is False
    typing = {"conversation_id": "c-1", "sender": {"id": "u-1"}}
    calls = [
        (SCOPE, message(), "POST"),
        (f"{SCOPE}/chats", CHAT, "POST"),
        (f"{SCOPE}/x/delivery_status", {"status_code": 1}, "POST"),
        (f"{SCOPE}/typing", typing, "POST"),
        (f"{SCOPE}/chats/x/history", None, "GET"),
    ]
    for path, document, method in calls:
        assert (await call(session, amojo, path, document, method=method))[0] == status
    assert (await ask(session, amojo, "/operator/messages", conversation_id="c-1", text="x"))[0] == 409
    await connect(session, amojo)
    assert (await call(session, amojo, SCOPE, message()))[0] == 200


async def test_connect_can_be_refused_and_the_scope_stays_as_it_was(
    session: aiohttp.ClientSession, amojo: AmojoFake
) -> None:
    await turn(session, amojo, "/behaviour", refuse_connect=True)
    account = {"account_id": credentials.AMOCRM_ACCOUNT_ID, "hook_api_version": "v2"}
    assert (await call(session, amojo, f"{CHANNEL}/connect", account))[0] == 403
    assert not amojo.vendor.scope.connected
    await turn(session, amojo, "/behaviour", refuse_connect=False)
    await connect(session, amojo)


async def test_a_refused_request_id_is_free_again_unless_edna_remembers_it(
    session: aiohttp.ClientSession, edna: EdnaFake
) -> None:
    wrong = {"content": whatsapp(contentType="TEXT", text="")}
    assert await title(session, edna, **wrong) == "text-not-specified"
    assert await title(session, edna) is None
    await turn(session, edna, "/behaviour", remember_refused=True)
    assert await title(session, edna, requestId="r-2", **wrong) == "text-not-specified"
    for _ in range(2):
        assert await title(session, edna, requestId="r-2") == "requestId-is-not-unique"
    outcomes = [entry.outcome for entry in edna.journal.entries if entry.kind == "schedule"]
    assert outcomes == ["refused", "new", "refused", "refused", "refused"]
    assert await title(session, edna, requestId="r-2r1") is None


@pytest.mark.parametrize(
    ("status", "remembered"), [(400, True), (422, True), (425, True), (401, False), (429, False), (503, False)]
)
async def test_edna_remembers_an_id_that_a_fault_refused_unless_nobody_looked_at_it(
    session: aiohttp.ClientSession, edna: EdnaFake, status: int, remembered: bool
) -> None:
    await turn(session, edna, "/behaviour", remember_refused=True)
    await turn(session, edna, "/faults", status=status, body=NO_MONEY)
    assert (await post(session, edna, schedule()))[0] == status
    await session.delete(f"{edna.url}/faults")
    assert await title(session, edna) == ("requestId-is-not-unique" if remembered else None)


async def test_each_cascade_sends_through_its_channel_and_statuses_name_it(
    session: aiohttp.ClientSession, sink: Sink
) -> None:
    channels = {"7": Channel("second", 346), "8": Channel("third", 347, "viber")}
    fake = EdnaFake(EdnaConfig(webhook_url=sink.url, cascades=channels, sent_after_s=0, delivered_after_s=0.01))
    await fake.start()
    try:
        await turn(session, fake, "/faults", status=403, channel="346")
        viber = {"viberContent": {"contentType": "TEXT", "text": "x"}}
        assert (await post(session, fake, schedule(requestId="r-7", cascadeId=7)))[0] == 403
        assert (await post(session, fake, schedule(requestId="r-8", cascadeId="8")))[0] == 400
        assert (await post(session, fake, schedule(requestId="r-8", cascadeId="8", content=viber)))[0] == 200
        assert (await post(session, fake, schedule(requestId="r-9", cascadeId=9)))[0] == 400
        assert (await post(session, fake, schedule()))[0] == 200
        received = [entry.conversation for entry in fake.journal.entries if entry.direction == "received"]
        assert received == [f"{channel}/79001234567" for channel in (346, 347, 347, 345, 345)]
        told = [json.loads(one.body) for one in await sink.wait_for(4)]
    finally:
        await fake.stop()
    named = {(one["requestId"], one["cascadeId"], one["subject"], one["subjectId"]) for one in told}
    assert named == {("r-8", 8, "third", 347), ("r-1", 1, "sandbox_channel", 345)}
