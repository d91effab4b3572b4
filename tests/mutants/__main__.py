"""`python -m tests.mutants [NAME…]`: breaks each guard in a copy, and sees that its tests notice.

NAME is a part of mutants' names; without one all are tried, and docs/mutants.md is written. The same tests pass first
on the copy as it is. Exit 1 when a mutant lives, or its tests do not run.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from enum import StrEnum
from pathlib import Path
from queue import Queue
from typing import NamedTuple

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tests.mutants.mutant import Mutant
from tests.mutants.table import MUTANTS

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "mutants.md"
COPIED = ("bridge", "gateway", "streams", "ops", "sandbox", "tests", "docs", "pyproject.toml")
WITHIN_S = 180.0
AT_ONCE = 2
FAILED = 1  # pytest's code for "tests ran, and some failed"


class Fate(StrEnum):
    """What became of a mutant."""

    NOTICED = "noticed"
    HANGS = "noticed: it hangs"
    LIVES = "LIVES"
    BROKEN = "its tests do not run"


class Result(NamedTuple):
    """A mutant's fate, and the test that saw to it."""

    mutant: Mutant
    fate: Fate
    test: str
    seconds: float


def main(arguments: list[str]) -> int:
    """Try the mutants that are named; the exit code."""
    names = [each.lower() for each in arguments]
    chosen = [mutant for mutant in MUTANTS if not names or any(name in mutant.name for name in names)]
    console = Console(stderr=True)
    if not chosen:
        console.print("no mutant has such a name")
        return 2
    with tempfile.TemporaryDirectory(prefix="edna-amocrm-mutants-") as folder:
        copies = [Path(folder) / str(number) for number in range(min(AT_ONCE, len(chosen)))]
        for copy in copies:
            _copy_to(copy)
        results = _try_all(chosen, copies, console)
    if results is None:
        return 1
    Console().print(_table(results))
    if not names:
        PAGE.write_text("\n".join([*_page(results), ""]))
    return int(any(result.fate in (Fate.LIVES, Fate.BROKEN) for result in results))


def _try_all(chosen: list[Mutant], copies: list[Path], console: Console) -> list[Result] | None:
    """As many at once as there are copies. None when the tests fail without any mutant."""
    free: Queue[Path] = Queue()
    for copy in copies:
        free.put(copy)

    def one(mutant: Mutant) -> Result:
        copy = free.get()
        try:
            return _try(mutant, copy)
        finally:
            free.put(copy)

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("as it is", total=len(chosen) + 1)
        tests = dict.fromkeys(each for mutant in chosen for each in mutant.tests)
        code, output = _pytest(copies[0], tests, within_s=10 * WITHIN_S)
        if code != 0:
            console.print(output, "the tests fail without any mutant", markup=False)
            return None
        progress.advance(task)
        with ThreadPoolExecutor(len(copies)) as pool:
            trials = [pool.submit(one, mutant) for mutant in chosen]
            for trial in as_completed(trials):
                done = trial.result()
                progress.update(task, description=done.mutant.name, advance=1)
                if not console.is_terminal:  # a log shows no bar
                    console.print(f"{done.seconds:5.1f} s  {done.fate}: {done.mutant.name}", markup=False)
    return [trial.result() for trial in trials]


def _try(mutant: Mutant, copy: Path) -> Result:
    path = copy / mutant.file
    source = path.read_text()
    assert source.count(mutant.text) == 1, f"{mutant.name}: its text stands {source.count(mutant.text)} times"
    started = time.monotonic()
    path.write_text(source.replace(mutant.text, mutant.instead))
    try:
        code, output = _pytest(copy, mutant.tests, within_s=WITHIN_S)
    finally:
        path.write_text(source)
    failed = [line.split(" ")[1] for line in output.splitlines() if line.startswith("FAILED ")]
    fate = {None: Fate.HANGS, 0: Fate.LIVES, FAILED: Fate.NOTICED}.get(code, Fate.BROKEN)
    return Result(mutant, fate, failed[0] if failed else "", time.monotonic() - started)


def _pytest(copy: Path, tests: Iterable[str], within_s: float) -> tuple[int | None, str]:
    """Run tests in the copy; the exit code, None after `within_s`, and what was said."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", "tests.mutants.hunting"]
    environment = {"TEST_BROKER": "embedded", **os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    with subprocess.Popen(
        [*command, *tests], cwd=copy, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            output, _ = process.communicate(timeout=within_s)
        except subprocess.TimeoutExpired:
            process.terminate()  # pytest ends the broker that it has started
            try:
                process.communicate(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
            return None, ""
    return process.returncode, output


def _copy_to(copy: Path) -> None:
    copy.mkdir()
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__", "*.png"))
        else:
            shutil.copy(source, copy / name)


def _rows(results: list[Result]) -> list[tuple[str, str, str, str]]:
    return [(each.mutant.name, each.mutant.promise, each.fate.value, each.test.rpartition("/")[2]) for each in results]


def _table(results: list[Result]) -> Table:
    table = Table("mutant", "promise", "fate", "seen first by")
    for row in _rows(results):
        table.add_row(*row)
    return table


def _page(results: list[Result]) -> list[str]:
    return [
        "# Mutants",
        "",
        f"Written by `make mutants` on {time.strftime('%Y-%m-%d')}. Each of {len(results)} guards of the promises",
        "(I1–I8) is broken once in a copy of the code; the test named is the first that fails then.",
        "",
        "| mutant | promise | fate | seen first by |",
        "|---|---|---|---|",
        *(
            f"| {name} | {promise} | {fate} | {f'`{test}`' if test else '–'} |"
            for name, promise, fate, test in _rows(results)
        ),
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
