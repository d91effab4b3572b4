"""The slots of a worker's attempts: so many calls at once (I7), and never all of them in one channel's hands.

A call that hangs keeps its slot until its time is over, and a channel that hangs would soon have them all. So once a
worker has served two channels, one slot in eight is out of the reach of each: the others go on (I8). Whoever waits gets
the next slot in the order of his channel, and the channels take turns.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Hashable

KEPT_FROM_EACH = 8  # one in so many; of fewer slots none
CHANNELS_COUNTED = 1_000


class Slots:
    """`count` slots. Kept up: while anybody waits, no slot is free that he may take."""

    def __init__(self, count: int) -> None:
        self._free = count
        self._within_reach = count
        self._kept = count // KEPT_FROM_EACH
        self._first: Hashable | None = None
        self._held: Counter[Hashable] = Counter()
        self._waiting: dict[Hashable, deque[asyncio.Future[None]]] = {}

    def full(self, channel: Hashable) -> bool:
        """Whether a call of the channel has to wait for its slot."""
        if channel != self._first:
            self._met(channel)
        return not self._free or self._held[channel] >= self._within_reach

    def take_now(self, channel: Hashable) -> bool:
        """Take a slot if none has to be waited for; whether it was."""
        if self.full(channel):
            return False
        self._free -= 1
        self._held[channel] += 1
        return True

    async def take(self, channel: Hashable) -> None:
        """Wait for a slot. Cancelled meanwhile, it takes none."""
        if self.take_now(channel):
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(channel, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # given, and not wanted any more
                self.release(channel)
            raise

    def release(self, channel: Hashable) -> None:
        """Give a slot back, for the next in turn."""
        self._free += 1
        self._held[channel] -= 1
        if self._waiting:
            self._hand_on()

    def _hand_on(self) -> None:
        for channel in list(self._waiting):
            if self.full(channel):
                continue
            turns = self._waiting.pop(channel)
            while turns and turns[0].done():  # cancelled
                turns.popleft()
            if turns:
                self.take_now(channel)
                turns.popleft().set_result(None)
            if turns:
                self._waiting[channel] = turns  # behind the others
            if not self._free:
                return

    def _met(self, channel: Hashable) -> None:
        if self._first is None:
            self._first = channel
        else:
            self._within_reach -= self._kept
            self._kept = 0
        if len(self._held) > CHANNELS_COUNTED:  # whoever sends webhooks chooses their names
            self._held = +self._held
