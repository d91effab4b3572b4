"""Several channels of edna side by side, each answered through its own, and a way that is waited for."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from bridge.events import MessageLink
from bridge.ids import Conversation
from bridge.settings import Settings
from sandbox.edna import EdnaFake
from sandbox.edna.config import Channel
from sandbox.faults import Fault
from sandbox.journal import Entry
from tests.broker.agents import Agent, eventually, outbound, produce, read_all, record

pytestmark = [pytest.mark.broker]

LONG_ID = "an id of amojo's that is longer than any request id may be"
SENDS = ("schedule", "max", "max_bot", "template")


def sends(edna: EdnaFake, outcome: str = "new") -> list[Entry]:
    """The sends that edna has taken, or refused."""
    return [one for one in edna.journal.entries if one.kind in SENDS and one.outcome == outcome]


def conversations(edna: EdnaFake) -> list[str]:
    """channel/address of what it has taken, sorted."""
    return sorted(one.conversation for one in sends(edna))


def message(channel: str, address: str, text: str = "Добрый день", own: str = "") -> tuple[str, bytes]:
    """An operator's message as (key, value)."""
    return record(outbound(own or str(uuid.uuid4()), Conversation(channel, address), text))


async def eventually_linked(given: Settings, expected: dict[str, str]) -> None:
    """Wait until ids that edna chose, and those of ours that do not decode, lead to amojo's messages."""
    for _ in range(100):
        links = await read_all(given, "status.links")
        found = {each.key.decode(): MessageLink.model_validate_json(each.value).message_id for each in links}
        if found == expected:
            return
    raise AssertionError(found)


def add_cascade(edna: EdnaFake, number: str, channel: Channel) -> None:
    """Somebody makes a cascade of one stage in edna's cabinet."""
    edna.vendor.account.stages[number] = (channel,)
    edna.vendor.account.im_types[number] = (channel.im_type,)


async def breakers(one: Agent) -> dict[str, Any]:
    """What an agent says of the channels that wait: channel → facts."""
    return {each["channel"]: each for each in (await one.facts())[1]["breakers"]}


async def test_each_channel_is_answered_through_its_own_and_one_without_a_way_waits_visibly_until_edna_tells(
    at_edna: Callable[..., Settings], topics: None, edna: EdnaFake, agent: Callable[..., Agent]
) -> None:
    given = at_edna()
    channels = ("345", "346", "347", "348", "350")
    ids = {channel: str(uuid.uuid4()) for channel in channels} | {"346": LONG_ID}
    await produce(given, "outbound", [message(each, f"7900000{each}", own=ids[each]) for each in channels])
    sender = await agent("outbound", given).start()
    await eventually("the four", lambda: len(sends(edna)) == 4)
    assert conversations(edna) == [f"{channel}/7900000{channel}" for channel in channels[:4]]
    assert sorted(one.kind for one in sends(edna)) == ["max", "max_bot", "schedule", "schedule"]
    sent = edna.vendor.account.sent.values()
    to_link = {one.request_id: ids[str(one.subject_id)] for one in sent if one.subject_id != 345}
    await eventually_linked(given, to_link)
    while "350" not in (open_ones := await breakers(sender)):
        await asyncio.sleep(0.05)
    assert "no active cascade of one stage" in open_ones["350"]["remedy"]
    assert set(open_ones) == {"350"}
    add_cascade(edna, "6", Channel("RETAIL_SMS", 350, "sms"))
    await eventually("the fifth", lambda: "350/7900000350" in conversations(edna), 20)
    # A cascade that is replaced: edna refuses the old one, is asked, and the same id goes through the new one.
    del edna.vendor.account.im_types["2"]
    [moved] = edna.vendor.account.stages.pop("2")
    add_cascade(edna, "7", moved)
    await produce(given, "outbound", [message("346", "79000000346", "ещё")])
    await eventually("through the new cascade", lambda: len(sends(edna)) == 6, 20)
    assert {b'"cascadeId":2' in one.body for one in sends(edna, "refused")} == {True}
    assert b'"cascadeId":7' in sends(edna)[-1].body
    assert await read_all(given, "outbound.dlq") == []


async def test_nothing_is_sent_by_guess_while_edna_cannot_be_asked_and_all_goes_soon_after_it_can(
    at_edna: Callable[..., Settings], topics: None, edna: EdnaFake, agent: Callable[..., Agent]
) -> None:
    given = at_edna(edna_cascade_id="1")
    edna.faults.set(Fault(path="/api/channel-profile", status=503))
    addresses = [f"7900000{number:04}" for number in range(30)]
    await produce(given, "outbound", [message("348", address) for address in addresses])
    sender = await agent("outbound", given).start()
    while "348" not in (open_ones := await breakers(sender)):
        await asyncio.sleep(0.05)
    assert "EDNA_BASE_URL" in open_ones["348"]["remedy"]
    assert sends(edna) == []
    edna.faults.clear()
    await eventually("all of them", lambda: len(sends(edna)) == len(addresses), 15)
    assert {one.kind for one in sends(edna)} == {"max"}
