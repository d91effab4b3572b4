"""How many calls a second an account gets: unlimited until the vendor says 429, then half, then more again.

Lanes take their turn first come, first served. A limit that was configured is never exceeded; one that was found by a
429 is raised step by step, and forgotten when the vendor has long been content with more than it refused.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable

MIN_RPS = 1.0
STEP_S = 1.0  # halved at most this often, and raised this often
RAISE_FAST = 2.0  # below half of what was refused: most 429s end as they began, all at once
RAISE = 2**0.25  # above
FORGOTTEN_AT = 2.0  # times the rate that was refused
FORGOTTEN_AFTER_S = 10.0
TURNS_AT_ONCE_S = 0.02  # turns of so long are given together: a timer for each would be dear at high rates


class Rate:
    """See the module. One for each account and direction; lives in one event loop."""

    def __init__(self, configured_rps: float = 0.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._configured = configured_rps
        self._clock = clock
        self.limit: float | None = configured_rps or None
        self._refused_at_rps = 0.0
        self._blocked_until = 0.0
        self._changed_at = clock()
        self._throttled_at = float("-inf")
        self._second = 0.0  # of `_calls`
        self._calls = 0
        self._calls_before = 0
        self._credit = 1.0  # turns that may be taken now
        self._credited_at = clock()
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> int:
        """How many lanes wait for their turn."""
        return sum(not turn.done() for turn in self._waiting)

    @property
    def limited(self) -> bool:
        """Whether a call has to take its turn; while it has not, `count` is enough."""
        return self.limit is not None or bool(self._waiting) or self._blocked_until > self._clock()

    def count(self) -> None:
        """A call starts: from how many there were the first limit is made."""
        now = self._clock()
        if now - self._second >= STEP_S:
            self._calls_before = self._calls if now - self._second < 2 * STEP_S else 0
            self._calls = 0
            self._second = now
        self._calls += 1

    async def turn(self) -> None:
        """Wait until a call may start. First come, first served."""
        now = self._clock()
        self.count()
        if not self._waiting and self._take(now):
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        self._arm(now)
        await turn

    def throttled(self, started: float, retry_after_s: float | None, *, probe: bool = False) -> None:
        """The vendor answered 429 to a call that began at `started`: half the rate, and none before `retry_after_s`.

        A probe says nothing of the rate: while the breaker is open, no rate is too low to be refused.
        """
        now = self._clock()
        self._throttled_at = now
        self._blocked_until = max(self._blocked_until, now + (retry_after_s or 0.0))
        if probe:
            return
        if self.limit is not None and (started < self._changed_at or now - self._changed_at < STEP_S):
            return  # begun under the rate before this one: what it says is known already
        refused = self.limit or max(self._calls, self._calls_before, MIN_RPS)
        self._refused_at_rps = max(self._refused_at_rps, refused)
        self._set(max(MIN_RPS, refused / 2), now)

    def passed(self) -> None:
        """The vendor answered, and not 429."""
        limit = self.limit
        if limit is None or limit == self._configured:
            return
        now = self._clock()
        if now - self._changed_at < STEP_S or now < self._blocked_until:
            return
        raised = limit * (RAISE_FAST if limit < self._refused_at_rps / 2 else RAISE)
        if self._configured:
            self._set(min(raised, self._configured), now)
        elif raised >= FORGOTTEN_AT * self._refused_at_rps and now - self._throttled_at >= FORGOTTEN_AFTER_S:
            self._refused_at_rps = 0.0
            self._set(None, now)
        else:
            self._set(raised, now)

    def _set(self, limit: float | None, now: float) -> None:
        self._take_credit(now)
        self.limit = limit
        self._changed_at = now
        self._credit = min(self._credit, 1.0)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._waiting:
            self._arm(now)

    def _take_credit(self, now: float) -> None:
        if self.limit is not None:
            most, per_s = _bucket(self.limit)
            earned_s = max(0.0, now - max(self._credited_at, self._blocked_until))
            self._credit = min(most, self._credit + earned_s * per_s)
        self._credited_at = now

    def _take(self, now: float) -> bool:
        if now < self._blocked_until:
            return False
        if self.limit is None:
            return True
        self._take_credit(now)
        if self._credit < 1.0:
            return False
        self._credit -= 1.0
        return True

    def _arm(self, now: float) -> None:
        if self._timer is not None:
            return
        self._take_credit(now)
        pause = max(0.0, self._blocked_until - now)
        if self.limit is not None:
            pause = max(pause, (1.0 - self._credit) / _bucket(self.limit)[1])
        self._timer = asyncio.get_running_loop().call_later(pause, self._release)

    def _release(self) -> None:
        self._timer = None
        now = self._clock()
        while self._waiting:
            if self._waiting[0].done():  # its lane has ended meanwhile
                self._waiting.popleft()
            elif self._take(now):
                self._waiting.popleft().set_result(None)
            else:
                self._arm(now)
                return


def _bucket(limit: float) -> tuple[float, float]:
    """How many turns are kept for later at most, and earned a second: both together stay within the limit."""
    most = max(1.0, limit * TURNS_AT_ONCE_S)
    return most, limit - (most - 1.0)
