"""When an event was accepted: milliseconds that rise strictly within a conversation (I2)."""

from __future__ import annotations

import time
from collections.abc import Callable

from cachetools import LRUCache

REMEMBERED = 20_000  # conversations and messages with statuses; about 5 MB


def now_ms() -> int:
    """The time, in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


class _Remembered(LRUCache[str, int]):
    """Last values by conversation; `floor` is the highest one that was forgotten."""

    floor = 0

    def popitem(self) -> tuple[str, int]:
        key, value = super().popitem()
        self.floor = max(self.floor, value)
        return key, value


class Acceptance:
    """Gives each event its `accepted_at`. Bounded: a forgotten conversation goes on above all that was forgotten."""

    def __init__(self, *, remembered: int = REMEMBERED, clock: Callable[[], int] = now_ms) -> None:
        self._last = _Remembered(maxsize=remembered)
        self._clock = clock

    def next(self, conversation: str) -> int:
        """The time now, or one millisecond after the last one given to this conversation."""
        last = self._last
        value = max(self._clock(), last.get(conversation, last.floor) + 1)
        last[conversation] = value
        return value
