"""What a scenario came to, held against what it may come to. Pure: the checker judges the messages, this the rest."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from tests.chaos.evidence import Evidence
from tests.checker import Accepted, Arrived, Report, check

MILLION = 1_000_000
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Limits:
    """What a scenario may come to; None: told, and no promise.

    repeats        calls of a message that its vendor had taken before
    set_aside      dead letters, and records that a spool set aside; exactly so many
    told           failures that amojo was told of; exactly so many
    recovery_s     from the end of the fault to the full rate
    stop_s         the longest stop after SIGTERM
    growth_pct     memory of a process, from when its caps are reached to the end of the fault
    slope_mb_h     of a process, over all its life but the first third
    hook_ms        the slowest answer to a webhook of amojo
    slower_pct     how much later others were answered, 99 of 100
    unordered      order is counted, and promised per gateway only
    """

    repeats: int | None = None
    set_aside: int = 0
    told: int | None = None
    recovery_s: float | None = None
    stop_s: float | None = 10.0
    growth_pct: float | None = None
    slope_mb_h: float | None = None
    hook_ms: float | None = 5_000
    slower_pct: float | None = None
    unordered: bool = False


@dataclass(slots=True)
class Figures:
    """What a script has measured itself. `problems` are promises that it saw broken."""

    recovery_s: dict[str, float | None] = field(default_factory=dict)
    stops_s: list[float] = field(default_factory=list)
    growth_pct: dict[str, float] = field(default_factory=dict)
    slopes_mb_h: dict[str, float] = field(default_factory=dict)
    peaks_mb: dict[str, float] = field(default_factory=dict)
    slower_pct: float | None = None
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    more_repeats: int = 0  # that the script has earned: attempts in flight of each process that it killed


@dataclass(frozen=True, slots=True)
class Outcome:
    """One line of the report. `broken`: the promises that did not hold, each with what was found."""

    name: str
    done: str
    seed: int
    scale: float
    date: str
    took_s: float
    accepted: int
    lost: int
    seen_twice: int
    out_of_order: int
    regressions: int
    repeats: int
    repeats_bound: int | None
    set_aside: int
    recovery_s: float | None
    stop_s: float | None
    growth_pct: float | None
    slope_mb_h: float | None
    peak_mb: float | None
    hook_ms: int
    notes: list[str]
    broken: list[str]

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Told:
    """Who and when: what stands in a report beside the findings."""

    name: str
    done: str
    seed: int
    scale: float
    date: str
    took_s: float


@dataclass(frozen=True, slots=True)
class Measure:
    """What was measured (None: nothing) beside the most that it may be (None: anything)."""

    found: float | None
    most: float | None

    @property
    def kept(self) -> bool:
        """Whether it is within its limit."""
        return self.found is None or self.most is None or self.found <= self.most


def judge(told: Told, evidence: Evidence, figures: Figures, limits: Limits) -> Outcome:
    """The outcome of a scenario."""
    report = check(
        evidence.accepted, evidence.arrived, set_aside=evidence.dead, statuses=evidence.statuses, told=evidence.told
    )
    notes = list(figures.notes)
    if limits.unordered:
        report, note = _per_gateway(report, evidence)
        notes.append(note)
    if limits.slope_mb_h is not None:
        slopes = sorted(figures.slopes_mb_h.items())
        notes.append("MB an hour: " + ", ".join(f"{name} {slope:.1f}" for name, slope in slopes))
    repeats = repeated(evidence.arrived)
    bound = None if limits.repeats is None else limits.repeats + figures.more_repeats
    measures = {"repeats": Measure(repeats, bound)} | _measures(evidence, figures, limits)
    return Outcome(
        **asdict(told),
        accepted=report.accepted,
        lost=len(report.lost),
        seen_twice=len(report.seen_twice),
        out_of_order=len(report.out_of_order) + len(report.overlapping),
        regressions=len(report.status_regressions),
        repeats=repeats,
        repeats_bound=bound,
        set_aside=_set_aside(evidence),
        recovery_s=measures["recovery_s"].found,
        stop_s=measures["stop_s"].found,
        growth_pct=measures["growth_pct"].found,
        slope_mb_h=measures["slope_mb_h"].found,
        peak_mb=_worst(figures.peaks_mb),
        hook_ms=evidence.slowest_hook_ms,
        notes=[*notes, f"repeats per million: {repeats * MILLION / max(1, report.accepted):.0f}"],
        broken=_broken(report, evidence, figures, limits, measures),
    )


def _measures(evidence: Evidence, figures: Figures, limits: Limits) -> dict[str, Measure]:
    """By the name of their limit."""
    return {
        "recovery_s": Measure(_worst(figures.recovery_s), limits.recovery_s),
        "stop_s": Measure(max(figures.stops_s, default=None), limits.stop_s),
        "growth_pct": Measure(_worst(figures.growth_pct), limits.growth_pct),
        "slope_mb_h": Measure(_worst(figures.slopes_mb_h), limits.slope_mb_h),
        "hook_ms": Measure(evidence.slowest_hook_ms, limits.hook_ms),
        "slower_pct": Measure(figures.slower_pct, limits.slower_pct),
    }


def _broken(
    report: Report, evidence: Evidence, figures: Figures, limits: Limits, measures: Mapping[str, Measure]
) -> list[str]:
    """The promises that did not hold, each with what was found."""
    return [
        *_found(report),
        *figures.problems,
        *(f"{name}: never again at its full rate" for name, value in figures.recovery_s.items() if value is None),
        *(f"{name}: {each.found:.1f} > {each.most:g}" for name, each in measures.items() if not each.kept),
        *_exactly("set_aside", _set_aside(evidence), limits.set_aside),
        *_exactly("told", len(evidence.failures_told), limits.told),
        *([] if report.accepted else ["accepted: nothing, so nothing was proven"]),
    ]


def _set_aside(evidence: Evidence) -> int:
    return len(evidence.dead) + evidence.rejected + evidence.quarantined


def repeated(arrived: Collection[Arrived]) -> int:
    """Calls of messages that their vendor had taken before. Those that it refused before are no repeats."""
    return sum(call.outcome == "duplicate" for call in arrived)


def _per_gateway(report: Report, evidence: Evidence) -> tuple[Report, str]:
    """The report with the order of each gateway alone, and how often a message overtook one of the other's."""

    def alone(message: Accepted) -> Accepted:
        return replace(message, conversation=f"{message.conversation} {evidence.gateways.get(message.id, '')}")

    mine = check(map(alone, evidence.accepted), evidence.arrived, set_aside=evidence.dead)
    overtaken = len(report.out_of_order) - len(mine.out_of_order)
    return replace(report, out_of_order=mine.out_of_order), f"overtaken by another gateway's: {overtaken}"


def _found(report: Report) -> list[str]:
    """The broken promises by kind, each with the first of what was found."""
    kinds: dict[str, list[str]] = {}
    for each in report.violations:
        kind, _, what = each.partition(": ")
        kinds.setdefault(kind, []).append(what)
    return [f"{kind}: {len(found)} ({'; '.join(found[:SHOWN])})" for kind, found in kinds.items()]


def _exactly(name: str, found: int, wanted: int | None) -> list[str]:
    return [] if wanted is None or found == wanted else [f"{name}: {found}, not {wanted}"]


def _worst(figures: Mapping[str, float | None]) -> float | None:
    return max((value for value in figures.values() if value is not None), default=None)
