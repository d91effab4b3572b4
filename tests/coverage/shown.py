"""Parameters of tests as short texts for a table."""

from __future__ import annotations

import json
import string
from collections.abc import Mapping
from enum import Enum
from typing import Any

from pydantic import BaseModel

TEXT_LIMIT = 120  # characters of one string
CELL_LIMIT = 600  # characters of one parameter


def shown(value: Any) -> str:
    """A value as a person writes it: words as they are, all else as JSON without what is empty."""
    plain = _plain(value)
    if isinstance(plain, str):
        return json.dumps(plain, ensure_ascii=False)[1:-1] if plain else '""'
    return _cut(json.dumps(_filled(plain), ensure_ascii=False), CELL_LIMIT)


class Cells(string.Formatter):
    """Fills a text with parameters, each as code. Raises KeyError for one that the test does not have."""

    def format_field(self, value: Any, format_spec: str) -> str:
        """`{name}` as code."""
        fence = "``" if "`" in (text := shown(value)) else "`"
        padding = " " if fence == "``" else ""
        return f"{fence}{padding}{text}{padding}{fence}".replace("|", "\\|")


def _plain(value: Any) -> Any:
    match value:
        case Enum():
            return value.value
        case BaseModel():
            return value.model_dump(mode="json", exclude_defaults=True)
        case str():
            return _cut(value, TEXT_LIMIT)
        case Mapping():
            return {str(name): _plain(each) for name, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
    return value


def _filled(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _filled(each) for name, each in value.items() if each is not None}
    return [_filled(each) for each in value] if isinstance(value, list) else value


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
