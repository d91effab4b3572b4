"""Whether this worker may still act for the partitions it was given.

A process that was stopped and continued, or cut off from Kafka, may have lost its partitions without knowing: somebody
else works on them. So an attempt starts only while the last good heartbeat is younger than the session timeout.
"""

from __future__ import annotations

import time
from collections.abc import Callable


class Liveness:
    """The age of the last good heartbeat. Written by the consumer's thread, read by the loop; a float either way."""

    def __init__(self, session_timeout_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._session_timeout_s = session_timeout_s
        self._clock = clock
        self._last_good = float("-inf")

    def now(self) -> float:
        """This moment, for `good`."""
        return self._clock()

    def good(self, asked: float | None = None) -> None:
        """The group's coordinator has confirmed our membership, as of when it was asked (default: now).

        Not as of when its answer was read: a process that is stopped in between reads it much later.
        """
        self._last_good = self._clock() if asked is None else asked

    def lost(self) -> None:
        """The coordinator does not know us any more."""
        self._last_good = float("-inf")

    @property
    def fresh(self) -> bool:
        """Whether our partitions are ours for sure."""
        return self._clock() - self._last_good < self._session_timeout_s
