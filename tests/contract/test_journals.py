"""The journals of the real fakes, as the checker reads them: what went through is sound, what did not is missed."""

from __future__ import annotations

import uuid
from dataclasses import replace

import aiohttp

from sandbox import credentials
from sandbox.amojo import AmojoFake
from sandbox.edna import EdnaFake
from tests import journals
from tests.checker import check
from tests.contract.amojo_caller import SCOPE, call, connect, message
from tests.contract.sink import Sink, until

CONVERSATION = "v1.default.345.79001234567"
OTHER = "v1.default.346.79001234567"  # the same person in another channel


async def journal(session: aiohttp.ClientSession, fake: AmojoFake | EdnaFake) -> list[journals.Entry]:
    """The journal over HTTP, as chaos tests read it."""
    async with session.get(f"{fake.url}/journal") as answer:
        return journals.entries(await answer.read())


async def client_writes(session: aiohttp.ClientSession, edna: EdnaFake, number: int, **more: str) -> None:
    """A client writes message `number`."""
    order = {"channel": "345", "address": "79001234567", "text": f"text {number}", "id": number, **more}
    async with session.post(f"{edna.url}/client/messages", json=order) as answer:
        assert answer.status == 200


async def operator_writes(session: aiohttp.ClientSession, amojo: AmojoFake, text: str, **target: str) -> str:
    """An operator writes; returns amojo's id of the message."""
    async with session.post(f"{amojo.url}/operator/messages", json={"text": text, **target}) as answer:
        assert answer.status == 200
        return str((await answer.json())["id"])


async def deliver(session: aiohttp.ClientSession, amojo: AmojoFake, number: int, conversation: str) -> None:
    """What a bridge would do with a client's message."""
    channel = conversation.split(".")[2]
    document = message(
        msgid=f"edna.default.{channel}.{number}",
        conversation_id=conversation,
        sender={"id": conversation, "name": "Анна"},
        message={"type": "text", "text": f"text {number}"},
    )
    status, _ = await call(session, amojo, SCOPE, document)
    assert status == 200


async def send(session: aiohttp.ClientSession, edna: EdnaFake, path: str, document: dict[str, object]) -> int:
    """A send at edna; returns the HTTP status."""
    headers = {"X-API-KEY": credentials.EDNA_API_KEY}
    async with session.post(f"{edna.url}{path}", json=document, headers=headers) as answer:
        return answer.status


def cascade(request_id: str, text: str) -> dict[str, object]:
    """A cascade send of a text."""
    return {
        "requestId": request_id,
        "cascadeId": credentials.EDNA_CASCADE_ID,
        "subscriberFilter": {"address": "79001234567", "type": "PHONE"},
        "content": {"whatsappContent": {"contentType": "TEXT", "text": text}},
    }


async def test_clients_messages_in_every_form_are_found_at_amojo_by_their_ids(
    session: aiohttp.ClientSession, edna: EdnaFake, amojo: AmojoFake, sink: Sink
) -> None:
    await connect(session, amojo)
    await client_writes(session, edna, 1)
    await client_writes(session, edna, 2, form="array")
    await client_writes(session, edna, 3, channel="346")
    await client_writes(session, edna, 4, channel="whatsapp")
    await sink.wait_for(4)
    await until(lambda: all(entry.status == 200 for entry in edna.journal.entries))
    for number, conversation in (1, CONVERSATION), (2, CONVERSATION), (3, OTHER):
        await deliver(session, amojo, number, conversation)
    await deliver(session, amojo, 1, CONVERSATION)
    accepted = journals.accepted_from_edna(await journal(session, edna))
    arrived = journals.arrived_at_amojo(await journal(session, amojo))
    report = check(accepted, arrived)
    assert report.violations == ["lost: inbound edna.default.whatsapp.4"]
    assert report.repeats == {"inbound edna.default.345.1": 1}
    assert [one.outcome for one in arrived] == ["new", "new", "new", "duplicate"]
    assert {one.conversation for one in accepted} == {CONVERSATION, OTHER, "v1.default.whatsapp.79001234567"}


async def test_the_same_address_on_another_channel_is_another_recipient(
    session: aiohttp.ClientSession, edna: EdnaFake, amojo: AmojoFake, sink: Sink
) -> None:
    await connect(session, amojo)
    await client_writes(session, edna, 1)
    await sink.wait_for(1)
    await until(lambda: edna.journal.entries[0].status == 200)
    await deliver(session, amojo, 1, CONVERSATION)
    accepted = journals.accepted_from_edna(await journal(session, edna))
    arrived = [replace(one, recipient=OTHER) for one in journals.arrived_at_amojo(await journal(session, amojo))]
    assert check(accepted, arrived).changed == ["inbound edna.default.345.1 (recipient)"]


async def test_a_webhook_counts_as_accepted_only_when_it_was_answered_200(
    session: aiohttp.ClientSession, edna: EdnaFake, amojo: AmojoFake, sink: Sink
) -> None:
    await connect(session, amojo)
    sink.statuses = [503, 200]
    await client_writes(session, edna, 1)
    await sink.wait_for(2)
    await until(lambda: edna.journal.entries[-1].status == 200)
    sink.statuses = [503]
    await operator_writes(session, amojo, "unheard", conversation_id=CONVERSATION)
    await sink.wait_for(3)
    await until(lambda: amojo.journal.entries[-1].status == 503)
    first, second = journals.accepted_from_edna(await journal(session, edna))
    assert (first.id, first.confirmed) == (second.id, False)
    assert second.confirmed
    assert check([first, second], []).lost == ["inbound edna.default.345.1"]
    [unheard] = journals.accepted_from_amojo(await journal(session, amojo))
    assert not unheard.confirmed
    assert check([unheard], []).violations == []


async def test_operators_messages_are_found_at_edna_by_id_or_where_there_is_none_by_text(
    session: aiohttp.ClientSession, edna: EdnaFake, amojo: AmojoFake, sink: Sink
) -> None:
    await connect(session, amojo)
    whole = await operator_writes(session, amojo, "whole", conversation_id=CONVERSATION)
    replayed = await operator_writes(session, amojo, "replayed", conversation_id=CONVERSATION)
    await operator_writes(session, amojo, "nameless", conversation_id=CONVERSATION)
    await operator_writes(session, amojo, "first", phone="+7 (900) 123-45-67")
    await sink.wait_for(4)
    await until(lambda: all(entry.status for entry in amojo.journal.entries))
    assert await send(session, edna, "/api/cascade/schedule", cascade(whole, "whole")) == 200
    assert await send(session, edna, "/api/cascade/schedule", cascade(whole, "whole")) == 400
    again = f"{uuid.UUID(replayed).hex}-r1"
    assert await send(session, edna, "/api/cascade/schedule", cascade(again, "replayed")) == 200
    readme: dict[str, object] = {"imType": "whatsapp", "subject": "79001234567"}
    assert await send(session, edna, "/api/messages/send", {**readme, "text": "nameless"}) == 200
    accepted = journals.accepted_from_amojo(await journal(session, amojo))
    arrived = journals.arrived_at_edna(await journal(session, edna))
    report = check(accepted, arrived)
    [unsent] = [one for one in accepted if one.text == "first"]
    assert report.violations == [f"lost: outbound {unsent.id}"]
    assert report.repeats == {f"outbound {whole}": 1}
    assert {one.recipient for one in accepted} == {"79001234567"}


async def test_statuses_are_followed_from_edna_to_amojo(
    session: aiohttp.ClientSession, edna: EdnaFake, amojo: AmojoFake, sink: Sink
) -> None:
    await connect(session, amojo)
    written = await operator_writes(session, amojo, "text", conversation_id=CONVERSATION)
    assert await send(session, edna, "/api/cascade/schedule", cascade(written, "text")) == 200
    await sink.wait_for(3)
    async with session.post(f"{edna.url}/client/read", json={"request_id": written}) as answer:
        assert answer.status == 200
    await sink.wait_for(4)
    await until(lambda: all(entry.status for entry in edna.journal.entries))
    statuses = journals.statuses_from_edna(await journal(session, edna))
    assert [one.status for one in statuses] == ["sent", "delivered", "read"]
    await call(session, amojo, f"{SCOPE}/{written}/delivery_status", {"status_code": 2})
    told = journals.statuses_at_amojo(await journal(session, amojo))
    assert check([], [], statuses=statuses, told=told).violations == []
    await call(session, amojo, f"{SCOPE}/{written}/delivery_status", {"msgid": written, "delivery_status": 1})
    told = journals.statuses_at_amojo(await journal(session, amojo))
    assert check([], [], statuses=statuses, told=told).violations == [
        f"status_regressions: status {written} delivered after read"
    ]
