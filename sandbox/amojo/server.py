"""The fake amojo as a server: its account, its hooks, its port."""

from __future__ import annotations

from sandbox.amojo.config import AmojoConfig
from sandbox.amojo.media import Media
from sandbox.amojo.slow_queue import SlowQueue
from sandbox.amojo.vendor import AmojoVendor
from sandbox.fake import FakeServer
from sandbox.fetching import Fetcher
from sandbox.files import Shelf
from sandbox.hooks import Policy
from sandbox.journal import Journal


class AmojoFake(FakeServer):
    """A fake amojo. Make and start it inside a running loop; `hook_url` may be set at any time.

    `:scope_id` in the URL is replaced. Hooks are sent once, without a second try (amojo.md §6.3).
    """

    def __init__(self, config: AmojoConfig | None = None) -> None:
        self.config = config or AmojoConfig()
        self.hook_url = self.config.hook_url
        journal = Journal()
        sender = SlowQueue(journal, Policy(self.config.hook_timeout_s), lambda: self.vendor.config)
        shelf, fetcher = Shelf(self.config.public_url or ""), Fetcher(journal)
        self.vendor = AmojoVendor(self.config, sender, shelf, Media(fetcher, sender), lambda: self.hook_url)
        super().__init__(self.vendor, journal, sender, shelf, fetcher)
