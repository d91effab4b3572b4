"""JSON that a person answered a form or an order with, as lines that another person reads. Pure; raises nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bridge.shapes import text, word

DEEPEST = 4  # objects within objects that are still worth a line
MOST = 60  # entries of one object or list
MACHINES_OWN = frozenset({"flow_token", "flowtoken", "@type", "messageid", "message_id"})  # mean nothing to people


def joined(*parts: str | None) -> str:
    """The parts that say something, each once, one below the other."""
    told: dict[str, str] = {}
    for part in parts:
        if part and (said := part.strip()):
            told.setdefault(said, part)
    return "\n".join(told.values())


def answers(held: Any) -> str:
    """The answers in a JSON string or value, one `name: value` a line; a string itself when it holds no JSON object."""
    said = text(held)
    try:
        found = json.loads(said) if said else held
    except (ValueError, RecursionError):
        return said
    return readable(found) if isinstance(found, dict | list) else said


def readable(value: Any) -> str:
    """`name: value` lines of an object or a list of them; "" when it says nothing."""
    if isinstance(value, Mapping):
        return "\n".join(f"{name}: {said}" for name, said in _entries(value, DEEPEST))
    if isinstance(value, list):
        return "\n".join(filter(None, (_inline(each, DEEPEST) for each in value[:MOST])))
    return word(value)


def _entries(value: Mapping[str, Any], depth: int) -> list[tuple[str, str]]:
    named = [(word(name), _inline(each, depth - 1)) for name, each in list(value.items())[:MOST]]
    return [(name, said) for name, said in named if name and said and name.lower() not in MACHINES_OWN]


def _inline(value: Any, depth: int) -> str:
    if depth <= 0:
        return "…" if isinstance(value, Mapping | list) and value else word(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {said}" for name, said in _entries(value, depth))
    if isinstance(value, list):
        return "; ".join(filter(None, (_inline(each, depth - 1) for each in value[:MOST])))
    if isinstance(value, bool):
        return str(value).lower()
    return text(value).strip()
