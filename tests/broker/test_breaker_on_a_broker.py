"""Vendors in trouble: what fails waits and is not lost, and holds up nothing else (I1, I2, I7, I8)."""

from __future__ import annotations

import time
import uuid
from collections import defaultdict
from collections.abc import Callable

import pytest

from bridge.ids import Conversation
from bridge.settings import Settings
from tests.broker.agents import Agent, eventually, inbound, outbound, produce, read_all, record
from tests.broker.vendor import (
    BROKEN,
    FORBIDDEN,
    HANGS,
    HEADERS_ONLY,
    HTML,
    NO_CASCADE,
    RESETS,
    UNAUTHORIZED,
    UNAVAILABLE,
    WRONG_TEXT,
    Trouble,
    Vendor,
)

pytestmark = [pytest.mark.broker]

Make = Callable[..., Agent]
Tuned = Callable[..., Settings]

CONNECT_SOON = "set=streams.connection:AGAIN_AFTER_S@0.5"  # a script that starts need not wait for it


def text(number: int, words: str, channel: str = "345", conversations: int = 20) -> tuple[str, bytes]:
    """An operator's message in one of the conversations of a channel, in turn."""
    conversation = Conversation(channel, f"79{channel}{number % conversations:06d}")
    return record(outbound(str(uuid.uuid5(uuid.NAMESPACE_URL, words)), conversation, words))


async def breakers(agent: Agent) -> dict[str, dict[str, str]]:
    """By channel, what `/ready` says of those that wait. The agent is ready all the same."""
    status, facts = await agent.facts()
    assert status == 200, facts
    return {each["channel"]: each for each in facts["breakers"]}


async def until_open(agent: Agent, *channels: str, within_s: float = 15.0) -> dict[str, dict[str, str]]:
    """Wait until the breakers of these channels are open."""
    deadline = time.monotonic() + within_s
    while True:
        found = await breakers(agent)
        if set(channels) <= set(found):
            return found
        assert time.monotonic() < deadline, f"open: {found}"


async def test_refused_channels_wait_with_their_remedy_while_another_flows_and_then_resume(
    tuned: Tuned, topics: None, vendor: Vendor, agent: Make
) -> None:
    refusals = {"key": UNAUTHORIZED, "right": FORBIDDEN, "cascade": NO_CASCADE, "page": HTML}
    vendor.troubles.update(refusals)
    vendor.remembers = vendor.remembers_refused = True
    given = tuned()
    sender = await agent("outbound", given).start()
    await produce(given, "outbound", [text(n, f"{name} {n}", name, 4) for name in refusals for n in range(8)])
    opened = await until_open(sender, *refusals)
    assert "EDNA_API_KEY" in opened["key"]["remedy"]
    assert "EDNA_API_KEY" in opened["right"]["remedy"]
    assert "EDNA_CASCADE_ID" in opened["cascade"]["remedy"]
    assert "EDNA_BASE_URL" in opened["page"]["remedy"]
    metrics = await sender.metrics()
    for name in refusals:
        labels = f'account="default",channel="{name}",direction="outbound"'
        assert metrics[f"edna_amocrm_breaker_open{{{labels}}}"] == 1
    started = time.monotonic()
    await produce(given, "outbound", [text(n, f"flows {n}", "flows") for n in range(60)])
    await eventually("the other channel", lambda: sum(each.startswith("flows") for each in vendor.seen()) == 60)
    assert time.monotonic() - started < 3
    assert not [each for each in vendor.seen() if not each.startswith("flows")]
    vendor.lift()
    lifted = time.monotonic()
    await eventually("all", lambda: len(vendor.seen()) == 60 + 8 * len(refusals), within_s=10)
    assert time.monotonic() - lifted < 8
    assert not await breakers(sender)
    assert sorted(vendor.seen()) == sorted(set(vendor.seen()))
    for name in refusals:
        for conversation in range(4):
            own = [each for each in vendor.seen() if each in (f"{name} {conversation}", f"{name} {conversation + 4}")]
            assert own == [f"{name} {conversation}", f"{name} {conversation + 4}"]
    assert await read_all(given, "outbound.dlq") == []


async def test_a_channel_that_hangs_cannot_hold_every_attempt_before_its_breaker_has_seen_anything(
    tuned: Tuned, topics: None, vendor: Vendor, agent: Make
) -> None:
    given = tuned(attempts_in_flight=16)
    await agent("outbound", given).start()
    await produce(given, "outbound", [text(0, "flows first", "flows")])
    await eventually("the channel that flows is known", lambda: vendor.seen() == ["flows first"])
    vendor.troubles["hangs"] = HANGS
    await produce(given, "outbound", [text(n, f"hangs {n}", "hangs", 40) for n in range(40)])
    await eventually("all that it may have hang", lambda: len(vendor.calls) == 1 + 14)
    started = time.monotonic()
    await produce(given, "outbound", [text(n, f"flows {n}", "flows") for n in range(60)])
    await eventually("the other channel", lambda: len(vendor.seen()) == 61)
    assert time.monotonic() - started < 3
    vendor.lift()
    await eventually("all", lambda: len(vendor.seen()) == 101, within_s=15)
    assert sorted(vendor.seen()) == sorted(set(vendor.seen()))
    assert await read_all(given, "outbound.dlq") == []


async def until_full(agent: Agent) -> None:
    """Wait until as much is held as may be; it is never more."""
    deadline = time.monotonic() + 10
    held = 0.0
    while held < HELD:
        assert time.monotonic() < deadline, f"{held} held"
        held = (await agent.metrics())['edna_amocrm_events_held{direction="outbound"}']
    assert held == HELD


OUTAGES = {"unavailable": UNAVAILABLE, "resets": RESETS, "hangs": HANGS, "headers only": HEADERS_ONLY}
HELD = 50
DURING = 200  # messages that come during each outage: more than may be held


async def test_after_outages_of_every_kind_all_flows_again_in_order_and_memory_was_bounded(
    tuned: Tuned, topics: None, vendor: Vendor, agent: Make
) -> None:
    vendor.remembers = True
    given = tuned(events_held=HELD)
    sender = await agent("outbound", given, "answer_within@1").start()
    sent = 0
    for name, trouble in OUTAGES.items():
        vendor.troubles[""] = trouble
        await produce(given, "outbound", [text(n, f"{n}") for n in range(sent, sent + DURING)])
        sent += DURING
        opened = await until_open(sender, "345")
        assert opened["345"]["trouble"] == "transient", name
        await until_full(sender)
        assert len(vendor.seen()) == sent - DURING
        vendor.lift()
        lifted = time.monotonic()
        await eventually(f"all after '{name}'", lambda: len(vendor.seen()) == sent, within_s=10)  # noqa: B023
        assert time.monotonic() - lifted < 8, name
    order: dict[int, list[int]] = defaultdict(list)
    for each in vendor.seen():
        order[int(each) % 20].append(int(each))
    assert all(numbers == sorted(set(numbers)) for numbers in order.values())
    assert await read_all(given, "outbound.dlq") == []


async def test_throttled_means_no_call_before_retry_after_and_then_half_the_rate(
    tuned: Tuned, topics: None, vendor: Vendor, agent: Make
) -> None:
    vendor.troubles["0"] = [Trouble(429, {}, {"Retry-After": "1"})]
    given = tuned()
    sender = await agent("outbound", given).start()
    await produce(given, "outbound", [text(0, "0")])
    await eventually("the first call", lambda: vendor.texts() == ["0"])
    throttled = vendor.journal[0].at
    await produce(given, "outbound", [text(n, f"{n}") for n in range(1, 4)])
    await eventually("all", lambda: len(vendor.seen()) == 4, within_s=15)
    assert vendor.journal[1].at - throttled >= 1
    assert 'edna_amocrm_rate_limit{account="default",direction="outbound"}' in await sender.metrics()
    gaps = [later.at - sooner.at for sooner, later in zip(vendor.journal[1:], vendor.journal[2:], strict=False)]
    assert max(gaps) > 0.4, "one call a second before: the half of it is not less than one a second"
    assert await read_all(given, "outbound.dlq") == []


async def test_a_poison_message_alone_at_night_holds_no_conversation_that_comes_later(
    tuned: Tuned, topics: None, vendor: Vendor, agent: Make
) -> None:
    vendor.troubles.update({"broken": BROKEN, "forbidden": FORBIDDEN})
    given = tuned()
    await agent("outbound", given).start()
    await produce(given, "outbound", [text(0, "broken", "1"), text(0, "forbidden", "2")])
    await eventually("some attempts", lambda: min(map(vendor.texts().count, ("broken", "forbidden"))) >= 2)
    for later in range(3):  # once might have been luck
        began = time.monotonic()
        words = [f"{later} in 1", f"{later} in 2"]
        await produce(given, "outbound", [text(1, words[0], "1"), text(1, words[1], "2")])
        await eventually("those that came later", lambda: set(words) <= set(vendor.seen()), within_s=10)  # noqa: B023
        assert time.monotonic() - began < 6


async def test_a_scope_that_was_disconnected_is_connected_again_by_the_agent(
    tuned: Tuned, topics: None, vendor: Vendor, agent: Make
) -> None:
    given = tuned()
    await agent("inbound", given, CONNECT_SOON).start()
    await eventually("the first connect", lambda: vendor.connects == 1)
    vendor.connected = False
    await produce(given, "inbound", [record(inbound(1, Conversation("345", "79001234567"), "through"))])
    await eventually("the message", lambda: vendor.seen() == ["through"], within_s=10)
    assert vendor.connects == 2


async def test_where_the_agent_may_not_connect_the_remedy_is_told_and_nothing_is_dropped(
    tuned: Tuned, topics: None, vendor: Vendor, agent: Make
) -> None:
    vendor.connected = False
    given = tuned(amocrm_auto_connect=False)
    carrier = await agent("inbound", given, CONNECT_SOON).start()
    await produce(given, "inbound", [record(inbound(1, Conversation("345", "79001234567"), "through"))])
    opened = await until_open(carrier, "345")
    assert "AMOCRM_CHANNEL_ID" in opened["345"]["remedy"]
    assert vendor.connects == 0
    vendor.connected = True  # somebody installs the integration
    await eventually("the message", lambda: vendor.seen() == ["through"], within_s=10)


async def test_a_channel_whose_messages_all_die_is_parked_instead_of_emptied_into_dead_letters(
    tuned: Tuned, topics: None, vendor: Vendor, agent: Make
) -> None:
    vendor.troubles[""] = WRONG_TEXT
    given = tuned(attempts_in_flight=4)
    await produce(given, "outbound", [text(n, f"{n}", conversations=60) for n in range(120)])
    sender = await agent("outbound", given, "set=streams.delivery.breaker:PARKED_PROBE_S@0.2").start()
    opened = await until_open(sender, "345")
    assert opened["345"]["trouble"] == "parked"
    assert "dead-letters" in opened["345"]["remedy"]
    vendor.lift()
    await eventually("parking has ended", lambda: len(vendor.seen()) > 3, within_s=10)
    await eventually("the rest", lambda: len(set(vendor.texts())) == 120, within_s=10)
    dead = len(await read_all(given, "outbound.dlq"))
    assert 20 <= dead <= 30
    assert len(vendor.seen()) == 120 - dead
