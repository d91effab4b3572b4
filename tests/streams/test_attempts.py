"""What an attempt came to decides what happens next; slots, ids, budgets and epochs are kept in every case."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.events import Content, ContentType, Event, OutboundMessage
from bridge.settings import Settings
from streams.delivery import attempts as attempts_module
from streams.delivery.attempts import BUDGET_ATTEMPTS, Attempts
from streams.delivery.liveness import Liveness
from streams.delivery.memory import Memory
from streams.delivery.outcome import DeadLettered, Delivered, Ending, Skipped
from streams.delivery.partition import Held, Partition, Revoked
from streams.delivery.pulse import Pulse
from tests.streams.clockwork import LoopTime, SimulatedLoop, settle, simulated
from tests.streams.scripted import Says, Script, ScriptedCarrier, Vendor, message

BUDGET_S = 60


class Bench:
    """Attempts with a scripted vendor, a live partition, and what was remembered of refusals."""

    def __init__(
        self,
        loop: SimulatedLoop,
        *,
        slots: int = 3,
        max_rps: float = 0.0,
        max_age_s: float = 0.0,
        session_s: float = 1e9,
    ) -> None:
        self.loop = loop
        self.vendor = Vendor()
        self.carrier = ScriptedCarrier(self.vendor, max_rps=max_rps, max_age_s=max_age_s)
        self.partition = Partition(0, epoch=1)
        self.memory = Memory()
        self.remembered: list[str] = []
        self.liveness = Liveness(session_s, loop.time)
        self.liveness.good()
        self.slots = slots
        self.attempts = Attempts(
            Settings(_env_file=None, attempts_in_flight=slots, retry_budget_s=BUDGET_S),
            self.carrier,
            self.liveness,
            Pulse(),
            self._remember,
            loop.time,
        )

    async def _remember(self, _held: Held, _event: Event, vendor_id: str) -> None:
        assert not self.memory.refused(vendor_id)
        await asyncio.sleep(0.01)
        self.remembered.append(vendor_id)

    def says(self, name: str, *answers: Says, **more: Any) -> None:
        """What the vendor answers to a message."""
        self.vendor.scripts[name] = Script(list(answers), **more)

    def decide(self, event: OutboundMessage) -> asyncio.Task[Ending]:
        """Begin to bring an event to its end."""
        held = Held(self.partition, 0, b"key", b"", (), 0)
        return asyncio.create_task(self.attempts.decide(held, event, self.memory))

    async def all_slots_are_free(self) -> None:
        """As many attempts as there are slots may run at once, and no more."""
        self.partition.draining, self.partition.current = False, True
        self.liveness.good()
        self.vendor.most_under_way = 0
        await asyncio.sleep(100.0)  # a breaker's probes, a rate's block
        names = [f"free{number}" for number in range(self.slots + 2)]
        for name in names:
            self.says(name, before_s=30.0)
        await asyncio.gather(*(self.decide(message(name, name, channel="of its own")) for name in names))
        assert self.vendor.most_under_way == self.slots


Main = Callable[[Bench], Coroutine[Any, Any, None]]


def on_a_bench(main: Main, **options: Any) -> None:
    """Run with simulated time, the time of day included."""

    async def run(loop: SimulatedLoop) -> None:
        with mock.patch.object(attempts_module, "time", LoopTime(loop)):
            await main(Bench(loop, **options))

    simulated(run)


@pytest.mark.parametrize(
    ("answers", "calls"),
    [
        ((Says.TAKEN,), 1),
        ((Says.FAILED, Says.TAKEN), 2),
        ((Says.UNHEARD, Says.TAKEN), 2),
        ((Says.TAKEN_UNHEARD,), 2),
        ((Says.THROTTLED, Says.TAKEN), 2),
        ((Says.FAILED,) * 7, 8),
    ],
    ids=lambda value: "-".join(each.name for each in value) if isinstance(value, tuple) else str(value),
)
def test_what_passes_in_the_end_is_delivered_under_the_same_id(answers: tuple[Says, ...], calls: int) -> None:
    async def main(bench: Bench) -> None:
        bench.says("m", *answers)
        ending = await bench.decide(message("m"))
        assert isinstance(ending, Delivered)
        assert ending.attempts == calls
        assert bench.vendor.calls == ["m"] * calls
        assert bench.remembered == []

    on_a_bench(main)


def test_what_is_nothing_or_has_no_form_or_is_not_ours_never_becomes_a_second_call() -> None:
    async def main(bench: Bench) -> None:
        assert await bench.decide(message("silent", text="")) == Skipped("nothing to tell")
        formless = message("m").model_copy(update={"content": Content(type=ContentType.LOCATION)})
        assert await bench.decide(formless) == DeadLettered("cannot-carry", "no form for it", code="cannot-carry")
        bench.says("foreign", last=Says.NOT_OURS)
        assert await bench.decide(message("foreign")) == Skipped("not ours", 1)
        assert bench.vendor.calls == ["foreign"]

    on_a_bench(main)


def test_what_the_vendor_never_takes_is_a_dead_letter_and_its_id_is_remembered_as_refused() -> None:
    async def main(bench: Bench) -> None:
        bench.says("m", last=Says.PERMANENT)
        ending = await bench.decide(message("m"))
        assert ending == DeadLettered("permanent", "400", 1, 400, "the vendor's word")
        assert bench.remembered == ["m"]
        assert bench.memory.refused("m")

    on_a_bench(main)


def test_an_id_that_was_refused_is_not_taken_for_delivered_but_followed_by_the_next() -> None:
    async def main(bench: Bench) -> None:
        bench.says("m", Says.REFUSED)
        ending = await bench.decide(message("m"))
        assert isinstance(ending, Delivered)
        assert not ending.verdict.already
        assert bench.vendor.calls == ["m", "m", "m-r1"]
        assert bench.vendor.taken == ["m-r1"]
        assert bench.remembered == ["m"], "once, before anything else"

    on_a_bench(main)


def test_that_the_vendor_knows_a_refused_id_proves_nothing_of_the_channel() -> None:
    async def main(bench: Bench) -> None:
        bench.says("m", last=Says.REFUSED)
        mine = bench.decide(message("m", "mine"))
        await settle()
        channel = bench.attempts.channels.of("default", "345")
        while bench.vendor.calls != ["m", "m"]:
            assert not channel.breaker.closed
            await asyncio.sleep(0.1)
        assert not channel.breaker.closed, "the second call was answered that the id is known"
        mine.cancel()

    on_a_bench(main)


def test_a_refusal_of_an_earlier_life_counts_as_well() -> None:
    async def main(bench: Bench) -> None:
        bench.vendor.refused = {"m", "m-r1"}
        for vendor_id in ("m", "m-r1"):
            bench.memory.note_refused(vendor_id)
        assert isinstance(await bench.decide(message("m")), Delivered)
        assert bench.vendor.taken == ["m-r2"]

    on_a_bench(main)


def test_a_message_without_any_more_ids_is_a_dead_letter() -> None:
    async def main(bench: Bench) -> None:
        for replay in range(10):
            vendor_id = f"m-r{replay}" if replay else "m"
            bench.vendor.refused.add(vendor_id)
            bench.memory.note_refused(vendor_id)
        ending = await bench.decide(message("m"))
        assert isinstance(ending, DeadLettered)
        assert ending.kind == "cannot-carry"

    on_a_bench(main)


def test_a_message_that_fails_while_others_pass_spends_its_budget_and_not_before() -> None:
    async def main(bench: Bench) -> None:
        bench.says("m", last=Says.FAILED)
        stuck = bench.decide(message("m", "mine"))
        began, others = bench.loop.now, 0
        while not stuck.done():
            others += 1
            await bench.decide(message(f"o{others}", "another"))
            await asyncio.sleep(5.0)
        ending = stuck.result()
        assert isinstance(ending, DeadLettered)
        assert (ending.kind, ending.status, ending.code) == ("budget", 503, "budget")
        assert ending.attempts >= BUDGET_ATTEMPTS
        assert bench.loop.now - began >= BUDGET_S

    on_a_bench(main)


@pytest.mark.parametrize("says", [Says.FAILED, Says.REFUSED, Says.THROTTLED])
def test_a_message_alone_is_tried_for_ever(says: Says) -> None:
    async def main(bench: Bench) -> None:
        bench.says("m", last=says, forgets=True)
        alone = bench.decide(message("m"))
        await asyncio.sleep(100 * BUDGET_S)
        assert not alone.done()
        assert len(bench.vendor.calls) > BUDGET_ATTEMPTS
        alone.cancel()

    on_a_bench(main)


def test_being_throttled_costs_no_budget_even_while_others_pass() -> None:
    async def main(bench: Bench) -> None:
        bench.says("m", last=Says.THROTTLED)
        alone = bench.decide(message("m", "mine"))
        for number in range(100):
            await bench.decide(message(f"o{number}", "another"))
            await asyncio.sleep(BUDGET_S / 5)
        assert not alone.done()
        alone.cancel()

    on_a_bench(main)


@pytest.mark.parametrize("says", [Says.FAILED, Says.REFUSED], ids=["between attempts", "behind a breaker"])
def test_what_becomes_too_old_while_it_waits_is_not_sent_any_more(says: Says) -> None:
    async def main(bench: Bench) -> None:
        bench.says("m", last=says, forgets=True)
        accepted_at = int((1_700_000_000 + bench.loop.now) * 1000)
        began = bench.loop.now
        ending = await bench.decide(message("m", accepted_at=accepted_at))
        assert isinstance(ending, DeadLettered)
        assert (ending.kind, ending.code) == ("too-old", "too-old")
        assert ending.attempts == len(bench.vendor.calls) > 0
        assert bench.loop.now - began == pytest.approx(7_200, abs=31)
        stale = await bench.decide(message("stale", channel="346", accepted_at=accepted_at - 1))
        assert isinstance(stale, DeadLettered)
        assert "stale" not in bench.vendor.calls

    on_a_bench(main, max_age_s=7_200.0)


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
