"""What a function knows, one thing at a time: its branches and ends, the spellings that it reads, the fields it writes.

A function keeps its identity and gets other code, so that whoever holds it has the change.
"""

from __future__ import annotations

import ast
import copy
import inspect
from collections.abc import Callable, Iterator
from functools import partial
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

from tests.coverage.removal.removal import Kind, Removal, short_name

SPELLINGS = "first"  # the function of bridge.shapes that reads a field under one of several names
SHOWN = 60  # characters of a condition in a name


class Cut(NamedTuple):
    """What is taken away, in words, and how it is done to the tree that the cut was found in."""

    said: str
    do: Callable[[], object]


def branches(modules: list[ModuleType]) -> list[Removal]:
    """Each cut of each function and method that these modules define."""
    return [removal for module in modules for removal in _of_module(module)]


def _of_module(module: ModuleType) -> Iterator[Removal]:
    for path, tree in _definitions(ast.parse(inspect.getsource(module))):
        function = _function(module, path)
        for at, cut in enumerate(cuts(tree)):
            name = f"{short_name(module)}.{'.'.join(path)}: {cut.said}"
            yield Removal(name, Kind.CODE, partial(_recode, function, tree, at), frozenset({function.__code__}))


def _definitions(tree: ast.Module) -> Iterator[tuple[tuple[str, ...], ast.FunctionDef]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield (node.name,), node
        elif isinstance(node, ast.ClassDef):
            yield from (((node.name, each.name), each) for each in node.body if isinstance(each, ast.FunctionDef))


def _function(module: ModuleType, path: tuple[str, ...]) -> FunctionType:
    found: Any = module
    for name in path:
        found = inspect.getattr_static(found, name)
    found = inspect.unwrap(getattr(found, "fget", None) or getattr(found, "__func__", found))
    assert isinstance(found, FunctionType), f"{module.__name__}: {path} is no function"
    return found


def _recode(function: FunctionType, tree: ast.FunctionDef, at: int) -> None:
    changed = copy.deepcopy(tree)
    cuts(changed)[at].do()
    changed.decorator_list = []
    module = ast.fix_missing_locations(ast.Module([changed], []))
    code = compile(module, function.__code__.co_filename, "exec")  # annotations are not evaluated: as in this file
    held: dict[str, Any] = {}
    exec(code, function.__globals__, held)  # noqa: S102 - the bridge's own source, a piece less
    function.__code__ = held[tree.name].__code__


def cuts(function: ast.FunctionDef) -> list[Cut]:
    """All that can be taken away from a function, in the same order for the same source."""
    return [cut for part in function.body for node in ast.walk(part) for cut in _cuts_at(node)]


def _cuts_at(node: ast.AST) -> Iterator[Cut]:
    match node:
        case ast.If() | ast.IfExp():
            # The condition is still looked at: it may give a name to what it finds.
            never = ast.BoolOp(ast.And(), [node.test, ast.Constant(False)])
            always = ast.BoolOp(ast.Or(), [node.test, ast.Constant(True)])
            yield Cut(f"never if {_short(node.test)}", partial(setattr, node, "test", never))
            yield Cut(f"always if {_short(node.test)}", partial(setattr, node, "test", always))
        case ast.Return(value=ast.expr() as value):
            yield Cut(f"without return {_short(value)}", partial(setattr, node, "value", ast.Constant(None)))
        case ast.BoolOp():
            word = "or" if isinstance(node.op, ast.Or) else "and"
            for at, operand in enumerate(node.values):
                # The neighbour in its place: `a or a` is `a`.
                neighbour = node.values[at - 1 if at else 1]
                yield Cut(f"without `{word}` {_short(operand)}", partial(node.values.__setitem__, at, neighbour))
        case ast.Call():
            yield from _cuts_of_call(node)
        case ast.Dict():
            for at, key in enumerate(node.keys):
                if isinstance(key, ast.Constant):
                    yield Cut(f"without the field {_short(key)}", partial(_drop, node, at))


def _cuts_of_call(node: ast.Call) -> Iterator[Cut]:
    for given in node.keywords:
        if given.arg is not None:
            yield Cut(f"without {given.arg}={_short(given.value)}", partial(node.keywords.remove, given))
    match node:
        case ast.Call(func=ast.Attribute(attr="get"), args=[_, fallback]):
            yield Cut(f"without the fallback {_short(fallback)}", node.args.pop)
        case ast.Call(func=ast.Name(id=name), args=[_, _, _, *_]) if name == SPELLINGS:
            for each in node.args[1:]:
                yield Cut(f"without the spelling {_short(each)}", partial(node.args.remove, each))


def _drop(node: ast.Dict, at: int) -> None:
    del node.keys[at], node.values[at]


def _short(node: ast.AST) -> str:
    said = ast.unparse(node)
    return said if len(said) <= SHOWN else said[: SHOWN - 1] + "…"
