"""Whether a message made from a template can go by the template's number at edna (edna.md §2.2). Pure.

`template.external_id` is that number where whoever mirrors edna's templates into amoCRM has put it there. By number
edna needs no comparison of texts, and the message passes outside the 24-hour window for sure. But edna's places are
numbered and amoCRM's are named: they agree only if each name stands once in the template and has a value. And what the
client would read is the template's own text: where an operator has edited it, his words count. Everything else goes as
filled text with its buttons as they are registered, which edna compares with its templates itself (§2.1).
"""

from __future__ import annotations

import re

from bridge.events import Template

PLACE = re.compile(r"\{\{[^{}]+\}\}")


def number(template: Template | None) -> int | None:
    """edna's number of the template, if the message has one."""
    given = (template.external_id or "").strip() if template else ""
    return int(given) if given.isascii() and given.isdigit() else None


def values(template: Template, said: str) -> tuple[str, ...] | None:
    """The values of the template's places in their order; None when they are not complete, or do not make what is said.

    White space does not count, and a message without words of its own says what the template says.
    """
    content = _plain(template.content or "")
    if not content:
        return None
    given = {_name(key): value for key, value in template.params.items()}
    places = PLACE.findall(content)
    found = {_name(place): given.get(_name(place)) or "" for place in places}
    if not all(found.values()) or len(found) != len(places):
        return None
    filled = PLACE.sub(lambda place: found[_name(place[0])], content)
    return tuple(found.values()) if not said.split() or said.split() == filled.split() else None


def _name(place: str) -> str:
    """Of a place, or of a parameter's key, which may be the name alone."""
    return _plain(place).strip("{} ")


def _plain(text: str) -> str:
    """Some of amoCRM's hooks have backslashes before the braces of a place (amojo.md §6.5)."""
    return text.replace("\\{", "{").replace("\\}", "}")
