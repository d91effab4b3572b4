"""The verdict fails on what is planted, and on nothing else; its arithmetic is right."""

from __future__ import annotations

import dataclasses

import pytest

from tests.chaos.evidence import Evidence
from tests.chaos.memory import Memory, Sample, slope_mb_h
from tests.chaos.recovery import recovery_s
from tests.chaos.report import line, markdown
from tests.chaos.scenarios import SCENARIOS
from tests.chaos.verdict import Figures, Limits, Outcome, Told, judge
from tests.chaos.waiting import percentile, waits_ms
from tests.checker import Accepted, Arrived, Status
from tests.checker import Outcome as Taken

TOLD = Told("killed", "what is done", 1, 0.1, "2026-01-01 00:00 UTC", 1.0)
NOTHING_SPECIAL = Limits(repeats=0)
CONVERSATIONS = 5
EACH = 4


def written() -> list[Accepted]:
    """Messages of some conversations, in the order of their acceptance."""
    return [
        Accepted(
            "inbound", f"c{number}", f"m{number}-{place}", place * CONVERSATIONS + number, place, f"{number} {place}"
        )
        for place in range(EACH)
        for number in range(CONVERSATIONS)
    ]


def call(message: Accepted, moment: int, outcome: Taken = "new") -> Arrived:
    """Its call at the vendor, of 1 ms."""
    return Arrived("inbound", message.conversation, message.id, outcome, moment, moment + 1, message.text)


def delivered() -> list[Arrived]:
    """One call of each, in order."""
    return [call(message, 10 * place) for place, message in enumerate(written())]


def outcome(evidence: Evidence, limits: Limits = NOTHING_SPECIAL, figures: Figures | None = None) -> Outcome:
    """The verdict on it."""
    return judge(TOLD, evidence, figures or Figures(), limits)


def test_a_run_in_which_all_arrived_once_and_in_order_keeps_every_promise() -> None:
    found = outcome(Evidence(written(), delivered()))
    assert (found.broken, found.accepted, found.lost, found.repeats) == ([], CONVERSATIONS * EACH, 0, 0)


def test_a_planted_loss_breaks_the_promise() -> None:
    calls = delivered()
    gone = calls.pop(7)
    found = outcome(Evidence(written(), calls))
    assert found.lost == 1
    assert any(gone.id in each for each in found.broken)


def test_a_planted_double_breaks_the_promise() -> None:
    calls = delivered()
    found = outcome(Evidence(written(), [*calls, dataclasses.replace(calls[0], started_ms=999, at_ms=1000)]))
    assert found.seen_twice == 1
    assert found.broken


def test_a_planted_disorder_breaks_the_promise() -> None:
    first, second = (each for each in written()[: CONVERSATIONS + 1] if each.conversation == "c0")
    calls = [each for each in delivered() if each.id not in (first.id, second.id)]
    found = outcome(Evidence(written(), [*calls, call(second, 1), call(first, 5)]))
    assert found.out_of_order == 1
    assert any(first.id in each for each in found.broken)


def test_a_planted_step_back_of_a_status_breaks_the_promise() -> None:
    told = [Status("m0-0", "read", 1), Status("m0-0", "delivered", 2)]
    found = outcome(Evidence(written(), delivered(), told=told))
    assert found.regressions == 1
    assert found.broken


def test_nothing_accepted_proves_nothing() -> None:
    assert outcome(Evidence()).broken == ["accepted: nothing, so nothing was proven"]


def test_a_dead_letter_is_not_lost_but_breaks_a_run_that_may_have_none() -> None:
    calls = delivered()
    gone = calls.pop()
    evidence = Evidence(written(), calls, dead=[gone.id])
    assert outcome(evidence).lost == 0
    assert outcome(evidence).broken == ["set_aside: 1, not 0"]
    assert outcome(evidence, Limits(set_aside=1)).broken == []


def test_repeats_are_allowed_up_to_what_the_kills_have_earned() -> None:
    calls = [*delivered(), call(written()[0], 500, "duplicate")]
    assert outcome(Evidence(written(), calls)).broken == ["repeats: 1.0 > 0"]
    assert outcome(Evidence(written(), calls), figures=Figures(more_repeats=1)).broken == []


@pytest.mark.parametrize(
    ("figures", "limits"),
    [
        (Figures(recovery_s={"inbound": 10.1, "outbound": 1.0}), Limits(recovery_s=10)),
        (Figures(recovery_s={"inbound": None}), Limits(recovery_s=10)),
        (Figures(stops_s=[0.1, 10.1]), Limits()),
        (Figures(growth_pct={"inbound-1": 10.1}), Limits(growth_pct=10)),
        (Figures(slopes_mb_h={"gateway-1": 31}), Limits(slope_mb_h=30)),
        (Figures(slower_pct=10.1), Limits(slower_pct=10)),
        (Figures(problems=["not at rest"]), Limits()),
    ],
)
def test_a_figure_beyond_its_limit_breaks_the_promise(figures: Figures, limits: Limits) -> None:
    assert len(outcome(Evidence(written(), delivered()), limits, figures).broken) == 1


def test_between_two_gateways_disorder_is_counted_and_within_one_it_breaks_the_promise() -> None:
    first, second = (each for each in written()[: CONVERSATIONS + 1] if each.conversation == "c0")
    calls = [each for each in delivered() if each.id not in (first.id, second.id)]
    calls = [*calls, call(second, 1_000), call(first, 1_005)]
    for sources, broken in (({first.id: "a", second.id: "b"}, 1), ({}, 1)):
        gateways = {each.id: sources.get(each.id, "a") for each in written()}
        found = outcome(Evidence(written(), calls, gateways=gateways), Limits(unordered=True))
        assert any("overtaken" in note for note in found.notes)
        assert bool(found.broken) is bool(broken)


def test_recovery_is_the_beginning_of_the_first_second_at_the_full_rate() -> None:
    slow = range(0, 5_000, 100)
    full = range(5_000, 9_000, 10)
    assert recovery_s([*slow, *full], ended_ms=1_000, per_s=100) == pytest.approx(4.0, abs=0.2)
    assert recovery_s(list(slow), ended_ms=1_000, per_s=100) is None
    assert recovery_s([], ended_ms=1_000, per_s=100) is None


def test_a_slope_and_a_growth_are_those_of_a_process_that_lived_all_the_time() -> None:
    steady = [Sample(float(second), 1, 100 + second / 60) for second in range(600)]
    assert slope_mb_h(steady) == pytest.approx(60.0)
    memory = Memory()
    memory.samples["one"] = steady
    memory.samples["replaced"] = [Sample(each.at, 1 + (each.at > 300), each.mb) for each in steady]
    assert list(memory.slopes()) == ["one"]
    assert memory.growth(60, 540) == {"one": pytest.approx(100 * (109 / 101 - 1), abs=0.1)}


def test_waits_are_from_the_webhook_to_the_call_that_was_taken() -> None:
    waits = waits_ms(written(), delivered(), lambda message: message.conversation == "c0")
    assert waits == [10 * place * CONVERSATIONS - place for place in range(EACH)]
    assert percentile(list(range(1_000)), 0.99) == 989.5
    assert percentile([7], 0.99) == 7


def test_the_page_and_the_screen_say_what_broke() -> None:
    calls = delivered()
    calls.pop()
    found = outcome(Evidence(written(), calls), figures=Figures(notes=["a note"]))
    page = markdown([found], {"CPU": "one"})
    assert "**no**" in page
    assert all(each in page and each in line(found) for each in (*found.broken, "a note"))


def test_every_scenario_has_a_name_of_its_own_and_says_what_is_done() -> None:
    names = [each.name for each in SCENARIOS]
    assert len(set(names)) == len(names)
    assert all(each.done for each in SCENARIOS)
