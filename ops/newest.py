"""The newest of many, in bounded memory, and how many of each kind there are in all."""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Item = TypeVar("Item")


@dataclass
class Newest(Generic[Item]):
    """Keeps at most `limit` items, the newest by their time."""

    limit: int
    kinds: Counter[str] = field(default_factory=Counter)
    _kept: list[tuple[int, int, Item]] = field(default_factory=list)

    def take(self, at_ms: int, kind: str, item: Item) -> None:
        """Count one, and keep it while it is among the newest."""
        heapq.heappush(self._kept, (at_ms, self.kinds.total(), item))
        self.kinds[kind] += 1
        if len(self._kept) > self.limit:
            heapq.heappop(self._kept)

    @property
    def items(self) -> list[Item]:
        """The newest ones, in order of time."""
        return [item for _, _, item in sorted(self._kept, key=lambda kept: kept[:2])]

    def in_words(self) -> str:
        """How many of each kind."""
        return in_words(self.kinds)


def in_words(kinds: Counter[str]) -> str:
    """`3 permanent, 1 budget`."""
    return ", ".join(f"{count} {name}" for name, count in kinds.most_common())
