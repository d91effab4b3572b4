"""A status only moves forward (I5)."""

from __future__ import annotations

import itertools

import pytest

from bridge.events import MessageStatus
from streams.delivery.progress import RANKS, Reached, advances

S = MessageStatus


def reached(status: MessageStatus, request_id: str = "r", stage: str | None = None) -> Reached:
    return Reached.of(status, request_id, stage)


@pytest.mark.parametrize(
    ("last", "new", "moves"),
    [
        (S.SENT, S.DELIVERED, True),
        (S.SENT, S.READ, True),
        (S.DELIVERED, S.READ, True),
        (S.READ, S.DELIVERED, False),
        (S.DELIVERED, S.SENT, False),
        (S.DELIVERED, S.DELIVERED, False),
        (S.SENT, S.FAILED, True),
        (S.DELIVERED, S.FAILED, False),
        (S.FAILED, S.DELIVERED, False),
        (S.FAILED, S.FAILED, False),
    ],
)
def test_within_one_attempt_only_what_tells_more_is_passed_on(last: S, new: S, moves: bool) -> None:
    assert advances(reached(last), reached(new)) is moves


@pytest.mark.parametrize("new", [S.SENT, S.DELIVERED, S.READ])
def test_a_later_stage_or_a_replay_may_replace_a_failure(new: S) -> None:
    assert advances(reached(S.FAILED, stage="one"), reached(new, stage="two"))
    assert advances(reached(S.FAILED, "r"), reached(new, "r-r1"))


def test_an_unknown_status_never_moves_anything() -> None:
    assert not advances(None, reached(S.UNKNOWN))


def test_whatever_the_order_of_the_statuses_the_ranks_told_only_rise() -> None:
    for order in itertools.permutations([S.SENT, S.DELIVERED, S.READ, S.DELIVERED]):
        last: Reached | None = None
        told = []
        for status in order:
            if advances(last, reached(status)):
                last = reached(status)
                told.append(RANKS[status])
        assert told == sorted(set(told))
        assert told[-1] == RANKS[S.READ]
