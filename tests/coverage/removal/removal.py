"""One thing that the bridge knows of its vendors, taken away in this process: made to be done in a child of its own."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from types import CodeType, ModuleType
from typing import NamedTuple


class Kind(StrEnum):
    """Where a mapping stands."""

    TABLE = "table"  # an entry of a dict, a set or a tuple
    CODE = "code"  # a branch, a spelling or a field within a function


Places = frozenset[CodeType | str]  # functions, and whole files


class Removal(NamedTuple):
    """`remove` does it, and nothing undoes it. A test that runs nothing of `places` cannot miss it, and is not asked.

    Where that should ever be wrong an entry is missed too seldom, which is seen; no row is proven by it.
    """

    name: str
    kind: Kind
    remove: Callable[[], object]
    places: Places


def short_name(module: ModuleType) -> str:
    """The module's name within the bridge."""
    return module.__name__.removeprefix("bridge.")
