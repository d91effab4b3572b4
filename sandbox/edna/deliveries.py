"""What becomes of a message that edna accepted: a duplicate, out of its window, its file fetched, its statuses."""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from sandbox.edna.config import EdnaConfig
from sandbox.edna.messages import Sent
from sandbox.edna.outbox import Outbox
from sandbox.edna.statuses import planned
from sandbox.fetching import Fetched, Fetcher

MB = 1024 * 1024
# What WhatsApp takes of each kind (edna.md §2.9): types (none: any) and bytes.
LIMITS: dict[str, tuple[frozenset[str], int]] = {
    "IMAGE": (frozenset({"image/jpeg", "image/png"}), 5 * MB),
    "VIDEO": (frozenset({"video/mp4", "video/3gpp"}), 16 * MB),
    "AUDIO": (frozenset({"audio/aac", "audio/mp4", "audio/amr", "audio/mpeg", "audio/ogg"}), 16 * MB),
    "DOCUMENT": (frozenset(), 100 * MB),
}
EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,8}\Z")
NOT_PUBLIC = "attachment-url-not-available"
NOT_TAKEN = "attachment-not-supported"
OUT_OF_WINDOW = "not-template-match"


@dataclass(slots=True)
class Deliveries:
    """Carries accepted messages out. `config` is asked each time, because it may change."""

    config: Callable[[], EdnaConfig]
    outbox: Outbox
    fetcher: Fetcher
    dice: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311 - repeatable, not secret
    heard: dict[str, float] = field(default_factory=dict)
    _contents: dict[tuple[str, str], float] = field(default_factory=dict)

    def client_wrote(self, conversation: str) -> None:
        """The 24 hours begin anew."""
        self.heard[conversation] = time.monotonic()

    def in_window(self, conversation: str) -> bool:
        """Whether anything but a template may be sent."""
        last = self.heard.get(conversation)
        return last is not None and time.monotonic() - last < self.config().window_s

    def take(self, sent: Sent) -> None:
        """Carry out one message; its statuses follow."""
        config = self.config()
        if self._seen_lately(sent):
            self.tell(sent, "CANCELLED", None, config.sent_after_s)
        elif config.window == "status" and self.out_of_window(sent):
            self.tell(sent, "FAILED", OUT_OF_WINDOW, config.sent_after_s)
        elif sent.url and config.fetch_media:
            self.outbox.sender.spawn(self._fetch(sent))
        else:
            self._report(sent)

    def out_of_window(self, sent: Sent) -> bool:
        """Whether the 24-hour rule forbids it (edna.md §8)."""
        return sent.im_type == "whatsapp" and not sent.template and not self.in_window(sent.conversation)

    def tell(
        self, sent: Sent, name: str, error: str | None = None, after_s: float = 0.0, true_after_s: float | None = None
    ) -> None:
        """A status; see `Outbox.push_status`."""
        sent.told.append((time.monotonic() + after_s, name))
        self.outbox.push_status(sent, name, error, after_s, true_after_s)

    def _report(self, sent: Sent) -> None:
        for one in planned(self.config(), self.dice, sent.im_type):
            self.tell(sent, one.name, one.error, one.after_s, one.true_after_s)

    async def _fetch(self, sent: Sent) -> None:
        error = unfit(sent.url, plain_http=self.config().plain_http)
        if not error:
            found = await self.fetcher.fetch(sent.url, sent.conversation, sent.request_id)
            sent.shown["file"] = {"size": found.size, "sha256": found.sha256, "mime": found.mime}
            error = NOT_PUBLIC if found.error else self._not_taken(sent, found)
        if error:
            self.tell(sent, "FAILED", error)
        else:
            self._report(sent)

    def _not_taken(self, sent: Sent, found: Fetched) -> str:
        limit = LIMITS.get(sent.kind) if self.config().media_limits and sent.im_type == "whatsapp" else None
        if limit is None:
            return ""
        types, size = limit
        return NOT_TAKEN if found.size > size or (types and found.mime not in types) else ""

    def _seen_lately(self, sent: Sent) -> bool:
        window = self.config().duplicate_window_s
        if window <= 0:
            return False
        now = time.monotonic()
        same = (sent.conversation, json.dumps(sent.content, sort_keys=True))
        last = self._contents.get(same)
        if last is not None and now - last < window:
            return True
        self._contents[same] = now
        return False


def unfit(url: str, *, plain_http: bool) -> str:
    """Why edna would not even ask for a link, or nothing (edna.md §3)."""
    parts = urlsplit(url)
    schemes = ("https", "http") if plain_http else ("https",)
    fits = parts.scheme in schemes and parts.hostname and EXTENSION.search(parts.path)
    return "" if fits else NOT_PUBLIC
