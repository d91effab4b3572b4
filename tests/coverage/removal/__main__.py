"""`python -m tests.coverage.removal [NAME…]`: takes each mapping away, and sees that the tests of its rows fail."""

from __future__ import annotations

import argparse
import os
import sys

import pytest
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tests.coverage.removal.excused import EXCUSED
from tests.coverage.removal.findings import Trial, findings, idle
from tests.coverage.removal.removal import Removal
from tests.coverage.removal.report import rows_table, said_of, summary
from tests.coverage.removal.scope import removals
from tests.coverage.removal.session import traced, with_tests_of_rows
from tests.coverage.removal.trials import tried

DOES = """Takes each mapping of the bridge away, one at a time, and runs the tests of the rows of docs/coverage.md.
Exit 1 when no row misses an entry of a table, or when a row fails without no mapping of its own."""
WORTH_A_LOOK = 10  # mappings; what each test runs takes as long to find out as a few of them to try
CORES = len(os.sched_getaffinity(0))


def main(arguments: list[str]) -> int:
    """Try what is asked for; the exit code."""
    asked = _parser().parse_args(arguments)
    os.environ.setdefault("TEST_BROKER", "embedded")  # none is started: no row needs one
    console = Console()
    names = [name.lower() for name in asked.names]
    chosen = [each for each in removals() if not names or any(name in each.name.lower() for name in names)]
    if not chosen:
        console.print("no mapping has such a name")
        return 2
    trials, tests = _tried(chosen, asked.at_once)
    found = findings(trials, tests, EXCUSED)
    if names:  # of a part nothing is known of the rows that it does not concern
        found = found._replace(unproven=[])
    needless = [] if names else idle(trials, EXCUSED)
    console.print(summary(trials))
    if asked.rows:
        console.print(rows_table(found))
    console.print(said_of(found, needless, trials, len(tests)), markup=False, highlight=False, soft_wrap=True)
    return int(bool(found.unnoticed or found.unproven or needless))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.coverage.removal", description=DOES)
    parser.add_argument("names", nargs="*", metavar="NAME", help="a part of mappings' names: only those are taken away")
    parser.add_argument(
        "--at-once", type=int, default=CORES, metavar="N", help="children at a time (default: the cores)"
    )
    parser.add_argument(
        "--rows", action="store_true", help="show of each row the narrowest mapping that it fails without"
    )
    return parser


def _tried(chosen: list[Removal], at_once: int) -> tuple[list[Trial], list[str]]:
    """The trials of these removals, and the ids of all tests of rows."""
    trials: list[Trial] = []
    tests: list[str] = []
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())

    def act(items: list[pytest.Item]) -> None:
        tests.extend(item.nodeid for item in items)
        task = progress.add_task("as it is", total=len(chosen))
        traces = traced(items) if len(chosen) > WORTH_A_LOOK else None
        for removal, failed in tried(chosen, items, traces, at_once):
            trials.append(Trial(removal.name, removal.kind, failed))
            progress.update(task, advance=1, description=removal.name.partition("[")[0].partition(":")[0])
            if not console.is_terminal:  # a log shows no bar
                line = f"{len(failed):4} fail without {removal.name}"
                console.print(line, markup=False, highlight=False, soft_wrap=True)

    with Progress(*columns, console=console) as progress:
        with_tests_of_rows(act)
    return trials, tests


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
