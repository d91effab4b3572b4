"""The fake edna as a server: its account, its webhooks, its port."""

from __future__ import annotations

from sandbox.edna.callbacks import Callbacks
from sandbox.edna.config import EdnaConfig
from sandbox.edna.vendor import EdnaVendor
from sandbox.fake import FakeServer
from sandbox.fetching import Fetcher
from sandbox.files import Shelf
from sandbox.hooks import HookSender, Policy
from sandbox.journal import Journal


class EdnaFake(FakeServer):
    """A fake edna. Make and start it inside a running loop; `webhook_url` may be set at any time."""

    def __init__(self, config: EdnaConfig | None = None) -> None:
        self.config = config or EdnaConfig()
        self.webhook_url = self.config.webhook_url
        journal = Journal()
        self.callbacks = Callbacks(lambda: self.webhook_url)
        sender = HookSender(
            journal, lambda: self.webhook_url, Policy(self.config.webhook_timeout_s, self.config.pauses_s)
        )
        shelf, fetcher = Shelf(self.config.public_url or ""), Fetcher(journal)
        self.vendor = EdnaVendor(self.config, sender, shelf, fetcher, self.callbacks)
        super().__init__(self.vendor, journal, sender, shelf, fetcher)
