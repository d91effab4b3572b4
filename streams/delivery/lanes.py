"""Lanes: first in, first out for each conversation, many conversations at once (I2).

A lane is one key of one partition. Its events are carried one after another; lanes do not wait for each other.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from streams.delivery.partition import Held, Partition


class Lane:
    """The waiting events of one conversation and the task that carries them."""

    __slots__ = ("task", "waiting")

    def __init__(self) -> None:
        self.waiting: deque[Held] = deque()
        self.task: asyncio.Task[None] | None = None


class Lanes:
    """All lanes of a worker. `carry` takes one event from start to end and never raises but to be cancelled."""

    def __init__(self, carry: Callable[[Held], Awaitable[None]], released: Callable[[Held], None]) -> None:
        self._carry = carry
        self._released = released
        self._lanes: dict[Partition, dict[bytes | None, Lane]] = {}

    @property
    def count(self) -> int:
        """How many conversations have something in hand."""
        return sum(len(lanes) for lanes in self._lanes.values())

    def put(self, held: Held) -> int:
        """Hand an event to its lane; returns how many wait in it, this one included."""
        lanes = self._lanes.setdefault(held.partition, {})
        lane = lanes.get(held.key)
        if lane is None:
            lane = lanes[held.key] = Lane()
            lane.waiting.append(held)
            lane.task = asyncio.create_task(self._run(held.partition, held.key, lane))
        else:
            lane.waiting.append(held)
        return len(lane.waiting)

    def longest(self, partition: Partition) -> int:
        """How many events wait in the fullest lane of a partition."""
        return max((len(lane.waiting) for lane in self._lanes.get(partition, {}).values()), default=0)

    async def drop(self, partition: Partition) -> None:
        """End all lanes of a partition; what waits in them is released, not carried."""
        lanes = self._lanes.pop(partition, {})
        tasks = [lane.task for lane in lanes.values() if lane.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for lane in lanes.values():
            for held in lane.waiting:
                self._released(held)
            lane.waiting.clear()

    async def _run(self, partition: Partition, key: bytes | None, lane: Lane) -> None:
        waiting = lane.waiting
        while waiting:
            await self._carry(waiting[0])
            self._released(waiting.popleft())
        lanes = self._lanes.get(partition)
        if lanes is not None and lanes.get(key) is lane:
            del lanes[key]
            if not lanes:
                del self._lanes[partition]
