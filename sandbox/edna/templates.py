"""Whether a text is that of a registered template, and what a filled one says (edna.md §2.1, §2.2). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sandbox.edna.config import Template

PLACE = re.compile(r"\{\{\d+\}\}")
PARTS = ("header", "footer", "keyboard")  # must be as they are registered


def matched(content: dict[str, Any], templates: Iterable[Template]) -> Template | None:
    """The template of which a content is the filled text, with the same header, footer and buttons."""
    text = content.get("text")
    if not isinstance(text, str):
        return None
    return next((one for one in templates if _pattern(one.text).fullmatch(text) and _same(content, one)), None)


def looks_like_one(content: dict[str, Any]) -> bool:
    """Whether a content has parts that only templates have."""
    return any(content.get(name) is not None for name in PARTS)


def places(template: Template) -> int:
    """How many values fill its text."""
    return len(set(PLACE.findall(template.text)))


def filled(template: Template, values: Sequence[str]) -> str:
    """Its text with the values in it."""
    text = template.text
    for number, value in enumerate(values, 1):
        text = text.replace(f"{{{{{number}}}}}", value)
    return text


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(".+".join(map(re.escape, PLACE.split(text))), re.DOTALL)


def _same(content: dict[str, Any], template: Template) -> bool:
    return all(content.get(name) == getattr(template, name) for name in PARTS)
