"""From edna's JSON to events, recognised by shape in the order of edna.md §11. Pure.

Three dialects make events: edna Pulse (edna.md §4, §5), the legacy API (§7) and the README form (§0). What edna tells
of templates, clicks and calls carries nothing for an operator and is counted. Events are made with `accepted_at` 0: the
gateway knows the conversation only then, and stamps them (I2). The same JSON always makes the same event id (I4).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bridge.edna.incoming import pulse_incoming
from bridge.edna.legacy import legacy_incoming
from bridge.edna.readme import readme_incoming
from bridge.edna.statuses import legacy_status, pulse_status, readme_status
from bridge.events import InboundMessage, StatusUpdate
from bridge.reading import Reading
from bridge.shapes import Ignored, JsonObject, SetAside, text, unknown, word

__all__ = ["Reading", "Recognised", "parse"]

Recognised = InboundMessage | StatusUpdate | Ignored | SetAside

PULSE_STATUS_KEYS = ("requestId", "statusAt", "cascadeId", "messageId", "subjectId")
TEMPLATE_KEYS = frozenset({"channelType", "language", "category"})
CATEGORY_EVENTS = "message_matcher."


def parse(document: Any, reading: Reading) -> Recognised:
    """What one JSON value from edna says. Raises Unusable when a known shape lacks what it needs."""
    if not isinstance(document, dict):
        return unknown("not an object")
    for fits, read in SHAPES:
        if fits(document):
            return read(document, reading)
    return unknown("of no shape that edna is known to send")


def _counted(kind: str) -> Read:
    return lambda _document, _reading: Ignored(kind)


def _event_of(document: JsonObject, word_in_type: str) -> bool:
    """Whether it is an event in the envelope `{type, timestamp, payload}` whose type speaks of this (edna.md §5)."""
    return word_in_type in text(document.get("type")).lower() and isinstance(document.get("payload"), dict)


def _has(document: JsonObject, *keys: str) -> bool:
    return all(word(document.get(key)) for key in keys)


def _holds(document: JsonObject, *keys: str) -> bool:
    """Whether anything stands under one of the keys: null and "" are nothing, false is something."""
    return any(document.get(key) not in (None, "") for key in keys)


def _others(document: JsonObject, *keys: str) -> bool:
    return _holds(document, *(key for key in document if key not in keys))


Fits = Callable[[JsonObject], bool]
Read = Callable[[JsonObject, Reading], Recognised]

# edna.md §11, in its order; the last three are shapes without what tells them: the sender reads what is missing.
SHAPES: tuple[tuple[Fits, Read], ...] = (
    (lambda d: _holds(d, "messageContent"), pulse_incoming),
    (lambda d: _holds(d, "dlvStatus", "imOutMessageId"), legacy_status),
    (lambda d: _holds(d, "imSubject", "imSubjectId") or _has(d, "contentType", "address", "imType"), legacy_incoming),
    (lambda d: _has(d, "status") and _holds(d, *PULSE_STATUS_KEYS), pulse_status),
    (lambda d: _holds(d, "fromClient") or _has(d, "imType", "subject"), readme_incoming),
    (lambda d: _has(d, "id", "status") and not _others(d, "id", "status"), readme_status),
    (lambda d: d.keys() >= TEMPLATE_KEYS, _counted("template")),
    (lambda d: text(d.get("type")).startswith(CATEGORY_EVENTS), _counted("template category")),
    (lambda d: _event_of(d, "click"), _counted("click")),
    (lambda d: _event_of(d, "call"), _counted("call")),
    (lambda d: "subscriber" in d or "messageContent" in d, pulse_incoming),
    (lambda d: "requestId" in d, pulse_status),
    (lambda d: "status" in d and d.keys() <= {"id", "status"}, readme_status),
)
