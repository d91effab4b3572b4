"""The arithmetic of the bench: rates, percentiles, medians and ratios. Pure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

MIDDLE = (0.1, 0.9)  # the part of a run that counts: before it all warm up, after it they run dry


@dataclass(frozen=True, slots=True)
class Spread:
    """Several runs of one figure."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """The spread of at least one value. Raises ValueError when there is none."""
        if not values:
            raise ValueError("no run, no figure")
        return cls(statistics.median(values), min(values), max(values))


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of one side: its figures by name, and the curve of its waiting times in ms where there is one."""

    figures: dict[str, float]
    curve: list[float] = field(default_factory=list)


def rate_of(times_ns: Sequence[int], middle: tuple[float, float] = MIDDLE) -> float:
    """Arrivals a second in the middle of a run. Raises ValueError when there are too few to tell."""
    first, last = bounds(len(times_ns), middle)
    elapsed_ns = times_ns[last] - times_ns[first] if last > first else 0
    if elapsed_ns <= 0:
        raise ValueError(f"{len(times_ns)} arrivals tell no rate")
    return (last - first) * 1e9 / elapsed_ns


def bounds(count: int, middle: tuple[float, float] = MIDDLE) -> tuple[int, int]:
    """The indexes of the first and the last arrival that count."""
    return int(count * middle[0]), max(0, math.ceil(count * middle[1]) - 1)


def percentile(ordered: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile of sorted values: one that occurred. Raises ValueError without values."""
    if not ordered:
        raise ValueError("no values, no percentile")
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def quantiles(values: Sequence[float], steps: int = 200) -> list[float]:
    """The values as a curve of `steps` + 1 points, from the least to the most."""
    ordered = sorted(values)
    return [percentile(ordered, 100 * step / steps) for step in range(steps + 1)]


def paired_ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """Our figure by theirs, run by run: what slowed the machine in one run hit both."""
    return [our / their for our, their in zip(ours, theirs, strict=True)]


def per_thousand(seconds: float, count: float) -> float:
    """CPU seconds per 1,000 messages."""
    return seconds / count * 1000 if count > 0 else math.nan
