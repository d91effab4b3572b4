"""Whether a message made from a template can go by the template's number at edna (edna.md §2.2). Pure.

`template.external_id` is that number where whoever mirrors edna's templates into amoCRM has put it there. By number
edna needs no comparison of texts, and the message passes outside the 24-hour window for sure. But edna's places are
numbered and amoCRM's are named: they agree only if each name stands once in the template and has a value. Everything
else goes as filled text with its buttons as they are registered, which edna compares with its templates itself (§2.1).
"""

from __future__ import annotations

import re

from bridge.events import Template

PLACE = re.compile(r"\{\{[^{}]+\}\}")


def number(template: Template | None) -> int | None:
    """edna's number of the template, if the message has one."""
    given = (template.external_id or "").strip() if template else ""
    return int(given) if given.isascii() and given.isdigit() else None


def values(template: Template) -> tuple[str, ...] | None:
    """The values of the template's places in their order; None when they are not complete."""
    if not template.content:
        return None
    places = PLACE.findall(template.content)
    found = tuple(template.params.get(place) or template.params.get(place.strip("{} ")) or "" for place in places)
    return found if all(found) and len(set(places)) == len(places) else None
