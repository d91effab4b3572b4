"""When a worker may act for its partitions: as long as a heartbeat that was asked for has not grown old (I4)."""

from __future__ import annotations

from streams.delivery.liveness import Liveness


def test_an_answer_that_is_read_late_counts_from_when_it_was_asked_for() -> None:
    now = 100.0
    liveness = Liveness(10, clock=lambda: now)
    asked = liveness.now()
    now += 60  # the process was stopped, and continued: the answer lay there all the time
    liveness.good(asked)
    assert not liveness.fresh
    liveness.good(liveness.now())
    assert liveness.fresh
    now += 9.9
    assert liveness.fresh
    liveness.lost()
    assert not liveness.fresh
