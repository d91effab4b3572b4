"""amojo reads the files and avatars of accepted messages by itself (amojo.md §3.5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sandbox.amojo.shapes import at
from sandbox.fetching import Fetcher
from sandbox.hooks import HookSender


@dataclass(slots=True)
class Media:
    """Reads in the background; each avatar once."""

    fetcher: Fetcher
    sender: HookSender
    _avatars: set[str] = field(default_factory=set)

    def read(self, payload: dict[str, Any], conversation: str, seen: dict[str, Any]) -> None:
        """Read what a message names; the size and SHA-256 of its file come into `seen`, which has its `url`."""
        avatar = at(payload, "sender.avatar")
        if avatar and avatar not in self._avatars:
            self._avatars.add(avatar)
            self.sender.spawn(self._fetch(avatar, conversation))
        if seen.get("url"):
            self.sender.spawn(self._fetch(seen["url"], conversation, seen))

    async def _fetch(self, url: str, conversation: str, seen: dict[str, Any] | None = None) -> None:
        found = await self.fetcher.fetch(url, conversation, url.partition("?")[0])
        if seen is not None:
            seen["file"] = {"size": found.size, "sha256": found.sha256, "mime": found.mime, "error": found.error}
