"""The rows that tests say they prove, read from their markers without running them."""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.coverage.shown import Cells

ROOT = Path(__file__).parents[2]
MARKER = "row"
CELLS = Cells()


class Row(NamedTuple):
    """A type in a dialect of one vendor, what it becomes, and the test that proves it."""

    direction: str
    dialect: str
    type: str
    becomes: str
    file: str
    test: str


def all_rows() -> list[Row]:
    """Every row once, in the order of files, tests and parameters."""
    rows: dict[Row, None] = {}
    for path in files():
        rows |= dict.fromkeys(_rows_in(path))
    return list(rows)


def files() -> list[Path]:
    """The files whose tests prove rows, from the root."""
    paths = sorted((ROOT / "tests").rglob("test_*.py"))
    return [path.relative_to(ROOT) for path in paths if f"mark.{MARKER}(" in path.read_text()]


def _rows_in(path: Path) -> Iterator[Row]:
    module = importlib.import_module(".".join(path.with_suffix("").parts))
    for name, test in vars(module).items():
        if name.startswith("test") and callable(test):
            yield from rows_of(test, path.as_posix())


def rows_of(test: Callable[..., Any], file: str) -> Iterator[Row]:
    """The rows of one test; none without the marker. Raises KeyError when one names a parameter that is not there."""
    for mark in _marks(test, MARKER):
        for parameters in _parameters(test):
            direction, dialect, kind, becomes = (CELLS.vformat(text, (), parameters) for text in mark.args)
            yield Row(direction, dialect, kind, becomes, file, test.__name__)


def _parameters(test: Callable[..., Any]) -> Iterator[dict[str, Any]]:
    """Those of each case of a test; one empty case for a test without any."""
    tables = [_cases(mark) for mark in _marks(test, "parametrize")]
    for chosen in itertools.product(*tables):
        yield {name: value for case in chosen for name, value in case.items()}


def _cases(mark: pytest.Mark) -> list[dict[str, Any]]:
    names, values, *_ = mark.args
    listed = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    cases = []
    for value in values:
        given = value.values if hasattr(value, "marks") else (value,) if len(listed) == 1 else value
        cases.append(dict(zip(listed, given, strict=True)))
    return cases


def _marks(test: Callable[..., Any], name: str) -> list[pytest.Mark]:
    return [mark for mark in getattr(test, "pytestmark", []) if mark.name == name]
