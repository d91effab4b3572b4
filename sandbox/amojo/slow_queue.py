"""amojo's slow queue: hooks of an integration that is slow or dead wait, until it answers again (amojo.md §6.3)."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping

from sandbox.amojo.config import AmojoConfig
from sandbox.hooks import Hook, HookSender, Policy
from sandbox.journal import Journal


class SlowQueue(HookSender):
    """Sends hooks, if need be after a while, in the order in which they were pushed. `config` is asked each time."""

    def __init__(self, journal: Journal, policy: Policy, config: Callable[[], AmojoConfig]) -> None:
        super().__init__(journal, lambda: None, policy)
        self._config = config
        self._waiting: deque[tuple[float, Hook]] = deque()
        self._failures = 0

    @property
    def slow(self) -> bool:
        """Whether what is pushed now waits."""
        config = self._config()
        failing = config.slow_queue == "auto" and self._failures >= config.slow_after
        return failing or config.slow_queue == "always"

    def push(self, hook: Hook, after_s: float = 0.0) -> None:
        """See `HookSender.push`. While others wait, it waits behind them."""
        if not self.slow and not self._waiting:
            super().push(hook, after_s)
            return
        delay_s = self._config().slow_delay_s if self.slow else 0.0
        self._waiting.append((time.monotonic() + max(delay_s, after_s), hook))
        if len(self._waiting) == 1:
            self.spawn(self._release())

    async def post(self, headers: Mapping[str, str], body: bytes, url: str | None = None) -> int | None:
        """See `HookSender.post`. Anything but 200 in time counts as a failure."""
        status = await super().post(headers, body, url)
        self._failures = 0 if status == 200 else self._failures + 1
        return status

    async def _release(self) -> None:
        while self._waiting:
            due, hook = self._waiting[0]
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            self._waiting.popleft()
            super().push(hook)
