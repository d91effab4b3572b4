"""The memory of each process over time, and what of it grows (I7)."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean

EVERY_S = 0.5
AROUND_S = 2.0  # of a moment: what is taken as its memory
FIRST_PART = 1 / 3  # of a life is warming up, and no part of a slope
MIB = 1_048_576
S_PER_H = 3_600


@dataclass(frozen=True, slots=True)
class Sample:
    """What one process had at a moment (s since the epoch)."""

    at: float
    pid: int
    mb: float


@dataclass(slots=True)
class Memory:
    """Samples by the name of the process."""

    samples: defaultdict[str, list[Sample]] = field(default_factory=lambda: defaultdict(list))

    async def watch(self, processes: Callable[[], Iterable[tuple[str, int | None]]]) -> None:
        """Sample for ever."""
        while True:
            now = time.time()
            for name, pid in processes():
                mb = rss_mb(pid) if pid is not None else None
                if pid is not None and mb is not None:
                    self.samples[name].append(Sample(now, pid, mb))
            await asyncio.sleep(EVERY_S)

    def growth(self, start: float, end: float) -> dict[str, float]:
        """By how many percent each process that lived all that time has more at the end than at the start."""
        found = {}
        for name, samples in self.samples.items():
            before = [each for each in samples if abs(each.at - start) <= AROUND_S]
            after = [each for each in samples if abs(each.at - end) <= AROUND_S]
            if before and after and len({each.pid for each in (*before, *after)}) == 1:
                found[name] = 100 * (mean_mb(after) / mean_mb(before) - 1)
        return found

    def slopes(self) -> dict[str, float]:
        """MB an hour of each process that was never replaced, its first third left out."""
        return {
            name: slope_mb_h(samples[int(len(samples) * FIRST_PART) :])
            for name, samples in self.samples.items()
            if len(samples) > 10 and len({each.pid for each in samples}) == 1
        }

    def peaks(self) -> dict[str, float]:
        """The most that each had, in MB."""
        return {name: max(each.mb for each in samples) for name, samples in self.samples.items()}


def mean_mb(samples: Sequence[Sample]) -> float:
    """Their mean."""
    return fmean(each.mb for each in samples)


def slope_mb_h(samples: Sequence[Sample]) -> float:
    """The slope of the straight line with the least squares, in MB an hour."""
    mean_at, mean = fmean(each.at for each in samples), mean_mb(samples)
    spread = sum((each.at - mean_at) ** 2 for each in samples)
    together = sum((each.at - mean_at) * (each.mb - mean) for each in samples)
    return S_PER_H * together / spread if spread else 0.0


def rss_mb(pid: int) -> float | None:
    """The resident memory of a process; None when it has ended or the system does not tell."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return None
    return pages * 4_096 / MIB
