"""The entries of a module's tables, found by themselves: whatever has a name at its top and holds several things.

Of a dict each key; of a set or a tuple each element; of a value that is a table again, or a dataclass, what it holds,
and a flag as its opposite. What several modules hold is taken from all of them.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
from collections.abc import Callable, Iterator
from enum import Enum
from functools import partial
from types import ModuleType
from typing import Any

from tests.coverage.removal.removal import Kind, Removal, short_name

Put = Callable[[Any], None]  # puts a changed value where the one was that cannot change


def entries(modules: list[ModuleType], among: list[ModuleType] | None = None) -> list[Removal]:
    """The entries of these modules' tables, each once. `among`: the modules that may hold the same objects."""
    found, seen = [], set[int]()
    for module in modules:
        for name in _assigned(module):
            value = getattr(module, name)
            holders = [each for each in among or modules if any(held is value for held in vars(each).values())]
            places = frozenset(str(each.__file__) for each in holders)
            for said, remove in _entries_of(
                value, f"{short_name(module)}.{name}", partial(_rebind, holders, value), seen
            ):
                found.append(Removal(said, Kind.TABLE, remove, places))
    return found


def _entries_of(value: Any, path: str, put: Put, seen: set[int]) -> Iterator[tuple[str, Callable[[], object]]]:
    is_record = dataclasses.is_dataclass(value) and not isinstance(value, type)
    if isinstance(value, dict) or is_record:  # one object, whatever leads to it
        if id(value) in seen:
            return
        seen.add(id(value))
    if isinstance(value, dict):
        for key, held in list(value.items()):
            name = f"{path}[{_said(key)}]"
            yield name, partial(value.pop, key)
            yield from _entries_of(held, name, partial(value.__setitem__, key), seen)
    elif is_record:
        for field in dataclasses.fields(value):
            held, name = getattr(value, field.name), f"{path}.{field.name}"
            put_there = partial(object.__setattr__, value, field.name)  # though it is frozen
            if isinstance(held, bool):
                yield f"{name} = {not held}", partial(put_there, not held)
            yield from _entries_of(held, name, put_there, seen)
    elif isinstance(value, frozenset | set):
        for each in sorted(value, key=str):
            yield f"{path} without {_said(each)}", partial(put, value - {each})
    elif _is_list(value):
        for at, each in enumerate(value):
            name = f"{path}[{at}]" if isinstance(each, tuple) else f"{path} without {_said(each)}"
            yield name, partial(put, value[:at] + value[at + 1 :])


def _is_list(value: Any) -> bool:
    return type(value) is tuple and all(isinstance(each, str | bool | Enum | tuple) for each in value)


def _rebind(holders: list[ModuleType], value: Any, changed: Any) -> None:
    for module in holders:
        for name, held in list(vars(module).items()):
            if held is value:
                setattr(module, name, changed)


def _assigned(module: ModuleType) -> Iterator[str]:
    """The names that the module itself gives at its top."""
    for node in ast.parse(inspect.getsource(module)).body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        for each in (name for target in targets for name in ast.walk(target)):
            if isinstance(each, ast.Name) and not each.id.startswith("__"):
                yield each.id


def _said(key: Any) -> str:
    if isinstance(key, tuple):
        return ", ".join(map(_said, key))
    return repr(key.value if isinstance(key, Enum) else key)
