"""The breaker opens for a channel's trouble and not for a message's, costs no budget, and closes by itself (I7, I8)."""

from __future__ import annotations

import pytest

from bridge.outcome import Outcome, Verdict
from streams.delivery.breaker import (
    PARKED_PROBE_S,
    PARKED_SUCCESSES,
    PROBE_MAX_S,
    PROBE_MIN_S,
    PROBE_PATIENCE_S,
    TRANSIENT_ROW,
    Breaker,
    Trouble,
)
from streams.delivery.channel import PARKED
from tests.streams.clockwork import Clock

REFUSED = Verdict(Outcome.REFUSED, "HTTP 401", 401, remedy="check the key")
FAILED = Verdict(Outcome.TRANSIENT, "HTTP 503", 503)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(clock)


def fail(breaker: Breaker, times: int, conversations: int = 3) -> None:
    for number in range(times):
        breaker.failed(f"c{number % conversations}", FAILED)


def test_a_refusal_opens_it_at_once_and_any_success_closes_it(breaker: Breaker) -> None:
    breaker.failed("a", REFUSED)
    assert (breaker.closed, breaker.trouble, breaker.cause) == (False, Trouble.REFUSED, REFUSED)
    breaker.delivered("b")
    assert (breaker.closed, breaker.trouble, breaker.cause) == (True, None, None)


def test_failures_open_it_only_in_a_row_and_of_several_conversations(breaker: Breaker) -> None:
    fail(breaker, TRANSIENT_ROW - 1)
    breaker.delivered("c0")
    fail(breaker, TRANSIENT_ROW - 1)
    assert breaker.closed, "a success in between begins the row anew"
    fail(breaker, 1)
    assert breaker.trouble is Trouble.TRANSIENT


def test_one_poison_message_and_its_neighbour_never_open_it(breaker: Breaker) -> None:
    fail(breaker, 20 * TRANSIENT_ROW, conversations=2)
    assert breaker.closed


def test_a_vendor_that_judges_is_there_but_proves_nothing_of_a_refused_channel(breaker: Breaker) -> None:
    fail(breaker, TRANSIENT_ROW)
    breaker.answered(probe=True)
    assert breaker.closed
    breaker.failed("a", REFUSED)
    breaker.answered(probe=True)
    assert breaker.trouble is Trouble.REFUSED


def test_a_refusal_says_more_than_silence_and_not_the_other_way_round(breaker: Breaker) -> None:
    fail(breaker, TRANSIENT_ROW)
    breaker.failed("a", REFUSED, probe=True)
    assert breaker.cause == REFUSED
    breaker.failed("a", FAILED, probe=True)
    assert breaker.trouble is Trouble.REFUSED


def test_a_message_refused_while_others_pass_does_not_open_it_again(breaker: Breaker) -> None:
    refused_at = breaker.mark()
    breaker.delivered("another")
    breaker.failed("mine", REFUSED, refused_at=refused_at)
    assert breaker.closed
    breaker.failed("mine", REFUSED, refused_at=breaker.mark())
    assert not breaker.closed, "nobody else has passed since"


def test_only_another_conversation_excuses_a_message(breaker: Breaker) -> None:
    since = breaker.mark()
    breaker.delivered("mine")
    assert not breaker.others_delivered("mine", since)
    breaker.delivered("another")
    breaker.delivered("mine")
    assert breaker.others_delivered("mine", since)
    assert not breaker.others_delivered("another", breaker.mark())


def test_time_while_it_is_open_costs_no_budget(breaker: Breaker, clock: Clock) -> None:
    since = breaker.mark()
    clock.pass_s(5)
    breaker.failed("a", REFUSED)
    clock.pass_s(3_600)
    assert breaker.spent_s(since) == 5
    breaker.delivered("a", probe=True)
    clock.pass_s(2)
    assert breaker.spent_s(since) == 7


def test_probes_become_rarer_the_longer_it_is_open_and_never_too_rare(breaker: Breaker, clock: Clock) -> None:
    breaker.failed("a", REFUSED)
    assert breaker.probe_in_s() == PROBE_MIN_S
    for open_s, pause_s in ((1, PROBE_MIN_S), (100, 4.0), (100_000, PROBE_MAX_S)):
        clock.pass_s(open_s)
        assert breaker.probe_in_s() == 0
        breaker.probe_started()
        breaker.failed("a", REFUSED, probe=True)
        assert breaker.probe_in_s() == pytest.approx(pause_s, rel=0.02)


def test_one_probe_at_a_time_but_a_hanging_one_is_not_waited_for_for_ever(breaker: Breaker, clock: Clock) -> None:
    breaker.failed("a", REFUSED)
    clock.pass_s(PROBE_MIN_S)
    breaker.probe_started()
    assert breaker.probe_in_s() == PROBE_PATIENCE_S
    clock.pass_s(PROBE_PATIENCE_S)
    assert breaker.probe_in_s() == 0


def test_no_probe_comes_before_the_vendor_wants_one(breaker: Breaker) -> None:
    fail(breaker, TRANSIENT_ROW - 1)
    breaker.failed("c0", FAILED._replace(retry_after_s=77.0))
    assert breaker.probe_in_s() == 77


def test_a_parked_channel_wants_successes_of_several_conversations_by_probes(breaker: Breaker, clock: Clock) -> None:
    breaker.open(Trouble.PARKED, PARKED)
    assert breaker.probe_in_s() == PARKED_PROBE_S
    for number in range(10):
        breaker.delivered(f"late {number}")  # begun before it was parked
        breaker.delivered("the same", probe=True)
    assert not breaker.closed
    breaker.answered(probe=True)  # another one has died: all begins anew
    for number in range(PARKED_SUCCESSES):
        assert not breaker.closed
        breaker.delivered(f"c{number}", probe=True)
    assert breaker.closed
