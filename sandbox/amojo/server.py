"""The fake amojo as a server: its account, its hooks, its port."""

from __future__ import annotations

from sandbox.amojo.config import SCOPE_MARK, AmojoConfig
from sandbox.amojo.media import Media
from sandbox.amojo.vendor import AmojoVendor
from sandbox.fake import FakeServer
from sandbox.fetching import Fetcher
from sandbox.files import Shelf
from sandbox.hooks import HookSender, Policy
from sandbox.journal import Journal


class AmojoFake(FakeServer):
    """A fake amojo. Make and start it inside a running loop; `hook_url` may be set at any time.

    `:scope_id` in the URL is replaced. Hooks are sent once, without a second try (amojo.md §6.3).
    """

    def __init__(self, config: AmojoConfig | None = None) -> None:
        self.config = config or AmojoConfig()
        self.hook_url = self.config.hook_url
        journal = Journal()
        sender = HookSender(journal, self._scoped_url, Policy(self.config.hook_timeout_s))
        shelf, fetcher = Shelf(self.config.public_url or ""), Fetcher(journal)
        self.vendor = AmojoVendor(self.config, sender, shelf, Media(fetcher, sender))
        super().__init__(self.vendor, journal, sender, shelf, fetcher)

    def _scoped_url(self) -> str | None:
        return self.hook_url.replace(SCOPE_MARK, self.config.scope_id) if self.hook_url else None
