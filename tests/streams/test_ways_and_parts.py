"""A message whose way is not known waits for it, one in parts goes on where it was: simulated time, no Kafka."""

from __future__ import annotations

import asyncio

import pytest

from bridge.outcome import Outcome, Verdict
from streams.delivery.outcome import DeadLettered, Delivered
from tests.streams.bench import BUDGET_S, Bench, on_a_bench
from tests.streams.clockwork import LoopTime
from tests.streams.scripted import Says, message

NO_WAY = Verdict(Outcome.REFUSED, "no way to channel 345", remedy="make a cascade")


def now_ms(bench: Bench) -> int:
    """The time of day on the bench."""
    return int(LoopTime(bench.loop).time() * 1000)


def test_messages_wait_for_their_way_visibly_and_all_go_on_soon_after_it_is_known() -> None:
    async def main(bench: Bench) -> None:
        bench.carrier.no_way = NO_WAY
        waiting = [bench.decide(message(f"m{number}", f"c{number}")) for number in range(50)]
        await asyncio.sleep(10 * BUDGET_S)
        [channel] = bench.attempts.channels.open()
        assert channel.facts()["remedy"] == NO_WAY.remedy
        assert bench.vendor.calls == []
        bench.carrier.no_way = None
        known_at = bench.loop.time()
        endings = await asyncio.gather(*waiting)
        assert all(isinstance(ending, Delivered) for ending in endings)
        assert bench.loop.time() - known_at < 40, "one probe, and it opens the way for all"
        assert channel.breaker.closed

    on_a_bench(main)


def test_a_message_that_grows_too_old_without_a_way_is_dead_and_holds_nobody() -> None:
    async def main(bench: Bench) -> None:
        bench.carrier.no_way = NO_WAY
        began_at = bench.loop.time()
        ending = await bench.decide(message("m", accepted_at=now_ms(bench)))
        assert isinstance(ending, DeadLettered)
        assert ending.kind == "too-old"
        assert bench.loop.time() - began_at == pytest.approx(3_600, abs=1)
        bench.carrier.no_way = None
        assert isinstance(await bench.decide(message("n", accepted_at=now_ms(bench))), Delivered)

    on_a_bench(main, max_age_s=3_600.0)


def test_a_channel_without_a_way_does_not_hold_another() -> None:
    async def main(bench: Bench) -> None:
        bench.carrier.no_way = NO_WAY
        lost = bench.decide(message("m", "c"))
        await asyncio.sleep(1.0)
        bench.carrier.no_way = None
        assert isinstance(await bench.decide(message("n", "d", channel="346")), Delivered)
        assert isinstance(await lost, Delivered)

    on_a_bench(main)


def test_parts_go_in_order_and_each_but_the_last_is_remembered_before_the_next() -> None:
    async def main(bench: Bench) -> None:
        bench.vendor.on_call = lambda request: seen.append((request.vendor_id, list(bench.parts)))
        seen: list[tuple[str, list[str]]] = []
        bench.says("m", Says.TAKEN, Says.FAILED, Says.TAKEN)
        ending = await bench.decide(message("m", text="1\n2\n3"))
        assert isinstance(ending, Delivered)
        assert seen == [
            ("m", []),
            ("m-2", ["event.m#1"]),
            ("m-2", ["event.m#1"]),
            ("m-3", ["event.m#1", "event.m#2"]),
        ]

    on_a_bench(main)


def test_whoever_comes_after_a_death_begins_with_the_part_that_is_missing() -> None:
    async def main(bench: Bench) -> None:
        bench.memory.note("event.m#1")
        assert isinstance(await bench.decide(message("m", text="1\n2")), Delivered)
        assert bench.vendor.calls == ["m-2"]
        assert bench.parts == []

    on_a_bench(main)


def test_a_part_that_is_refused_for_good_ends_the_message() -> None:
    async def main(bench: Bench) -> None:
        bench.says("m", Says.TAKEN, Says.PERMANENT)
        assert isinstance(await bench.decide(message("m", text="1\n2\n3")), DeadLettered)
        assert bench.vendor.calls == ["m", "m-2"]
        assert bench.remembered == ["m-2"]

    on_a_bench(main)


def test_a_refused_part_that_is_known_goes_under_its_next_id() -> None:
    async def main(bench: Bench) -> None:
        bench.says("m", Says.TAKEN, Says.REFUSED, Says.TAKEN)
        assert isinstance(await bench.decide(message("m", text="1\n2")), Delivered)
        assert bench.vendor.taken == ["m", "m-2-r1"]

    on_a_bench(main)
