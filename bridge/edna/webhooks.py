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

PULSE_STATUS_KEYS = frozenset({"requestId", "statusAt", "cascadeId", "messageId", "subjectId"})
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


def _others(document: JsonObject, *keys: str) -> bool:
    return any(key not in keys and value is not None and value != "" for key, value in document.items())


Fits = Callable[[JsonObject], bool]
Read = Callable[[JsonObject, Reading], Recognised]

# edna.md §11, in its order; the last three are shapes without what tells them: the sender reads what is missing.
SHAPES: tuple[tuple[Fits, Read], ...] = (
    (lambda d: d.get("messageContent") is not None, pulse_incoming),
    (lambda d: "dlvStatus" in d or "imOutMessageId" in d, legacy_status),
    (lambda d: "imSubject" in d or "imSubjectId" in d or _has(d, "contentType", "address", "imType"), legacy_incoming),
    (lambda d: _has(d, "status") and not PULSE_STATUS_KEYS.isdisjoint(d), pulse_status),
    (lambda d: "fromClient" in d or _has(d, "imType", "subject"), readme_incoming),
    (lambda d: _has(d, "id", "status") and not _others(d, "id", "status"), readme_status),
    (lambda d: d.keys() >= TEMPLATE_KEYS, _counted("template")),
    (lambda d: text(d.get("type")).startswith(CATEGORY_EVENTS), _counted("template category")),
    (lambda d: _event_of(d, "click"), _counted("click")),
    (lambda d: _event_of(d, "call"), _counted("call")),
    (lambda d: "subscriber" in d or "messageContent" in d, pulse_incoming),
    (lambda d: "requestId" in d, pulse_status),
    (lambda d: "status" in d and d.keys() <= {"id", "status"}, readme_status),
)
