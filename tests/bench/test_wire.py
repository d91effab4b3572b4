"""The bench's HTTP: whole messages come out, however the bytes come in."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import ClientSession

from tests.bench.vendor import Connection, Vendor
from tests.bench.wire import Splitter, answer_of, content_length, ok, post, request_of

REQUESTS = (
    post("/api/x?y=1", "h:1", {"X-API-KEY": "k"}, b'{"a":1}') + post("/b", "h:1", {}, b"") + post("/c", "h", {}, b"z")
)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50, 10_000])
def test_requests_come_out_whole_whatever_pieces_they_come_in(size: int) -> None:
    splitter = Splitter()
    pieces = [REQUESTS[start : start + size] for start in range(0, len(REQUESTS), size)]
    found = [request_of(*message) for piece in pieces for message in splitter.feed(piece)]
    assert [(each.method, each.target, each.body) for each in found] == [
        (b"POST", b"/api/x?y=1", b'{"a":1}'),
        (b"POST", b"/b", b""),
        (b"POST", b"/c", b"z"),
    ]


def test_what_is_incomplete_waits_for_the_rest() -> None:
    splitter = Splitter()
    whole = ok(b"{}")
    assert splitter.feed(whole[:-1]) == []
    assert [answer_of(*message).status for message in splitter.feed(whole[-1:])] == [200]


@pytest.mark.parametrize(
    ("head", "length"),
    [
        (b"POST / HTTP/1.1\r\nContent-Length: 12\r\nHost: h", 12),
        (b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length:7", 7),
        (b"GET / HTTP/1.1\r\nHost: h", 0),
    ],
)
def test_the_length_of_a_body_is_read_in_any_case(head: bytes, length: int) -> None:
    assert content_length(head) == length


def test_a_body_in_chunks_is_refused_rather_than_misread() -> None:
    with pytest.raises(ValueError, match="Content-Length"):
        content_length(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked")


async def test_the_vendor_answers_after_its_delay_and_notes_when_and_how_many_at_once() -> None:
    loop = asyncio.get_running_loop()
    vendor = Vendor()
    server = await loop.create_server(lambda: Connection(vendor), "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    async def ask(session: ClientSession, target: str) -> Any:
        async with session.get(url + target) as answer:
            return await answer.json()

    async def send(session: ClientSession, number: int) -> float:
        started = loop.time()
        async with session.post(f"{url}/api/cascade/schedule", json={"requestId": f"id-{number}"}) as answer:
            assert (answer.status, "requestId" in await answer.json()) == (200, True)
        return loop.time() - started

    async with server, ClientSession() as session:
        await ask(session, "/begin?delay_ms=40&keep=1")
        took = await asyncio.gather(*(send(session, number) for number in range(5)))
        assert min(took) >= 0.039
        assert await ask(session, "/seen") == {"seen": 5, "most_at_once": 5}
        ids = await ask(session, "/ids")
        assert {name for name, _ in ids} == {f"id-{number}" for number in range(5)}
        assert [at for _, at in ids] == await ask(session, "/times") == sorted(at for _, at in ids)
        await ask(session, "/begin?delay_ms=0&keep=0")
        assert await ask(session, "/seen") == {"seen": 0, "most_at_once": 0}
        await send(session, 9)
        assert await ask(session, "/seen") == {"seen": 1, "most_at_once": 0}
