"""The code blocks of a Markdown text, as a reader would paste them. Pure."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass

_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w+)\n(?P<code>.*?)^ *```$", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"(^|\s+)#(?![{!]).*$", re.MULTILINE)
_TABLE_RULE = re.compile(r"^ *\|(?:---\|)+$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block, without the indentation of a list that it may stand in."""

    language: str
    code: str

    @property
    def commands(self) -> str:
        """The code without its comments and empty lines: what two translations have in common."""
        lines = (line.rstrip() for line in _COMMENT.sub("", self.code).splitlines())
        return "\n".join(line for line in lines if line)


def blocks(text: str) -> list[Block]:
    """All fenced blocks that name a language, in order."""
    return [Block(found["language"], textwrap.dedent(found["code"])) for found in _FENCE.finditer(text)]


def headings(text: str) -> list[int]:
    """The levels of the headings outside of code, in order."""
    return [len(marks) for marks in re.findall(r"^(#+) ", _FENCE.sub("", text), re.MULTILINE)]


def table_rows(text: str) -> list[int]:
    """How many rows each table has, its head included."""
    tables = re.findall(r"(?:^ *\|.*\n)+", text, re.MULTILINE)
    return [len(_TABLE_RULE.sub("", table).split("\n")) - 2 for table in tables]


def inline_code(text: str) -> set[str]:
    """What stands in backticks outside of blocks: commands, variables, paths."""
    return set(re.findall(r"`([^`\n]+)`", _FENCE.sub("", text)))
