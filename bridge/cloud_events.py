"""The headers of a record: CloudEvents names (https://cloudevents.io), the same whoever writes. Nothing personal."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import lru_cache

Headers = list[tuple[str, bytes]]


class CloudEvents:
    """One source of events: a process from its start on. `ce_sequence` rises from 1."""

    def __init__(self, *names: str) -> None:
        """`names` say who writes: the instance, and the part of it if it is no gateway."""
        source = "/".join((*names, str(time.time_ns() // 1_000_000)))
        self._sequence = 0
        self._constant: Headers = [
            ("ce_specversion", b"1.0"),
            ("ce_source", source.encode()),
            ("content-type", b"application/json"),
        ]

    def headers(self, event_id: str, ce_type: str, accepted_at: int) -> Headers:
        """The headers of the next event; `accepted_at` in ms."""
        self._sequence += 1
        second, millisecond = divmod(accepted_at, 1000)
        return [
            ("ce_id", event_id.encode()),
            ("ce_type", ce_type.encode()),
            ("ce_sequence", b"%d" % self._sequence),
            ("ce_time", b"%s.%03dZ" % (_second(second), millisecond)),
            *self._constant,
        ]


@lru_cache(maxsize=4)
def _second(at: int) -> bytes:
    """A second as ISO 8601 without a zone: the same for all that is accepted within it."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S").encode()
