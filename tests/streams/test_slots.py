"""An attempt starts only for a partition that is ours for sure, and no slot is lost however it ends (I4, I8)."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.delivery.outcome import Delivered
from streams.delivery.partition import Revoked
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
