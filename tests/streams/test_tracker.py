"""The tracker never lets a commit pass an unfinished event (I3)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.delivery.tracker import Tracker


def test_nothing_is_committable_before_the_first_event_finishes() -> None:
    tracker = Tracker()
    for offset in (0, 1, 2):
        tracker.accept(offset)
    tracker.finish(2)
    tracker.finish(1)
    assert tracker.committable is None
    tracker.finish(0)
    assert tracker.committable == 3
    assert tracker.span == 0


def test_gaps_of_deleted_records_do_not_hold_the_commit_back() -> None:
    tracker = Tracker()
    for offset in (5, 9, 40):
        tracker.accept(offset)
    for offset in (40, 5, 9):
        tracker.finish(offset)
    assert tracker.committable == 41


def test_a_record_that_is_read_a_second_time_takes_no_second_slot() -> None:
    tracker = Tracker()
    assert tracker.accept(3)
    assert not tracker.accept(3)
    assert not tracker.accept(2)
    assert tracker.span == 1


def test_an_event_cannot_finish_twice_or_unaccepted() -> None:
    tracker = Tracker()
    tracker.accept(1)
    tracker.accept(2)
    tracker.finish(2)
    for offset in (2, 3, 0):
        with pytest.raises(ValueError, match="not an unfinished event"):
            tracker.finish(offset)


@given(st.sets(st.integers(0, 500), min_size=1), st.randoms(use_true_random=False), st.integers(0, 500))
def test_the_committable_offset_never_passes_an_unfinished_event(offsets: set[int], chance: object, done: int) -> None:
    tracker = Tracker()
    ordered = sorted(offsets)
    for offset in ordered:
        tracker.accept(offset)
    shuffled = list(ordered)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    unfinished = set(ordered)
    for offset in shuffled[:done]:
        tracker.finish(offset)
        unfinished.discard(offset)
        committable = tracker.committable
        if unfinished:
            assert committable is None or committable <= min(unfinished)
            assert (committable is not None) == (min(unfinished) != ordered[0])
        else:
            assert committable == ordered[-1] + 1
        assert tracker.unfinished == len(unfinished)
