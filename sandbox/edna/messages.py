"""What edna remembers of a message that it accepted. Plain data."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

# How its statuses look: of a cascade, of a method without cascades, of the legacy API, of the README form.
StatusForm = Literal["cascade", "direct", "legacy", "readme"]


@dataclass(slots=True)
class Sent:
    """A send that was accepted. `request_id` is what its statuses carry (empty: null).

    `im_type`, `address` and `content` are what it was; `url` and `kind` those of its file. `shown` is what the client
    sees (`Entry.shown`); `template`: it passes outside the 24-hour window. `told` are its statuses so far and to come,
    with the clock's seconds.
    """

    request_id: str
    message_id: int
    cascade_id: str
    subject: str
    subject_id: int
    conversation: str
    comment: str | None = None
    form: StatusForm = "cascade"
    im_type: str = "whatsapp"
    address: str = ""
    content: dict[str, Any] = field(default_factory=dict)
    kind: str = "TEXT"
    url: str = ""
    template: bool = False
    stage_uuid: str | None = None
    shown: dict[str, Any] = field(default_factory=dict)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    told: list[tuple[float, str]] = field(default_factory=list)

    @property
    def status(self) -> str:
        """The last status that has been told."""
        now = time.monotonic()
        return next((name for at, name in sorted(self.told, reverse=True) if at <= now), "ENQUEUED")


def shown(kind: str, text: str = "", url: str = "", name: str = "", **more: Any) -> dict[str, Any]:
    """What a person sees: words are not shown beside a file where the channel drops them (edna.md §2.1)."""
    told = {"type": kind, "text": text, "url": url, "file_name": name, **more}
    return {key: value for key, value in told.items() if value not in ("", None)}
