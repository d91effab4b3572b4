"""Reading JSON that others wrote: whatever it is, no exception. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def document_of(entry: Mapping[str, Any]) -> Any:
    """The JSON document of a journal entry's body; None when it is none."""
    try:
        return json.loads(entry.get("body") or "null")
    except (ValueError, RecursionError, TypeError):
        return None


def documents_of(entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The objects of a body that is one object or an array of them."""
    document = document_of(entry)
    return [one for one in (document if isinstance(document, list) else [document]) if isinstance(one, dict)]


def at(document: Any, path: str) -> Any:
    """The value at a dotted path, or None."""
    for name in path.split("."):
        document = document.get(name) if isinstance(document, dict) else None
    return document


def word(value: Any) -> str:
    """A string or number as text; "" for anything else."""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
