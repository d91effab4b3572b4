"""Calls a second: in turn, halved by a 429, recovering, never above what was configured, none before Retry-After."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.delivery.rate import FORGOTTEN_AFTER_S, RAISE, STEP_S, Rate
from tests.streams.clockwork import SimulatedLoop, settle, simulated


async def take_turns(rate: Rate, loop: SimulatedLoop, count: int) -> list[float]:
    """Ask for turns at once; when each came."""

    async def one() -> float:
        await rate.turn()
        return loop.now

    return list(await asyncio.gather(*(one() for _ in range(count))))


def most_in_a_second(moments: list[float]) -> int:
    moments = sorted(moments)
    return max(sum(begin <= moment < begin + 0.9999 for moment in moments) for begin in moments)


def test_without_a_limit_nobody_waits() -> None:
    async def main(loop: SimulatedLoop) -> None:
        rate = Rate(0.0, loop.time)
        assert not rate.limited
        before = loop.now
        assert max(await take_turns(rate, loop, 1_000)) - before < 0.01

    simulated(main)


def test_turns_are_given_first_come_first_served_and_none_to_who_has_gone() -> None:
    async def main(loop: SimulatedLoop) -> None:
        rate = Rate(10.0, loop.time)
        served: list[int] = []

        async def lane(number: int) -> None:
            await rate.turn()
            served.append(number)

        lanes = [asyncio.create_task(lane(number)) for number in range(30)]
        await settle()
        began = loop.now
        for gone in range(5, 15):
            lanes[gone].cancel()
        await asyncio.gather(*lanes, return_exceptions=True)
        assert served == [*range(5), *range(15, 30)]
        assert loop.now - began == pytest.approx(1.9, abs=0.05), "who has gone costs no turn"

    simulated(main)


@settings(max_examples=25, deadline=None)
@given(
    limit=st.sampled_from([1.0, 3.0, 10.0, 49.0, 75.0, 100.0, 333.0]), idle_s=st.floats(0, 3), steps=st.integers(1, 4)
)
def test_a_configured_limit_is_never_exceeded_in_any_second(limit: float, idle_s: float, steps: int) -> None:
    async def main(loop: SimulatedLoop) -> None:
        rate = Rate(limit, loop.time)
        moments: list[float] = []
        for _ in range(steps):
            await asyncio.sleep(idle_s)
            moments += await take_turns(rate, loop, int(limit * 1.5) + 2)
        assert most_in_a_second(moments) <= limit

    simulated(main)


def test_a_limit_is_used_up_nearly_whole() -> None:
    async def main(loop: SimulatedLoop) -> None:
        rate = Rate(100.0, loop.time)
        began = loop.now
        await take_turns(rate, loop, 1_000)
        assert loop.now - began < 10.5, "at least 95 of 100 a second"

    simulated(main)


def test_a_429_halves_what_there_was_and_at_most_once_a_second() -> None:
    async def main(loop: SimulatedLoop) -> None:
        rate = Rate(0.0, loop.time)
        for _ in range(80):
            rate.count()
        started = loop.now
        await asyncio.sleep(0.1)
        for _ in range(50):
            rate.throttled(started, None)
        assert rate.limit == 40
        await asyncio.sleep(STEP_S)
        rate.throttled(started, None)
        assert rate.limit == 40, "it began under the rate before"
        rate.throttled(loop.now, None)
        assert rate.limit == 20
        rate.throttled(loop.now, None)
        assert rate.limit == 20

    simulated(main)


def test_a_probe_says_nothing_of_the_rate_but_its_retry_after_counts() -> None:
    async def main(loop: SimulatedLoop) -> None:
        rate = Rate(0.0, loop.time)
        rate.throttled(loop.now, 5.0, probe=True)
        assert rate.limit is None
        assert rate.limited
        before = loop.now
        await rate.turn()
        assert loop.now - before == pytest.approx(5.0, abs=0.01)

    simulated(main)


def test_nobody_calls_before_retry_after_is_over_and_then_not_all_at_once() -> None:
    async def main(loop: SimulatedLoop) -> None:
        rate = Rate(0.0, loop.time)
        for _ in range(40):
            rate.count()
        waiting = asyncio.create_task(take_turns(rate, loop, 1))
        await waiting
        before = loop.now
        rate.throttled(before, 30.0)
        moments = await take_turns(rate, loop, 100)
        assert min(moments) - before >= 30.0
        assert most_in_a_second(moments) <= 21, "half of 41"

    simulated(main)


def test_it_recovers_step_by_step_and_forgets_a_limit_that_nobody_enforces() -> None:
    async def main(loop: SimulatedLoop) -> None:
        rate = Rate(0.0, loop.time)
        for _ in range(16):
            rate.count()
        rate.throttled(loop.now, None)
        began, limits = loop.now, [rate.limit]
        while rate.limit is not None:
            await asyncio.sleep(STEP_S / 4)
            rate.passed()
            if rate.limit != limits[-1]:
                limits.append(rate.limit)
        assert limits[0] == 8
        assert limits[1] == pytest.approx(8 * RAISE)
        assert loop.now - began >= FORGOTTEN_AFTER_S

    simulated(main)


def test_it_recovers_up_to_what_was_configured_and_no_further() -> None:
    async def main(loop: SimulatedLoop) -> None:
        rate = Rate(50.0, loop.time)
        await asyncio.sleep(STEP_S)
        rate.throttled(loop.now, None)
        assert rate.limit == 25
        for _ in range(100):
            await asyncio.sleep(STEP_S)
            rate.passed()
        assert rate.limit == 50

    simulated(main)


def test_a_waiting_lane_sees_a_rate_that_was_raised() -> None:
    async def main(loop: SimulatedLoop) -> None:
        rate = Rate(0.0, loop.time)
        rate.count()
        rate.throttled(loop.now, None)
        assert rate.limit == 1
        waiting = asyncio.create_task(take_turns(rate, loop, 40))
        began = loop.now
        while not waiting.done():
            await asyncio.sleep(0.1)
            rate.passed()
        assert loop.now - began < 15

    simulated(main)
