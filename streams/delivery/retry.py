"""How long a lane waits before it tries again: exponential, full jitter, never sooner than the vendor asked."""

from __future__ import annotations

import random

FIRST_S = 0.2
LIMIT_S = 30.0
DOUBLINGS = 10


def backoff_s(attempts: int, retry_after_s: float | None = None, jitter: random.Random | None = None) -> float:
    """Seconds to wait after `attempts` tries (1 = the first has just failed), at least `retry_after_s`."""
    ceiling = min(LIMIT_S, FIRST_S * 2 ** min(attempts - 1, DOUBLINGS))
    waited = (jitter or random).uniform(0, ceiling)
    return max(waited, retry_after_s or 0.0)
