"""An attempt starts only for a partition that is ours for sure; no slot is lost, and no channel has all (I4, I8)."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.delivery.outcome import Delivered
from streams.delivery.partition import Revoked
from streams.delivery.slots import Slots
from tests.streams.bench import Bench, on_a_bench
from tests.streams.clockwork import settle
from tests.streams.scripted import Says, message


def test_nothing_starts_for_a_partition_that_drains_or_is_gone() -> None:
    async def main(bench: Bench) -> None:
        for draining, current in ((True, True), (False, False)):
            bench.partition.draining, bench.partition.current = draining, current
            with pytest.raises(Revoked):
                await bench.decide(message("m"))
        assert bench.vendor.calls == []
        await bench.all_slots_are_free()

    on_a_bench(main)


def test_nothing_starts_while_it_is_unknown_whose_the_partition_is() -> None:
    async def main(bench: Bench) -> None:
        await asyncio.sleep(10.0)
        deciding = bench.decide(message("m"))
        await asyncio.sleep(60.0)
        assert bench.vendor.calls == []
        bench.liveness.good()
        assert isinstance(await deciding, Delivered)

    on_a_bench(main, session_s=10.0)


def test_a_partition_that_goes_while_a_lane_waits_costs_no_slot() -> None:
    async def main(bench: Bench) -> None:
        for number in range(5):
            bench.says(f"m{number}", before_s=5.0)
        deciding = [bench.decide(message(f"m{number}", f"c{number}")) for number in range(5)]
        await asyncio.sleep(1.0)
        assert len(bench.vendor.calls) == bench.slots, "the others wait for a slot"
        bench.partition.draining = True
        endings = await asyncio.gather(*deciding, return_exceptions=True)
        assert [type(ending) for ending in endings] == [Delivered] * 3 + [Revoked] * 2
        assert bench.partition.in_attempt == 0
        await bench.all_slots_are_free()

    on_a_bench(main)


def test_who_waited_while_the_breaker_opened_does_not_pass_for_one_that_began_before() -> None:
    async def main(bench: Bench) -> None:
        bench.says("bad", last=Says.REFUSED, before_s=1.0)
        bench.says("good", before_s=1.0)
        bad = bench.decide(message("bad", "mine"))
        good = bench.decide(message("good", "another"))
        await asyncio.sleep(1.2)
        assert bench.vendor.calls[0] == "bad"
        assert "good" not in bench.vendor.calls
        assert isinstance(await good, Delivered)
        bad.cancel()
        await settle()

    on_a_bench(main, slots=1)


def test_a_channel_that_hangs_leaves_slots_to_the_others() -> None:
    async def main(bench: Bench) -> None:
        assert isinstance(await bench.decide(message("before", channel="works")), Delivered)
        for number in range(40):
            bench.says(f"h{number}", before_s=30.0)
        hanging = [bench.decide(message(f"h{number}", f"h{number}", channel="hangs")) for number in range(40)]
        await asyncio.sleep(1.0)
        assert bench.vendor.under_way == bench.slots - bench.slots // 8
        began = bench.loop.now
        for number in range(20):
            bench.says(f"w{number}", before_s=0.05)
        working = [bench.decide(message(f"w{number}", f"w{number}", channel="works")) for number in range(20)]
        await asyncio.gather(*working)
        assert bench.loop.now - began < 1.0
        assert not any(each.done() for each in hanging)
        await asyncio.gather(*hanging)

    on_a_bench(main, slots=16)


def test_a_channel_alone_has_every_slot_also_when_it_was_forgotten_and_met_anew() -> None:
    async def main(bench: Bench) -> None:
        await bench.all_slots_are_free()
        bench.attempts.channels._channels.clear()
        await bench.all_slots_are_free()

    on_a_bench(main, slots=16)


def test_a_slot_that_comes_to_a_lane_which_is_ended_in_that_moment_goes_to_the_next() -> None:
    async def main() -> None:
        slots = Slots(1)
        await slots.take("a")
        ended, following = (asyncio.create_task(slots.take("a")) for _ in range(2))
        await settle()
        slots.release("a")  # it is the first one's now, who does not know yet
        ended.cancel()
        await asyncio.wait_for(following, 1)

    asyncio.run(main())


def test_channels_that_wait_for_slots_take_turns() -> None:
    async def main() -> None:
        slots, order = Slots(8), []
        for channel in "ab":
            await slots.take(channel)
            slots.release(channel)

        async def one(channel: str) -> None:
            await slots.take(channel)
            order.append(channel)

        for channel in "aaaaaaab":
            await slots.take(channel)
        waiting = [asyncio.create_task(one(channel)) for channel in "aaabb"]
        await settle()
        assert order == []
        for channel in "aaaab":
            slots.release(channel)
        await asyncio.gather(*waiting)
        assert order == ["a", "b", "a", "b", "a"]

    asyncio.run(main())


class Takers:
    """Who asks for slots, has them, gives them back, or is ended at any moment of that."""

    def __init__(self, count: int) -> None:
        self.slots = Slots(count)
        self.all: list[tuple[asyncio.Task[None], str]] = []

    def begin(self, channel: str) -> None:
        """One more asks."""
        self.all.append((asyncio.create_task(self.slots.take(channel)), channel))

    def having(self) -> list[str]:
        """The channel of each that has a slot."""
        return [channel for task, channel in self.all if task.done()]

    def waiting(self) -> set[str]:
        """The channels in which somebody waits."""
        return {channel for task, channel in self.all if not task.done()}

    def give_back(self) -> None:
        """The first of those that have a slot."""
        for one in self.all:
            if one[0].done():
                self.all.remove(one)
                self.slots.release(one[1])
                return

    def end(self, number: int) -> None:
        """One of them, whether it has a slot, waits, was given one a moment ago, or has not even begun."""
        if self.all:
            task, channel = self.all.pop(number % len(self.all))
            if not task.cancel():
                self.slots.release(channel)


@settings(max_examples=200, deadline=None)
@given(
    count=st.integers(1, 20),
    steps=st.lists(
        st.tuples(st.sampled_from(["begin", "begin", "give back", "end"]), st.sampled_from("abc"), st.integers(0, 30))
    ),
)
def test_slots_are_never_too_many_never_lost_and_never_idle(count: int, steps: list[tuple[str, str, int]]) -> None:
    async def main() -> None:
        takers = Takers(count)
        within_reach = count - count // 8
        for what, channel, number in steps:
            match what:
                case "begin":
                    takers.begin(channel)
                case "give back":
                    takers.give_back()
                case _:
                    takers.end(number)
            if number % 2:
                await settle(10)
                having = takers.having()
                assert len(having) <= count
                for each in takers.waiting():
                    assert len(having) == count or having.count(each) >= within_reach, "one is idle, and someone waits"
        await settle(10)
        while takers.all:
            assert takers.having(), "nobody has one, and someone waits"
            takers.give_back()
            await settle(3)
        for channel in "x" * within_reach + "y" * (count - within_reach):
            assert not takers.slots.full(channel)
            await takers.slots.take(channel)
        assert takers.slots.full("x")
        assert takers.slots.full("y")

    asyncio.run(main())


@settings(max_examples=60, deadline=None)
@given(
    plan=st.lists(
        st.tuples(
            st.lists(st.sampled_from([each for each in Says if each is not Says.NEVER]), max_size=3),
            st.sampled_from([0.0, 0.02, 1.0]),
        ),
        min_size=1,
        max_size=8,
    ),
    steps=st.lists(st.sampled_from([0.0, 0.004, 0.02, 0.3, 1.5, 6.0]), min_size=1, max_size=8),
    turns=st.integers(0, 12),
    how=st.sampled_from(["cancelled", "drained", "stale"]),
    max_rps=st.sampled_from([0.0, 2.0]),
)
def test_no_slot_is_lost_wherever_a_lane_is_ended(
    plan: list[tuple[list[Says], float]], steps: list[float], turns: int, how: str, max_rps: float
) -> None:
    async def main(bench: Bench) -> None:
        deciding = []
        for number, (answers, before_s) in enumerate(plan):
            bench.says(f"m{number}", *answers, before_s=before_s, retry_after_s=2.0)
            deciding.append(bench.decide(message(f"m{number}", f"c{number}", channel=str(number % 2))))
        if how == "drained":
            bench.partition.draining = True
        elif how == "stale":
            bench.liveness.lost()
        for task, step_s in zip(deciding, steps, strict=False):
            await asyncio.sleep(step_s)
            await settle(turns)
            task.cancel()
        for task in deciding:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Revoked):
                await task
        assert bench.partition.in_attempt == 0
        assert bench.vendor.under_way == 0
        await bench.all_slots_are_free()

    on_a_bench(main, max_rps=max_rps)
