"""Signs of life of a worker, for its watchdog: when an attempt last ended, and how many lanes wait for what is known.

Waiting for a vendor, a turn, a slot or Kafka is not being stuck; having events in hand while nothing of that happens
is.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Pulse:
    """Written by the lanes, read by the watchdog; one event loop."""

    def __init__(self) -> None:
        self.last_beat = time.monotonic()
        self.waiting_lanes = 0

    def beat(self) -> None:
        """Something went on."""
        self.last_beat = time.monotonic()

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """A lane waits for something that has an end, or that somebody else watches."""
        self.waiting_lanes += 1
        try:
            yield
        finally:
            self.waiting_lanes -= 1
            self.beat()

    @property
    def silent_s(self) -> float:
        """Seconds since the last sign."""
        return time.monotonic() - self.last_beat
