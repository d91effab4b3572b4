"""JSON as it goes to vendors and into webhooks: compact, UTF-8, the same bytes for the same document."""

from __future__ import annotations

from typing import Any

from pydantic_core import to_json


def encoded(document: dict[str, Any]) -> bytes:
    """The bytes of a JSON object. Raises ValueError for what UTF-8 cannot carry: half a surrogate pair."""
    return to_json(document)  # a tenth of the time of the standard library
