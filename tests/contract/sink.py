"""A receiver of webhooks: keeps what arrives, answers as told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import web


@dataclass
class Arrived:
    """One webhook as it came over the wire."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float


@dataclass
class Sink:
    """`statuses` are the answers to come, in order; then 200. `pause_s` passes before each answer."""

    arrived: list[Arrived] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    pause_s: float = 0.0
    running: int = 0
    most_running: int = 0
    url: str = ""
    _runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen on a free port."""
        app = web.Application()
        app.add_routes([web.route("*", "/{path:.*}", self._take)])
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Close the port."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def wait_for(self, number: int, within_s: float = 5.0) -> list[Arrived]:
        """The webhooks, as soon as there are so many."""
        await until(lambda: len(self.arrived) >= number, within_s)
        return self.arrived

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.arrived.append(Arrived(request.raw_path, dict(request.headers), body, time.monotonic()))
        status = self.statuses.pop(0) if self.statuses else 200
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            await asyncio.sleep(self.pause_s)
        finally:
            self.running -= 1
        return web.Response(status=status)


async def until(true: Callable[[], bool], within_s: float = 5.0) -> None:
    """Return as soon as the condition holds; fail after the deadline."""
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, f"did not happen within {within_s} s"
        await asyncio.sleep(0.005)
