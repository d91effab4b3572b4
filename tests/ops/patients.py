"""What the doctor examines in tests: settings that lead to the fakes, and servers that answer as a test says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from bridge.http import HttpTransport
from bridge.settings import Settings
from ops.checks.check import Check, Patient
from sandbox import credentials
from tests.ops.process import Command, Done

KNOWN: dict[str, Any] = {
    "edna_api_key": credentials.EDNA_API_KEY,
    "edna_webhook_key": credentials.EDNA_WEBHOOK_KEY,
    "edna_send_path": credentials.EDNA_SEND_PATH,
    "edna_cascade_id": str(credentials.EDNA_CASCADE_ID),
    "amocrm_channel_id": credentials.AMOCRM_CHANNEL_ID,
    "amocrm_channel_secret": credentials.AMOCRM_CHANNEL_SECRET,
    "amocrm_account_id": credentials.AMOCRM_ACCOUNT_ID,
}
Family = Callable[[Patient], Awaitable[Sequence[Check]]]


def settings_of(**changes: Any) -> Settings:
    """Settings with the sandbox's credentials, and no `.env`."""
    return Settings(_env_file=None, **{**KNOWN, **changes})


async def examined(family: Family, settings: Settings, public_url: str | None = None) -> dict[str, Check]:
    """The rows of one family by their names; of several with one name the worst."""
    transport = HttpTransport(answer_within_s=5.0)
    try:
        rows = await family(Patient(settings, transport, public_url))
    finally:
        await transport.close()
    ranks = ("skipped", "ok", "warning", "wrong")
    return {row.name: row for row in sorted(rows, key=lambda row: ranks.index(row.verdict))}


@dataclass
class Saying:
    """A server that answers every request the same, but the first ones; `asked` are method, path and headers."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    by_method: Mapping[str, int] = field(default_factory=dict)
    first: list[int] = field(default_factory=list)  # statuses, used up
    asked: list[tuple[str, str, Mapping[str, str]]] = field(default_factory=list)
    url: str = ""

    async def handle(self, request: web.Request) -> web.Response:
        self.asked.append((request.method, request.path_qs, request.headers))
        status = self.first.pop(0) if self.first else self.by_method.get(request.method, self.status)
        return web.Response(status=status, body=self.body, headers=self.headers)


@asynccontextmanager
async def saying(status: int = 200, body: bytes = b"", **changes: Any) -> AsyncIterator[Saying]:
    """A server of this test alone, on a free port."""
    server = Saying(status, body, **changes)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield server
    await runner.cleanup()


async def run(command: Command, *words: str, **environment: str) -> Done:
    """The command beside servers that run in this process."""
    return await asyncio.to_thread(command, *words, **environment)
