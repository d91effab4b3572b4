"""The transport sends what it was given and nothing else: it follows nobody, and keeps nothing of an answer."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bridge.http import HttpTransport


class Server:
    """Redirects whoever asks, hands out a cookie, and keeps what it was asked."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str | None]] = []  # path, cookie
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self.http = TestServer(app)

    async def _answer(self, request: web.Request) -> web.Response:
        self.requests.append((request.path, request.headers.get("Cookie")))
        response = web.Response(status=302, headers={"Location": "/elsewhere"}, body=b"moved")
        response.set_cookie("session", "of a proxy")
        return response


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """A vendor behind a proxy that has its own ideas. Its name is one: of an address no cookie would be kept anyway."""
    one = Server()
    await one.http.start_server()
    yield one
    await one.http.close()


async def test_a_redirect_is_an_answer_and_its_cookie_is_forgotten(server: Server) -> None:
    transport = HttpTransport()
    url = server.http.make_url("/send").with_host("localhost")
    try:
        answers = [await transport.send("POST", url, {}, b"{}") for _ in range(2)]
    finally:
        await transport.close()
    assert [(answer.status, answer.body) for answer in answers] == [(302, b"moved")] * 2
    assert "Set-Cookie" in answers[0].headers
    assert server.requests == [("/send", None)] * 2
