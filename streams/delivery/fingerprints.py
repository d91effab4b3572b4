"""Numbers by id, in 8 or 16 bytes each instead of hundreds: what is done must be remembered by the hundred thousand.

An id is kept as 64 bits of its hash: that one which is asked for meets another's, among a hundred thousand, has a
chance of 1 in 10^14. Bounded: the newest `capacity` are remembered for sure, and at most twice as many (I7); a table
has its full size from the beginning, so that memory does not grow by doubling for hours. Pure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import lru_cache
from math import ceil, log2
from mmap import mmap

FULLEST = 0.5  # share of the slots that are taken; above it looking for one takes long


class Fingerprints:
    """See the module. Two generations: when the younger is full, it becomes the older, whose ids are forgotten."""

    def __init__(self, capacity: int, *, numbers: bool = False) -> None:
        """`numbers`: a number from 0 to 2^64 - 1 stands beside each id; else all have 0."""
        self._capacity = capacity
        self._numbers = numbers
        self._younger = _Generation(capacity, numbers)
        self._older = _Generation(capacity, numbers)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __iter__(self) -> Iterator[int]:
        return (fingerprint for fingerprint, _ in self.items())

    def get(self, fingerprint: int) -> int | None:
        """The number of an id; None when it is not known."""
        found = self._younger.get(fingerprint)
        return self._older.get(fingerprint) if found is None else found

    def put(self, fingerprint: int, number: int = 0) -> None:
        """Remember an id with its number, as the newest."""
        if self._younger.taken >= self._capacity and self._younger.get(fingerprint) is None:
            self._older, self._younger = self._younger, _Generation(self._capacity, self._numbers)
        self._younger.put(fingerprint, number)

    def put_all(self, newer: Fingerprints) -> None:
        """Remember everything that others hold, as newer than all that is known."""
        for generation in (newer._older, newer._younger):
            for fingerprint, number in generation.items():
                self.put(fingerprint, number)

    def items(self) -> Iterator[tuple[int, int]]:
        """All that is known, each once."""
        yield from self._younger.items()
        for fingerprint, number in self._older.items():
            if self._younger.get(fingerprint) is None:
                yield fingerprint, number


class _Generation:
    """Open addressing with linear steps; nothing is ever removed."""

    __slots__ = ("_ids", "_mask", "_numbers", "taken")

    def __init__(self, capacity: int, numbers: bool) -> None:
        slots = 1 << ceil(log2(capacity / FULLEST))
        self._ids = _zeros(slots)  # 0: free
        self._numbers = _zeros(slots) if numbers else None
        self._mask = slots - 1
        self.taken = 0

    def get(self, fingerprint: int) -> int | None:
        at = self._slot(fingerprint)
        if not self._ids[at]:
            return None
        return self._numbers[at] if self._numbers is not None else 0

    def put(self, fingerprint: int, number: int) -> None:
        at = self._slot(fingerprint)
        if not self._ids[at]:
            self._ids[at] = fingerprint
            self.taken += 1
        if self._numbers is not None:
            self._numbers[at] = number

    def items(self) -> Iterator[tuple[int, int]]:
        if not self.taken:
            return
        for at, fingerprint in enumerate(self._ids):
            if fingerprint:
                yield fingerprint, self._numbers[at] if self._numbers is not None else 0

    def _slot(self, fingerprint: int) -> int:
        """Where an id stands, or would."""
        ids, mask = self._ids, self._mask
        at = fingerprint & mask
        while (there := ids[at]) and there != fingerprint:
            at = (at + 1) & mask
        return at


def _zeros(slots: int) -> memoryview:
    """Numbers of 64 bits, whose pages come from the system when they are first touched."""
    return memoryview(mmap(-1, 8 * slots)).cast("Q")


@lru_cache(maxsize=8_192)  # asked before and after an event's attempts
def fingerprint_of(*parts: str) -> int:
    """64 bits that stand for the parts; never 0."""
    hasher = hashlib.blake2b(digest_size=8)
    for part in parts:
        hasher.update(part.encode("utf-8", "surrogatepass") + b"\0")
    return int.from_bytes(hasher.digest(), "big") or 1
