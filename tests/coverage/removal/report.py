"""What was found, for people: a line for each module, what is wrong, and of each row its own mapping."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from statistics import median

from rich.table import Column, Table
from rich.text import Text

from tests.coverage.removal.findings import Findings, Trial
from tests.coverage.removal.removal import Kind

ALL = "all"
VENDORS = ("edna.", "amojo.")


def summary(trials: Sequence[Trial]) -> Table:
    """Of each module, how much was taken away, and how much of it a row missed."""
    counts: dict[tuple[str, Kind], list[bool]] = defaultdict(list)
    for trial in trials:
        for module in (_module(trial), ALL):
            counts[module, trial.kind].append(bool(trial.failed))
    table = Table(Column("module", no_wrap=True), "entries", "missed", "code", "missed", title="taken from the bridge")
    for module in (*sorted(dict.fromkeys(map(_module, trials))), ALL):
        of_tables, of_code = counts[module, Kind.TABLE], counts[module, Kind.CODE]
        if module == ALL:
            table.add_section()
        table.add_row(module, *map(str, (len(of_tables), sum(of_tables), len(of_code), sum(of_code))))
    return table


def rows_table(found: Findings) -> Table:
    """Of each test of a row the narrowest removal that it fails with."""
    table = Table(Column("test of a row", overflow="fold"), Column("fails without", overflow="fold"), "so do")
    for test, trial in sorted(found.own.items()):
        table.add_row(Text(test.partition("::")[2]), Text(trial.name), str(len(trial.failed) - 1))
    return table


def said_of(found: Findings, needless: Sequence[str], trials: Sequence[Trial], tests: int) -> str:
    """Lines on what is wrong, and one on the whole."""
    lines = [f"NO ROW MISSES {name}" for name in found.unnoticed]
    lines += [f"PROVES NOTHING OF ITS OWN: {test}" for test in found.unproven]
    lines += [f"NEEDS NO EXCUSE: {name}" for name in needless]
    entries = sum(trial.kind is Kind.TABLE for trial in trials)
    whole = f"{len(trials)} mappings taken away, {entries} of them entries of tables; {tests} tests of rows"
    if found.own:
        shared = int(median(len(trial.failed) for trial in found.own.values()))
        whole += f"\n{len(found.own)} fail without one of their own; half of those share it with at most {shared - 1}"
    return "\n".join([*lines, whole])


def _module(trial: Trial) -> str:
    return ".".join(trial.name.split(".")[: 2 if trial.name.startswith(VENDORS) else 1])
