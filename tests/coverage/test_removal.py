"""What takes mappings away finds them, takes each away alone, and tells what no row misses and what proves nothing."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.coverage.removal.branches import branches
from tests.coverage.removal.excused import EXCUSED
from tests.coverage.removal.findings import Trial, findings, idle
from tests.coverage.removal.removal import Kind, Removal
from tests.coverage.removal.report import said_of
from tests.coverage.removal.scope import BESIDE, NO_ROWS, removals
from tests.coverage.removal.session import WITHIN_S, forget_answers
from tests.coverage.removal.tables import entries
from tests.coverage.rows import ROOT

SOURCE = """
from dataclasses import dataclass
from functools import lru_cache
from bridge.shapes import first

@dataclass(frozen=True)
class Able:
    kinds: dict
    places: bool

WORDS = {"yes": "да", "no": "нет", "dead": "?"}
SILENT = frozenset({"typing"})
ORDER = (("a", "b"), ("c", "d"))
ABLE = {"max": Able({"image": "IMAGE"}, places=True)}
LIMIT = 5

def said(word):
    if word in SILENT:
        return ""
    return WORDS.get(word, "?")

class Reader:
    @staticmethod
    def read(card):
        return {"name": first(card, "name", "title") or "nobody", "able": ABLE["max"].kinds.get(card.get("kind"))}

@lru_cache(maxsize=8)
def remembered(word):
    return said(word)
"""
ENTRIES = [
    "vendor.WORDS['yes']", "vendor.WORDS['no']", "vendor.WORDS['dead']", "vendor.SILENT without 'typing'",
    "vendor.ORDER[0]", "vendor.ORDER[1]", "vendor.ABLE['max']", "vendor.ABLE['max'].kinds['image']",
    "vendor.ABLE['max'].places = False",
]  # fmt: skip
CODE = [
    "vendor.said: never if word in SILENT",
    "vendor.said: always if word in SILENT",
    "vendor.Reader.read: without the field 'name'",
    "vendor.Reader.read: without the field 'able'",
    "vendor.Reader.read: without `or` first(card, 'name', 'title')",
    "vendor.Reader.read: without `or` 'nobody'",
    "vendor.said: without the fallback '?'",
    "vendor.said: without return ''",
    "vendor.said: without return WORDS.get(word, '?')",
    "vendor.Reader.read: without return {'name': first(card, 'name', 'title') or 'nobody', 'able': …",
    "vendor.remembered: without return said(word)",
    "vendor.Reader.read: without the spelling 'name'",
    "vendor.Reader.read: without the spelling 'title'",
]

# Each as a test of a row would be: whether it still passes.
ROWS: dict[str, Callable[[ModuleType], bool]] = {
    "yes": lambda vendor: vendor.said("yes") == "да",
    "no": lambda vendor: vendor.said("no") == "нет",
    "typing": lambda vendor: vendor.said("typing") == "",
    "order": lambda vendor: vendor.ORDER == (("a", "b"), ("c", "d")),
    "able": lambda vendor: vendor.ABLE["max"].places and vendor.Reader.read({"kind": "image"})["able"] == "IMAGE",
    "title": lambda vendor: vendor.Reader.read({"title": "Анна"})["name"] == "Анна",
    "nothing": lambda vendor: vendor.LIMIT == 5,
}


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Callable[[], ModuleType]]:
    """The module, as it is before anything is taken away."""
    path = tmp_path / "vendor.py"
    path.write_text(SOURCE)

    def load() -> ModuleType:
        spec = importlib.util.spec_from_file_location("bridge.vendor", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules["bridge.vendor"] = module
        spec.loader.exec_module(module)
        return module

    yield load
    del sys.modules["bridge.vendor"]


def found_in(module: ModuleType) -> list[Removal]:
    return [*entries([module]), *branches([module])]


def passes(row: Callable[[ModuleType], bool], module: ModuleType) -> bool:
    try:
        return row(module)
    except (KeyError, TypeError):
        return False


def tried(fresh: Callable[[], ModuleType]) -> list[Trial]:
    trials = []
    for at, removal in enumerate(found_in(fresh())):
        module = fresh()
        found_in(module)[at].remove()
        failed = frozenset(name for name, row in ROWS.items() if not passes(row, module))
        trials.append(Trial(removal.name, removal.kind, failed))
    return trials


def test_entries_of_tables_and_pieces_of_code_are_found_by_themselves(fresh: Callable[[], ModuleType]) -> None:
    found = found_in(fresh())
    assert [each.name for each in found if each.kind is Kind.TABLE] == ENTRIES
    assert sorted(each.name for each in found if each.kind is Kind.CODE) == sorted(CODE)


def test_what_is_taken_away_is_missed_by_its_rows_and_by_no_others(fresh: Callable[[], ModuleType]) -> None:
    assert all(row(fresh()) for row in ROWS.values())
    failed = {trial.name: set(trial.failed) for trial in tried(fresh) if trial.failed}
    assert failed == {
        "vendor.WORDS['yes']": {"yes"},
        "vendor.WORDS['no']": {"no"},
        "vendor.SILENT without 'typing'": {"typing"},
        "vendor.ORDER[0]": {"order"},
        "vendor.ORDER[1]": {"order"},
        "vendor.ABLE['max']": {"able", "title"},
        "vendor.ABLE['max'].kinds['image']": {"able"},
        "vendor.ABLE['max'].places = False": {"able"},
        "vendor.said: never if word in SILENT": {"typing"},
        "vendor.said: always if word in SILENT": {"yes", "no"},
        "vendor.said: without return ''": {"typing"},
        "vendor.said: without return WORDS.get(word, '?')": {"yes", "no"},
        "vendor.Reader.read: without return {'name': first(card, 'name', 'title') or 'nobody', 'able': …": {
            "able",
            "title",
        },
        "vendor.Reader.read: without the field 'name'": {"title"},
        "vendor.Reader.read: without the field 'able'": {"able"},
        "vendor.Reader.read: without `or` first(card, 'name', 'title')": {"title"},
        "vendor.Reader.read: without the spelling 'title'": {"title"},
    }


def test_an_entry_that_no_row_misses_and_a_row_that_misses_nothing_are_named(fresh: Callable[[], ModuleType]) -> None:
    trials = tried(fresh)
    found = findings(trials, list(ROWS), {})
    assert found.unnoticed == ["vendor.WORDS['dead']"]
    assert found.unproven == ["nothing"]
    assert found.own["title"].failed == {"title"}
    said = said_of(found, [], trials, len(ROWS))
    assert "NO ROW MISSES vendor.WORDS['dead']\nPROVES NOTHING OF ITS OWN: nothing\n" in said


def test_a_row_that_fails_only_with_a_tenth_of_all_rows_proves_nothing_of_its_own() -> None:
    rows = [f"row {number}" for number in range(100)]
    own = [Trial(f"own of {row}", Kind.TABLE, frozenset({row})) for row in rows[1:]]
    assert findings([*own, Trial("of ten", Kind.CODE, frozenset(rows[:10]))], rows, {}).unproven == []
    assert findings([*own, Trial("of eleven", Kind.CODE, frozenset(rows[:11]))], rows, {}).unproven == ["row 0"]


def test_an_excuse_is_heard_for_as_long_as_it_is_needed() -> None:
    silent, missed = Trial("silent", Kind.TABLE, frozenset()), Trial("missed", Kind.TABLE, frozenset({"row"}))
    excused = dict.fromkeys(("silent", "missed", "gone"), "a reason")
    assert findings([silent, missed], ["row"], excused).unnoticed == []
    assert idle([silent, missed], excused) == ["missed", "gone"]


def test_what_was_remembered_does_not_hide_a_removal(fresh: Callable[[], ModuleType]) -> None:
    module = fresh()
    assert module.remembered("yes") == "да"
    next(each for each in found_in(module) if each.name == "vendor.WORDS['yes']").remove()
    assert module.remembered("yes") == "да"
    forget_answers()
    assert module.remembered("yes") == "?"


def test_whatever_is_left_out_or_excused_is_there() -> None:
    names = [each.name for each in removals()]
    assert len(set(names)) > 300
    assert EXCUSED.keys() <= set(names)
    assert all((ROOT / "bridge" / f"{name.replace('.', '/')}.py").is_file() for name in BESIDE)
    assert not any(name.startswith(tuple(NO_ROWS)) for name in names)
    assert all(f"\n{table.rpartition('.')[2]} " in _source_of(table) for table in NO_ROWS)


def test_the_rows_of_the_bridge_miss_what_is_taken_from_it() -> None:
    command = [
        sys.executable,
        "-m",
        "tests.coverage.removal",
        "--at-once",
        "1",
        "STATUS_CODES['read']",
        "SMS'].captions",
    ]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20 * WITHIN_S, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "   1 fail without amojo.statuses.STATUS_CODES['read']" in ran.stderr
    assert "   0 fail without edna.pieces.ABILITIES['SMS'].captions = True" in ran.stderr


def _source_of(table: str) -> str:
    module = table.rpartition(".")[0].replace(".", "/")
    return (ROOT / "bridge" / f"{module}.py").read_text()
