"""How many refused webhooks are set aside: a bucket that fills slowly, so that nobody fills the quarantine for us."""

from __future__ import annotations

import time
from collections.abc import Callable


class Limiter:
    """At most `burst` at once, and `per_minute` in the long run."""

    def __init__(self, burst: int, per_minute: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst = burst
        self._rate_s = per_minute / 60
        self._clock = clock
        self._tokens = float(burst)
        self._at = clock()

    def allow(self) -> bool:
        """Take one; False when there is none."""
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate_s)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
