"""What may stand in the JSON object that turns a switch: a table of fields, and one reader of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Field:
    """One row: the JSON types of a value (`NoneType` is null), and its range, or the only values that it may have."""

    types: tuple[type, ...]
    low: float | None = None
    high: float | None = None
    values: tuple[str | int, ...] = ()

    def wrong(self, value: Any) -> str | None:
        """What is wrong with a value, in words; None when nothing is."""
        if not isinstance(value, self.types) or (isinstance(value, bool) and bool not in self.types):
            return "wrong type"
        if self.values and value not in self.values:
            return f"one of {', '.join(map(str, self.values))}"
        if self.low is None or self.high is None or not isinstance(value, int | float):
            return None
        # NaN is within no range.
        return None if self.low <= value <= self.high else f"between {self.low:g} and {self.high:g}"


def number(low: float, high: float) -> Field:
    """A number within a range."""
    return Field((int, float), low, high)


def whole(low: float, high: float, *, null: bool = False) -> Field:
    """A whole number within a range, or null."""
    return Field((int, type(None)) if null else (int,), low, high)


def word(*words: str) -> Field:
    """One of these words."""
    return Field((str,), values=words)


SHARE = number(0, 1)
FLAG = Field((bool,))
TEXT = Field((str,))
SEED = Field((int,))


def checked(document: Any, table: Mapping[str, Field], noun: str) -> dict[str, Any]:
    """The fields of a JSON object. Raises ValueError with a sentence that names the wrong one."""
    if not isinstance(document, dict):
        raise ValueError(f"{noun} is a JSON object")  # noqa: TRY004 - one error for whatever is wrong with it
    for name, value in document.items():
        if name not in table:
            raise ValueError(f"{name}: no such field; there are {', '.join(sorted(table))}")
        problem = table[name].wrong(value)
        if problem is not None:
            raise ValueError(f"{name}: {problem}")
    return document
