"""README.ru.md is a full twin of README.md."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bridge.settings import Settings
from tests.readme.blocks import blocks, headings, inline_code, table_rows

ROOT = Path(__file__).parents[2]
ENGLISH = (ROOT / "README.md").read_text()
RUSSIAN = (ROOT / "README.ru.md").read_text()


def test_both_have_the_same_sections_and_tables() -> None:
    assert headings(ENGLISH) == headings(RUSSIAN)
    assert table_rows(ENGLISH) == table_rows(RUSSIAN)


def test_both_print_the_same_commands() -> None:
    assert [(one.language, one.commands) for one in blocks(ENGLISH)] == [
        (one.language, one.commands) for one in blocks(RUSSIAN)
    ]


def test_both_name_the_same_variables_paths_and_commands() -> None:
    assert inline_code(ENGLISH) == inline_code(RUSSIAN)


@pytest.mark.parametrize("text", [ENGLISH, RUSSIAN], ids=["English", "Russian"])
def test_every_variable_is_in_the_table_of_the_configuration(text: str) -> None:
    named = set(re.findall(r"`([A-Z][A-Z0-9_]+)`", text))
    expected = {name.upper() for name in Settings.model_fields if not name.endswith("_previous")}
    assert expected <= named


@pytest.mark.parametrize("text", [ENGLISH, RUSSIAN], ids=["English", "Russian"])
def test_every_file_that_is_linked_is_there(text: str) -> None:
    links = {link for link in re.findall(r"\]\(([^)#]+)\)", text) if not link.startswith("http")}
    assert links
    assert [link for link in sorted(links) if not (ROOT / link).exists()] == []
