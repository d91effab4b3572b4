"""How long after a fault's end until as much is delivered as arrives. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

FULL = 0.9  # of the rate: the load is even, its arrivals are nearly so
WINDOW_MS = 1_000
STEP_MS = 100


def recovery_s(taken_ms: Sequence[int], ended_ms: int, per_s: float) -> float | None:
    """Seconds from a fault's end to the beginning of the first second at the full rate; None when there is none."""
    times = sorted(taken_ms)
    wanted = FULL * per_s * WINDOW_MS / 1_000
    last = times[-1] if times else ended_ms
    for start in range(ended_ms, last + 1, STEP_MS):
        if bisect_left(times, start + WINDOW_MS) - bisect_left(times, start) >= wanted:
            return (start - ended_ms) / 1_000
    return None
