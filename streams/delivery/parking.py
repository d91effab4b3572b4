"""The parking limiter: a channel whose messages die one after another is parked, not emptied into its dead letters.

Pure. Counts, for a channel, what the vendor took and what it refused for good during the last WINDOW_S, in slices of
time, so that it costs the same whatever the rate.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

WINDOW_S = 300.0
SLICE_S = 10.0
CONVERSATIONS = 20  # so many must have lost a message
SHARE = 0.5  # more than this share of all must have died


@dataclass(slots=True)
class _Slice:
    begin: float
    delivered: int = 0
    dead: int = 0
    conversations: set[str] = field(default_factory=set)


class Parking:
    """See the module."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._slices: deque[_Slice] = deque()

    def delivered(self) -> None:
        """The vendor took a message."""
        self._slice().delivered += 1

    def died(self, conversation: str) -> bool:
        """A message became a dead letter by the vendor's word; tells whether the channel is to be parked."""
        current = self._slice()
        current.dead += 1
        if len(current.conversations) < CONVERSATIONS:
            current.conversations.add(conversation)
        dead = sum(each.dead for each in self._slices)
        delivered = sum(each.delivered for each in self._slices)
        conversations = set().union(*(each.conversations for each in self._slices))
        return len(conversations) >= CONVERSATIONS and dead > SHARE * (dead + delivered)

    def forget(self) -> None:
        """Begin anew: the channel has just been parked, or is not any more."""
        self._slices.clear()

    def _slice(self) -> _Slice:
        now = self._clock()
        if not self._slices or now - self._slices[-1].begin >= SLICE_S:
            self._slices.append(_Slice(now))
            while now - self._slices[0].begin > WINDOW_S:
                self._slices.popleft()
        return self._slices[-1]
