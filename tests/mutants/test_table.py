"""The table of mutants is sound: what it would break is there, and who must notice as well."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.mutants.mutant import Mutant
from tests.mutants.table import MUTANTS

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_is_one_change_of_sound_python_with_tests_that_exist(mutant: Mutant) -> None:
    source = (ROOT / mutant.file).read_text()
    assert source.count(mutant.text) == 1
    assert mutant.text != mutant.instead
    ast.parse(source.replace(mutant.text, mutant.instead))
    for each in mutant.tests:
        file, _, name = each.partition("::")
        tests = (ROOT / file).read_text()
        assert f"def {name}(" in tests if name else "def test_" in tests or "TestCase" in tests


def test_each_mutant_has_a_name_of_its_own() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
