"""`/health`, `/ready` and `/metrics` of an agent: ours, as Faust's own web shows its internals.

Ready means: joined the group, connected to Kafka, and not about to stop. Waiting for a vendor is being ready.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bridge.listening import cannot_listen

log = structlog.get_logger(__name__)


class HealthServer:
    """A small server on LISTEN_HOST and the direction's port; 0 takes a free one and logs it."""

    def __init__(
        self,
        host: str,
        port: int,
        variable: str,
        facts: Callable[[], tuple[bool, dict[str, Any]]],
        measure: Callable[[], None],
    ) -> None:
        self._host = host
        self._port = port
        self._variable = variable
        self._facts = facts
        self._measure = measure
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen. Raises ConfigurationError that names the variable when that cannot be."""
        app = web.Application()
        app.router.add_get("/health", self._health)
        app.router.add_get("/ready", self._ready)
        app.router.add_get("/metrics", self._metrics)
        runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=0.5)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._host, self._port).start()
        except OSError as error:
            await runner.cleanup()
            raise cannot_listen(error, self._host, self._port, self._variable) from None
        self._runner = runner
        log.info("health.listening", url=f"http://{self._host}:{runner.addresses[0][1]}")

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _health(self, _request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _ready(self, _request: web.Request) -> web.Response:
        ready, facts = self._facts()
        return web.json_response({"ready": ready, **facts}, status=200 if ready else 503)

    async def _metrics(self, _request: web.Request) -> web.Response:
        self._measure()
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})
