"""What an attempt came to decides what happens next; ids and budgets are kept in every case (I1, I4)."""

from __future__ import annotations

import asyncio

import pytest

from bridge.events import Content, ContentType, OutboundMessage
from streams.delivery.attempts import BUDGET_ATTEMPTS
from streams.delivery.outcome import DeadLettered, Delivered, Skipped
from tests.streams.bench import BUDGET_S, Bench, on_a_bench
from tests.streams.clockwork import LoopTime, settle
from tests.streams.scripted import Says, message


@pytest.mark.parametrize(
    ("answers", "calls"),
    [
        ((Says.TAKEN,), 1),
        ((Says.FAILED, Says.TAKEN), 2),
        ((Says.UNHEARD, Says.TAKEN), 2),
        ((Says.TAKEN_UNHEARD,), 2),
        ((Says.THROTTLED, Says.TAKEN), 2),
        ((Says.FAILED,) * 7, 8),
        ((Says.AT_THE_DOOR, Says.TAKEN), 2),
        ((Says.TAKEN_UNHEARD, Says.AT_THE_DOOR), 3),
        ((Says.TAKEN_UNHEARD, Says.AT_THE_DOOR, Says.FAILED, Says.AT_THE_DOOR), 5),
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


def test_what_names_no_conversation_is_judged_by_its_key() -> None:
    """As statuses are: else all of them would pass for one conversation, and no budget or breaker would see two."""

    async def main(bench: Bench) -> None:
        def nameless(name: str) -> OutboundMessage:
            return message(name).model_copy(update={"conversation_id": ""})

        bench.says("m", last=Says.FAILED)
        stuck = bench.decide(nameless("m"), b"mine")
        others = 0
        while not stuck.done():
            others += 1
            await bench.decide(nameless(f"o{others}"), b"another")
            await asyncio.sleep(5.0)
        ending = stuck.result()
        assert isinstance(ending, DeadLettered)
        assert ending.kind == "budget"

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


def now_ms(bench: Bench) -> int:
    """The time of day on the bench."""
    return int(LoopTime(bench.loop).time() * 1000)


def test_what_becomes_too_old_while_it_waits_for_a_slot_is_not_sent_and_holds_nobody() -> None:
    async def main(bench: Bench) -> None:
        bench.says("long", before_s=90.0)
        long = bench.decide(message("long", "c", accepted_at=now_ms(bench)))
        await settle()
        old = bench.decide(message("old", "d", accepted_at=now_ms(bench)))
        ending = await old
        assert isinstance(ending, DeadLettered)
        assert (ending.kind, ending.attempts) == ("too-old", 0)
        assert isinstance(await long, Delivered)
        assert isinstance(await bench.decide(message("young", "e", accepted_at=now_ms(bench))), Delivered)
        assert bench.vendor.calls == ["long", "young"]

    on_a_bench(main, slots=1, max_age_s=60.0)


def test_what_becomes_too_old_while_it_waits_for_its_turn_is_not_sent_and_takes_no_turn() -> None:
    async def main(bench: Bench) -> None:
        began = now_ms(bench)
        crowd = [bench.decide(message(f"m{number}", f"c{number}", accepted_at=began)) for number in range(30)]
        await asyncio.sleep(5.0)
        young = bench.decide(message("young", "young", accepted_at=now_ms(bench)))
        endings = await asyncio.gather(*crowd)
        assert sum(isinstance(ending, Delivered) for ending in endings) == pytest.approx(10, abs=1)
        assert {ending.kind for ending in endings if isinstance(ending, DeadLettered)} == {"too-old"}
        assert now_ms(bench) - began == pytest.approx(10_000, abs=100), "nobody waits for a turn that is no use"
        assert isinstance(await young, Delivered)
        assert now_ms(bench) - began < 12_500

    on_a_bench(main, slots=40, max_rps=1.0, max_age_s=10.0)


def test_what_becomes_too_old_while_nobody_knows_whose_the_partition_is_is_not_sent() -> None:
    async def main(bench: Bench) -> None:
        bench.liveness.lost()
        old = bench.decide(message("old", accepted_at=now_ms(bench)))
        await asyncio.sleep(90.0)
        bench.liveness.good()
        ending = await old
        assert isinstance(ending, DeadLettered)
        assert bench.vendor.calls == []
        young = [message(f"y{number}", f"y{number}", accepted_at=now_ms(bench)) for number in range(bench.slots)]
        assert {type(each) for each in await asyncio.gather(*map(bench.decide, young))} == {Delivered}

    on_a_bench(main, max_age_s=60.0)


def test_an_attempt_of_many_calls_is_a_wait_for_the_vendor() -> None:
    async def main(bench: Bench) -> None:
        bench.says("m", before_s=90.0)
        deciding = bench.decide(message("m"))
        await asyncio.sleep(70.0)
        assert bench.pulse.waiting_lanes == 1
        await deciding
        assert bench.pulse.waiting_lanes == 0

    on_a_bench(main)


def test_a_vendor_that_does_not_answer_raises_no_rate() -> None:
    async def main(bench: Bench) -> None:
        bench.says("m", Says.THROTTLED, Says.TAKEN)
        await bench.decide(message("m"))
        rate = bench.attempts._rate("default")
        found = rate.limit
        assert found is not None
        for number in range(5):
            bench.says(f"u{number}", last=Says.UNHEARD)
            silent = bench.decide(message(f"u{number}", f"u{number}"))
            await asyncio.sleep(2.0)
            silent.cancel()
        assert rate.limit == found
        await bench.decide(message("n", channel="another"))
        assert rate.limit is None or rate.limit > found

    on_a_bench(main)
