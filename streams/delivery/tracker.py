"""Which offset of a partition may be committed (I3).

An event that finishes is acknowledged only when all earlier ones are: the committable offset never passes an unfinished
event, whatever the order in which they finish. A finished slot keeps its offset only. Gaps between offsets (deleted
records) are nothing special: only what was accepted has to finish.
"""

from __future__ import annotations

from collections import deque


class Tracker:
    """The accepted, not yet acknowledged events of one partition. Pure; costs O(1) an event."""

    __slots__ = ("_acknowledged", "_finished", "_last", "_order")

    def __init__(self) -> None:
        self._order: deque[int] = deque()
        self._finished: set[int] = set()
        self._last = -1
        self._acknowledged: int | None = None

    @property
    def span(self) -> int:
        """How many slots are taken: accepted and not yet acknowledged, finished ones included."""
        return len(self._order)

    @property
    def unfinished(self) -> int:
        """How many accepted events have not finished."""
        return len(self._order) - len(self._finished)

    @property
    def committable(self) -> int | None:
        """The next offset to be read by whoever comes after us; None while nothing is acknowledged."""
        return self._acknowledged

    def accept(self, offset: int) -> bool:
        """Take a slot for an event; False when it, or a later one, was accepted already (a second reading)."""
        if offset <= self._last:
            return False
        self._last = offset
        self._order.append(offset)
        return True

    def finish(self, offset: int) -> None:
        """An accepted event is done. Raises ValueError for one that was not accepted, or is finished already."""
        if offset in self._finished or not self._order or not self._order[0] <= offset <= self._last:
            raise ValueError(f"offset {offset} is not an unfinished event of this partition")
        self._finished.add(offset)
        order, finished = self._order, self._finished
        while order and order[0] in finished:
            self._acknowledged = order.popleft()
            finished.remove(self._acknowledged)
            self._acknowledged += 1
