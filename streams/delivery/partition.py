"""One assigned partition for the time of one assignment: its epoch.

A partition that is taken away and comes back is a new object. What an old one finishes late acknowledges nothing.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import NamedTuple

from streams.delivery.tracker import Tracker


class Revoked(Exception):
    """The partition is not ours any more; whoever has it will do what is left."""


@dataclass(eq=False, slots=True)
class Partition:
    """Number, epoch and tracker of an assigned partition."""

    number: int
    epoch: int
    tracker: Tracker = field(default_factory=Tracker)
    ready: asyncio.Event = field(default_factory=asyncio.Event)  # its receipts have been read
    draining: bool = False  # no new attempt starts
    current: bool = True  # False: of an old epoch
    committed: int | None = None
    in_attempt: int = 0
    unconfirmed: int = 0  # receipts on their way
    paused: bool = False

    @property
    def busy(self) -> bool:
        """Whether an attempt or a receipt is under way."""
        return self.in_attempt > 0 or self.unconfirmed > 0

    def finish(self, offset: int) -> None:
        """Acknowledge an event, unless this epoch is over (I3)."""
        if self.current:
            self.tracker.finish(offset)


class Held(NamedTuple):
    """One record in hand, with its payload, until its event is delivered."""

    partition: Partition
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    timestamp_ms: int
