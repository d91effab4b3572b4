"""Markers: what was done by hand with a dead letter or a webhook in quarantine.

Nothing in a topic can be changed. So a record without a value is written behind what was handled, in its partition and
under its key, with headers that name it. It is written last: whatever a crash leaves unmarked is still open (I1).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from bridge.kafka.producer import Headers
from bridge.kafka.reading import Record
from ops.output import number

State = Literal["open", "replayed", "dropped"]
Handling = Literal["replayed", "dropped"]

CLASS = "dlq-class"
OF = "dlq-of"  # no other record has this header
REASON = "dlq-reason"
AT = "dlq-last-at"
HANDLINGS: dict[str, Handling] = {"replayed": "replayed", "dropped": "dropped"}
REASONS: dict[Handling, str] = {
    "replayed": "replayed by hand: accepted again",
    "dropped": "dropped by hand: nobody waits for it",
}


@dataclass(frozen=True, slots=True)
class Marker:
    """What was done with the record that `of` names, and when (ms since the epoch)."""

    of: str
    handling: Handling
    at_ms: int


def marker_headers(of: str, handling: Handling, at_ms: int) -> Headers:
    """The headers of a marker; nothing personal in them."""
    facts = {CLASS: handling, REASON: REASONS[handling], OF: of, AT: str(at_ms)}
    return [(name, value.encode()) for name, value in facts.items()]


def marker_of(record: Record) -> Marker | None:
    """The marker that a record is, or None."""
    headers = {name: value.decode("utf-8", "replace") for name, value in record.headers if value}
    handling = HANDLINGS.get(headers.get(CLASS, ""))
    if OF not in headers or handling is None:
        return None
    return Marker(headers[OF], handling, number(headers.get(AT, "")) or record.timestamp_ms)


@dataclass
class Markers:
    """The newest marker of everything that was handled."""

    _newest: dict[str, Marker] = field(default_factory=dict)

    def take(self, record: Record) -> bool:
        """Remember a marker; tells whether the record is one."""
        marker = marker_of(record)
        if marker is None:
            return False
        self._newest[marker.of] = marker
        return True

    def of(self, name: str) -> Marker | None:
        """What was done with this one last; None while it is open."""
        return self._newest.get(name)
