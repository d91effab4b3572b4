"""`accepted_at` rises strictly within a conversation, whatever the clock does and however many there are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.acceptance import Acceptance
from gateway.quarantine import Allowance

CLOCKS = st.lists(st.integers(min_value=0, max_value=20), min_size=1, max_size=60)


@given(CLOCKS, st.lists(st.sampled_from("abcdef"), min_size=60, max_size=60))
def test_it_rises_strictly_even_when_the_clock_goes_back_and_conversations_are_forgotten(
    moments: list[int], conversations: list[str]
) -> None:
    ticks = iter(moments)
    acceptance = Acceptance(remembered=2, clock=lambda: next(ticks))
    last: dict[str, int] = {}
    for moment, conversation in zip(moments, conversations, strict=False):
        value = acceptance.next(conversation)
        assert value >= moment
        assert value > last.get(conversation, -1)
        last[conversation] = value


def test_conversations_do_not_push_each_other_on() -> None:
    acceptance = Acceptance(clock=lambda: 1000)
    assert [acceptance.next(each) for each in ("a", "b", "a", "b", "c")] == [1000, 1000, 1001, 1001, 1000]


def test_an_allowance_is_ten_at_once_and_then_ten_a_minute() -> None:
    now = 0.0
    allowance = Allowance(10, clock=lambda: now)
    assert [allowance.take() for _ in range(11)] == [True] * 10 + [False]
    now = 6.0
    assert [allowance.take(), allowance.take()] == [True, False]
    now = 10_000.0
    assert sum(allowance.take() for _ in range(50)) == 10
