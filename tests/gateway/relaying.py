"""The relay on a port of its own, without Kafka, and a host of files that behaves as a test says."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any, NamedTuple

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from yarl import URL

from bridge.media_hosts import AllowedHosts
from bridge.media_links import MediaLinks
from bridge.settings import Settings
from gateway.answers import answers
from gateway.relay import Caps, Relay
from gateway.relay_source import Source, dialled_as_found

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 12_000  # 3 MB
SECRET = "s-1"
CAPS = Caps(max_bytes=4_000_000, answer_s=1.0, idle_s=0.5, total_s=5.0, at_once=3)
PUBLIC, OTHER_PUBLIC = "93.184.215.14", "8.8.4.4"  # addresses of the internet, led to servers of the test

Behaviour = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Answer(NamedTuple):
    """What the relay answered."""

    status: int
    headers: dict[str, str]
    body: bytes


class Files:
    """A host of files on 127.0.0.1 or another loopback address: one behaviour for every path, and what was asked."""

    def __init__(self, behaviour: Behaviour, host: str = "127.0.0.1") -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self.server = TestServer(app, host=host)
        self.asked: list[web.Request] = []
        self._behaviour = behaviour

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        return await self._behaviour(request)

    def url(self, path: str = "/file", host: str | None = None) -> str:
        """A URL of this host; its port is what tests of allowed hosts name."""
        return f"http://{host or self.server.host}:{self.server.port}{path}"


class Names:
    """A resolver that answers from a script, one answer a lookup, the last one for ever."""

    def __init__(self, *answers: list[str]) -> None:
        self.looked_up: list[str] = []
        self._answers = list(answers)

    async def __call__(self, host: str, port: int) -> list[str]:
        """The next answer."""
        self.looked_up.append(host)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


class World:
    """Starts files and one relay; ends them. Use as an async context manager."""

    def __init__(self, *, names: Names | None = None, **caps: Any) -> None:
        self.names = names or Names([])
        self.dialled: dict[str, Files] = {}  # address → the server that stands for it, on whatever port
        self.trusted: ssl.SSLContext | None = None
        self._caps = replace(CAPS, **caps)
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> World:
        self._session = await self._stack.enter_async_context(aiohttp.ClientSession())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def files(self, behaviour: Behaviour, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> Files:
        """A host of files."""
        made = Files(behaviour, host)
        await made.server.start_server(ssl=tls)
        self._stack.push_async_callback(made.server.close)
        return made

    async def relay(self, allow: str = "127.0.0.1") -> None:
        """The relay, which may reach these hosts."""
        settings = Settings(_env_file=None, media_secret=SECRET, media_allow_hosts=allow)
        source = Source(
            AllowedHosts.of(allow),
            self.names,
            idle_s=self._caps.idle_s,
            dialled=self._dial,
            trusted=self.trusted,
        )
        app = web.Application(middlewares=[answers])
        relay = Relay(settings, self._caps, source)
        app.cleanup_ctx.append(relay.running)
        app.add_routes(relay.routes())
        self.server = TestServer(app, host="127.0.0.1")
        await self.server.start_server()
        self._stack.push_async_callback(self.server.close)

    def _dial(self, location: URL, address: str) -> URL:
        there = dialled_as_found(location, address)
        files = self.dialled.get(there.raw_host or "")
        return there if files is None else there.with_host(files.server.host).with_port(files.server.port)

    def link(self, url: str, name: str = "photo.png", key: str = SECRET) -> str:
        """The link for a URL."""
        return MediaLinks(str(self.server.make_url("")).rstrip("/"), [key], AllowedHosts.of("")).link(url, name)

    async def ask(self, url: str, name: str = "photo.png", method: str = "GET", **headers: str) -> Answer:
        """Fetch a URL through the relay."""
        return await self.fetch(self.link(url, name), method, **headers)

    async def fetch(self, link: str, method: str = "GET", **headers: str) -> Answer:
        """Fetch a link; underscores in header names are dashes."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self._session.request(method, link, headers=named) as answer:
            return Answer(answer.status, dict(answer.headers), await answer.read())
