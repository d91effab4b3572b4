"""What happens, to every browser that watches: one bounded queue each.

A browser that does not keep up is let go; it connects again by itself and is given everything anew.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from aiohttp import web
from aiohttp_sse import sse_response

WATCHERS = 32  # at one time
QUEUE = 256  # events that a browser may be behind
SEND_WITHIN_S = 10.0
PING_EVERY_S = 5.0
CONNECT_AGAIN_MS = 1000

Event = tuple[str, str]  # its name and its JSON


class Watcher:
    """One browser."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Event | None] = asyncio.Queue(QUEUE)
        self.gone = False

    def tell(self, event: Event) -> None:
        """Put an event into its queue; a full one ends it."""
        try:
            self.queue.put_nowait(event)
        except asyncio.QueueFull:
            self.end()

    def end(self) -> None:
        """Let it go, whatever it has not read."""
        self.gone = True
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait(None)


class Stream:
    """The watchers. `snapshot` is what a new one is given first."""

    def __init__(self, snapshot: Callable[[], dict[str, Any]]) -> None:
        self._snapshot = snapshot
        self.watchers: set[Watcher] = set()
        self._closed = False

    def tell(self, name: str, data: Any) -> None:
        """Tell everybody."""
        if self.watchers:
            event = (name, encoded(data))
            for watcher in list(self.watchers):
                watcher.tell(event)

    def close(self) -> None:
        """Let everybody go; nobody new comes in."""
        self._closed = True
        for watcher in self.watchers:
            watcher.end()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """The answer to a browser, as long as it stays."""
        if self._closed or len(self.watchers) >= WATCHERS:
            return web.json_response({"detail": f"{WATCHERS} pages are open already"}, status=503)
        watcher = Watcher()
        self.watchers.add(watcher)
        try:
            async with sse_response(request, send_timeout=SEND_WITHIN_S, ping_interval=PING_EVERY_S) as response:
                await response.send(encoded(self._snapshot()), event="snapshot", retry=CONNECT_AGAIN_MS)
                while not watcher.gone and (event := await watcher.queue.get()) is not None:
                    await response.send(event[1], event=event[0])
        except (ConnectionError, TimeoutError):
            pass  # it went away, which is how watching ends
        finally:
            self.watchers.discard(watcher)
        return response


def encoded(data: Any) -> str:
    """Compact JSON; lone surrogates, which no UTF-8 carries, stay escaped."""
    return json.dumps(data, ensure_ascii=True, separators=(",", ":"))
