"""The runs of a bench, what they come to, and whether that is enough. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.bench.figures import Measured, Spread, paired_ratios
from tests.bench.plan import PRODUCT, Comparison, Target


@dataclass(frozen=True, slots=True)
class Verdict:
    """A target, what was measured, and whether that meets it."""

    comparison: Comparison
    target: Target
    measured: Spread

    @property
    def met(self) -> bool:
        """Whether the median meets it: a ratio has to reach its limit, a time has to stay within."""
        limit = self.target.limit
        return self.measured.median >= limit if self.target.against else self.measured.median <= limit


@dataclass(slots=True)
class Results:
    """The runs of each side of each comparison, in order."""

    machine: dict[str, Any]
    ceiling_per_s: float  # what the vendor answers to a raw client
    runs: dict[str, dict[str, list[Measured]]] = field(default_factory=dict)

    def add(self, comparison: str, side: str, measured: Measured) -> None:
        """Another run."""
        self.runs.setdefault(comparison, {}).setdefault(side, []).append(measured)

    def spread(self, comparison: str, side: str, figure: str) -> Spread | None:
        """A figure over all runs; None when the side was not run, or has no such figure."""
        values = self._values(comparison, side, figure)
        return Spread.of(values) if values else None

    def ratio(self, comparison: str, against: str, figure: str = "per_s") -> Spread | None:
        """The product's figure by another side's, run by run."""
        ours, theirs = self._values(comparison, PRODUCT, figure), self._values(comparison, against, figure)
        return Spread.of(paired_ratios(ours, theirs)) if ours and len(ours) == len(theirs) else None

    def verdicts(self, comparisons: Iterable[Comparison]) -> list[Verdict]:
        """Every target that was measured."""
        found = []
        for comparison in comparisons:
            for target in comparison.targets:
                measured = (
                    self.ratio(comparison.name, target.against, target.figure)
                    if target.against
                    else self.spread(comparison.name, PRODUCT, target.figure)
                )
                if measured is not None:
                    found.append(Verdict(comparison, target, measured))
        return found

    def document(self) -> str:
        """All raw figures as JSON, one run a line."""
        runs = [
            {"comparison": comparison, "side": side, "run": number, **_plain(each)}
            for comparison, sides in self.runs.items()
            for side, measured in sides.items()
            for number, each in enumerate(measured, 1)
        ]
        head = {"machine": self.machine, "vendor_ceiling_per_s": round(self.ceiling_per_s)}
        lines = ",\n".join(json.dumps(run, ensure_ascii=False) for run in runs)
        return json.dumps(head, ensure_ascii=False, indent=1)[:-2] + f',\n "runs": [\n{lines}\n]\n}}\n'

    def _values(self, comparison: str, side: str, figure: str) -> Sequence[float]:
        measured = self.runs.get(comparison, {}).get(side, [])
        return [each.figures[figure] for each in measured if figure in each.figures]


def _plain(measured: Measured) -> dict[str, Any]:
    # NaN (a run too short to tell its CPU) is no JSON.
    figures = {name: round(value, 4) if value == value else None for name, value in measured.figures.items()}  # noqa: PLR0124
    return {**figures, "curve_ms": [round(value, 3) for value in measured.curve]} if measured.curve else figures
