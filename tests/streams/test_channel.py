"""Lanes of a channel in trouble wait in turn, probe one by one, and all go on when it is over."""

from __future__ import annotations

import asyncio

import pytest

from bridge.outcome import Outcome, Verdict
from streams.delivery.breaker import PROBE_MIN_S, PROBE_PATIENCE_S, TRANSIENT_ROW, Trouble
from streams.delivery.channel import Channel, Channels
from streams.delivery.parking import CONVERSATIONS
from tests.streams.clockwork import SimulatedLoop, settle, simulated

REFUSED = Verdict(Outcome.REFUSED, "HTTP 401", 401, remedy="check the key")
TAKEN = Verdict(Outcome.DELIVERED)
DEAD = Verdict(Outcome.PERMANENT, "HTTP 400", 400)


def channel_of(loop: SimulatedLoop) -> Channel:
    return Channel("outbound", "default", "345", loop.time)


def test_a_closed_breaker_admits_at_once_and_not_as_a_probe() -> None:
    async def main(loop: SimulatedLoop) -> None:
        assert await channel_of(loop).admit() is False

    simulated(main)


def test_each_probe_is_another_lanes_and_a_poison_message_cannot_hold_the_others() -> None:
    async def main(loop: SimulatedLoop) -> None:
        channel = channel_of(loop)
        channel.report("poison", REFUSED)
        probes: list[str] = []

        async def lane(name: str, verdict: Verdict) -> None:
            while await channel.admit():
                probes.append(name)
                channel.report(name, verdict, probe=True)

        lanes = [asyncio.create_task(lane(name, REFUSED)) for name in ("poison", "b", "c")]
        await asyncio.sleep(PROBE_MIN_S * 6.5)
        assert probes == ["poison", "b", "c"] * 2
        assert await channel.admit() is True
        channel.report("well", TAKEN, probe=True)
        await asyncio.gather(*lanes)

    simulated(main)


def test_a_success_lets_everybody_go_on_at_once() -> None:
    async def main(loop: SimulatedLoop) -> None:
        channel = channel_of(loop)
        channel.report("a", REFUSED)
        waiting = [asyncio.create_task(channel.admit()) for _ in range(50)]
        await settle()
        assert channel.waiting == 50
        before = loop.now
        channel.report("late", TAKEN)
        assert await asyncio.gather(*waiting) == [False] * 50
        assert loop.now - before < 0.01
        assert channel.waiting == 0

    simulated(main)


def test_a_lane_that_ends_while_it_waits_takes_no_probe_with_it() -> None:
    async def main(loop: SimulatedLoop) -> None:
        channel = channel_of(loop)
        channel.report("a", REFUSED)
        gone, stays = asyncio.create_task(channel.admit()), asyncio.create_task(channel.admit())
        await settle()
        gone.cancel()
        before = loop.now
        assert await stays is True
        assert loop.now - before == pytest.approx(PROBE_MIN_S, abs=0.01)

    simulated(main)


def test_a_probe_that_never_answers_is_followed_by_the_next() -> None:
    async def main(loop: SimulatedLoop) -> None:
        channel = channel_of(loop)
        channel.report("a", REFUSED)
        assert await channel.admit() is True
        before = loop.now
        assert await channel.admit() is True
        assert loop.now - before == pytest.approx(PROBE_PATIENCE_S, abs=0.01)

    simulated(main)


def test_waiting_ends_with_the_time_that_is_left() -> None:
    async def main(loop: SimulatedLoop) -> None:
        channel = channel_of(loop)
        channel.report("a", REFUSED)
        assert await channel.admit() is True
        with pytest.raises(TimeoutError):
            await channel.admit(0.5)
        assert channel.waiting == 0

    simulated(main)


def test_a_channel_whose_messages_die_is_parked_and_says_what_to_do() -> None:
    async def main(loop: SimulatedLoop) -> None:
        channel = channel_of(loop)
        for number in range(CONVERSATIONS):
            assert channel.breaker.closed
            channel.report(f"c{number}", DEAD)
        facts = channel.facts()
        assert facts["trouble"] == Trouble.PARKED.value
        assert "dead-letters" in facts["remedy"]

    simulated(main)


def test_messages_that_spend_their_budget_park_a_channel_as_well() -> None:
    async def main(loop: SimulatedLoop) -> None:
        channel = channel_of(loop)
        for number in range(CONVERSATIONS):
            channel.budget_spent(f"c{number}")
        assert channel.breaker.trouble is Trouble.PARKED

    simulated(main)


def test_what_is_not_ours_shows_that_the_channel_works() -> None:
    async def main(loop: SimulatedLoop) -> None:
        channel = channel_of(loop)
        for number in range(TRANSIENT_ROW):
            channel.report(f"c{number}", Verdict(Outcome.TRANSIENT))
        assert not channel.breaker.closed
        channel.report("c", Verdict(Outcome.NOT_OURS))
        assert channel.breaker.closed

    simulated(main)


def test_each_channel_has_its_own_breaker() -> None:
    async def main(loop: SimulatedLoop) -> None:
        channels = Channels("outbound", loop.time)
        channels.of("default", "345").report("a", REFUSED)
        assert await channels.of("default", "346").admit() is False
        assert [channel.name for channel in channels.open()] == ["345"]

    simulated(main)
