"""How an answer, or the trouble in its place, goes over the wire."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from http import HTTPStatus

from aiohttp import web

from sandbox.faults import Drawn, Fault
from sandbox.journal import Entry
from sandbox.vendor import Reply

PIECES = 10  # in which a body is read slowly
NEVER_SENT = 64  # bytes that the headers promise when the body does not come


async def read_slowly(request: web.Request, within_s: float) -> bytes:
    """The body of a request, read in pieces that take so long together."""
    pieces = []
    for _ in range(PIECES):
        await asyncio.sleep(within_s / PIECES)
        pieces.append(await request.content.read(max(1, (request.content_length or 0) // PIECES)))
    return b"".join(pieces) + await request.content.read()


async def give(request: web.Request, entry: Entry, answer: Reply | None, drawn: Drawn | None) -> web.StreamResponse:
    """Answer a request, or show the trouble that it meets. `answer` is there unless a trouble took its place.

    The entry's status is set when there is a whole answer.
    """
    if drawn is not None:
        if drawn.latency_s:
            await asyncio.sleep(drawn.latency_s)
        if drawn.trouble == "hang":
            await asyncio.Event().wait()  # until the client goes or the fake stops
        if drawn.trouble == "hang_body":
            await _headers_only(request, drawn.fault.status or (answer.status if answer else 200))
        if drawn.trouble == "reset":
            return _reset(request)
        if drawn.trouble == "status":
            return _instead(entry, drawn.fault)
    assert answer is not None  # noqa: S101 - no trouble, so the vendor has answered
    entry.status = answer.status
    return web.Response(
        status=answer.status, body=answer.body, content_type="application/json" if answer.body else None
    )


def page(status: int) -> str:
    """The page that a proxy puts before a service which is not there or does not let anybody in."""
    try:
        title = f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        title = str(status)
    lines = (
        "<html>",
        f"<head><title>{title}</title></head>",
        "<body>",
        f"<center><h1>{title}</h1></center>",
        "<hr><center>nginx</center>",
        "</body>",
        "</html>",
    )
    return "".join(f"{line}\r\n" for line in lines)


def _instead(entry: Entry, fault: Fault) -> web.Response:
    assert fault.status is not None  # noqa: S101 - the draw asked for it
    entry.status = fault.status
    headers = {} if fault.retry_after_s is None else {"Retry-After": str(fault.retry_after_s)}
    if fault.html:
        # As bytes: a proxy names no charset.
        return web.Response(
            status=fault.status, headers={**headers, "Content-Type": "text/html"}, body=page(fault.status).encode()
        )
    if fault.body is not None:
        body = json.dumps(fault.body, ensure_ascii=False).encode()
        return web.Response(status=fault.status, headers=headers, body=body, content_type="application/json")
    return web.Response(status=fault.status, headers=headers)


async def _headers_only(request: web.Request, status: int) -> None:
    """Send headers that promise a body, and then nothing until the client goes or the fake stops."""
    response = web.StreamResponse(
        status=200 if status in (204, 304) else status, headers={"Content-Type": "application/json"}
    )
    response.content_length = NEVER_SENT
    await response.prepare(request)
    await response.write(b"{")  # the headers leave with the first piece of the body
    await asyncio.Event().wait()


def _reset(request: web.Request) -> web.Response:
    transport = request.transport
    if transport is not None:
        connection = transport.get_extra_info("socket")
        if connection is not None:
            # Lingering for no time makes the system send RST instead of a polite end.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response()
