"""The outcomes in words: a line each on the screen, and docs/chaos.md, where each stays until it is played again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.bench.children import ROOT
from tests.bench.report import table
from tests.chaos.scenarios import SCENARIOS
from tests.chaos.verdict import Outcome

DOCS = ROOT / "docs"
PAGE = "chaos.md"
FIGURES = "chaos.json"

HEAD = """\
# Chaos

What is left of the promises when everything fails that can. Written by `make chaos` and `make soak`
(`python -m tests.chaos`): the whole product as processes on a real Kafka, both fake vendors with their faults, clients
and operators who go on writing. Each line stays until its scenario is played again; all its figures are in
[chaos.json](chaos.json).

**Lost**: answered 200, and neither at the other side nor set aside. **Twice**: seen twice by a person. **Disorder**:
first delivered behind a newer message of its conversation, or while another was on its way. **Backwards**: a status
after one that was further. **Repeats**: calls of a message that its vendor had taken before and dropped; in brackets
what was allowed. **Aside**: dead letters, quarantine, records that a spool could not get rid of. **Recovery**: seconds
from the end of the fault to the full rate. **Stop**: the longest way from SIGTERM to the end. **Memory**: the most of
one process; its growth from when the caps were reached to the end of the fault. **Hook**: the slowest answer to amojo,
which waits for 5 s.

The lines say what is done at the full scale; the notes below name the scale, of which counts and times have that share.

{machine}
"""

COLUMNS = (
    "", "", "messages", "lost", "twice", "disorder", "backwards", "repeats", "aside", "recovery s", "stop s",
    "memory MB", "hook ms", "kept",
)  # fmt: skip


def line(outcome: Outcome) -> str:
    """One line for the screen."""
    figures = (
        f"{outcome.accepted} accepted",
        f"{outcome.lost} lost",
        f"{outcome.seen_twice} twice",
        f"{outcome.out_of_order} in disorder",
        f"repeats {_repeats(outcome)}",
        f"recovery {_number(outcome.recovery_s)} s",
        f"stop {_number(outcome.stop_s)} s",
        f"{outcome.took_s:.0f} s",
    )
    kept = "ok    " if not outcome.broken else "BROKEN"
    ends = [f"\n       broken: {each}" for each in outcome.broken] + [f"\n       {each}" for each in outcome.notes]
    return f"{kept} {outcome.name:18} {', '.join(figures)}{''.join(ends)}"


def write(outcomes: Sequence[Outcome], machine: Mapping[str, str], folder: Path) -> Path:
    """Put the outcomes in place of older ones of the same scenarios; returns the page."""
    folder.mkdir(parents=True, exist_ok=True)
    figures = folder / FIGURES
    kept: dict[str, Any] = json.loads(figures.read_text()) if figures.exists() else {}
    kept |= {each.name: each.document() for each in outcomes}
    ordered = {each.name: kept[each.name] for each in SCENARIOS if each.name in kept}
    figures.write_text(json.dumps(ordered, indent=1, ensure_ascii=False) + "\n")
    page = folder / PAGE
    page.write_text(markdown([Outcome(**document) for document in ordered.values()], machine))
    return page


def markdown(outcomes: Sequence[Outcome], machine: Mapping[str, str]) -> str:
    """The page. Pure."""
    facts = "\n".join(f"* {name}: {value}" for name, value in machine.items())
    rows = [_row(each) for each in outcomes]
    parts = [HEAD.format(machine=facts), table(COLUMNS, rows), "\n## Notes\n"]
    for each in outcomes:
        when = f"{each.date}, seed {each.seed}, scale {each.scale:g}, {each.took_s:.0f} s"
        parts.append(f"* **{each.name}** ({when}): {'; '.join(each.notes)}.")
        parts += [f"  * broken: {what}" for what in each.broken]
    return "\n".join(parts) + "\n"


def tidy(folder: Path, *, keep: bool) -> None:
    """Remove what the processes left."""
    if keep:
        print(f"kept: {folder}")  # noqa: T201 - for whoever asked for it
    else:
        shutil.rmtree(folder, ignore_errors=True)


def _row(each: Outcome) -> tuple[str, ...]:
    growth = "" if each.growth_pct is None else f" ({each.growth_pct:+.0f} %)"
    return (
        f"**{each.name}**",
        each.done,
        f"{each.accepted:,}",
        str(each.lost),
        str(each.seen_twice),
        str(each.out_of_order),
        str(each.regressions),
        _repeats(each),
        str(each.set_aside),
        _number(each.recovery_s),
        _number(each.stop_s),
        f"{_number(each.peak_mb)}{growth}",
        f"{each.hook_ms:,}",
        "yes" if not each.broken else "**no**",
    )


def _repeats(each: Outcome) -> str:
    return f"{each.repeats}" if each.repeats_bound is None else f"{each.repeats} (≤ {each.repeats_bound})"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"
