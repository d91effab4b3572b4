"""A vendor that is never the bottleneck: `python -m tests.bench.vendor` answers every POST after a delay.

A raw protocol on uvloop. It notes when each call arrived (nanoseconds of the monotonic clock, the same in all processes
of a Linux machine) and how many waited for their answer at once. Asked over HTTP as well:

    GET /begin?delay_ms=50&keep=0   forget everything, answer after 50 ms; with keep=1 the bodies are kept
    GET /seen                       {"seen": …, "most_at_once": …}
    GET /times                      when each call arrived, in order of arrival
    GET /ids                        of what was kept: [id, when it arrived]
"""

from __future__ import annotations

import asyncio
import json
import time
from array import array
from collections import deque
from typing import cast
from urllib.parse import parse_qs, urlsplit

import uvloop

from tests.bench.children import announce
from tests.bench.payloads import id_in_call
from tests.bench.wire import Splitter, ok, request_of

EDNA_ANSWER = ok(b'{"requestId":"2c2dd5f1-5ad8-449d-9c38-b6bdf288f1e5","cascadeId":1}')
AMOJO_ANSWER = ok(b'{"new_message":{"msgid":"2c2dd5f1-5ad8-449d-9c38-b6bdf288f1e5","ref_id":"x"}}')
QUESTIONS = frozenset({b"/api/cascade/get-all"})
TIMER_GRAIN_S = 0.0005  # uvloop's timers count whole milliseconds


class Vendor:
    """What all connections share: the delay, the calls seen, the answers that wait for their time."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[tuple[float, asyncio.Transport, bytes]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self.begin(0.0, keep=False)

    def begin(self, delay_s: float, *, keep: bool) -> None:
        """Forget everything and answer after `delay_s` from now on."""
        self._delay_s = delay_s
        self._times = array("q")
        self._kept: list[bytes] | None = [] if keep else None
        self._most_at_once = 0

    def call(self, transport: asyncio.Transport, target: bytes, body: bytes) -> None:
        """Note a call, and answer it in its time. What an agent asks at start is none: it is told nothing."""
        if target in QUESTIONS:
            transport.write(ok(b"[]"))
            return
        self._times.append(time.monotonic_ns())
        if self._kept is not None:
            self._kept.append(body)
        answer = EDNA_ANSWER if target.startswith(b"/api/") else AMOJO_ANSWER
        if not self._delay_s:
            transport.write(answer)
            return
        # One delay for all: who came first is answered first, so one timer is enough.
        self._waiting.append((time.monotonic() + self._delay_s, transport, answer))
        self._most_at_once = max(self._most_at_once, len(self._waiting))
        if self._timer is None:
            self._timer = self._loop.call_later(self._delay_s, self._answer_due)

    def _answer_due(self) -> None:
        due = time.monotonic() + TIMER_GRAIN_S
        waiting = self._waiting
        while waiting and waiting[0][0] <= due:
            _, transport, answer = waiting.popleft()
            if not transport.is_closing():
                transport.write(answer)
        self._timer = self._loop.call_later(waiting[0][0] - due, self._answer_due) if waiting else None

    def tell(self, target: bytes) -> bytes:
        """The answer to a question of the bench; see the module."""
        url = urlsplit(target.decode())
        if url.path == "/begin":
            query = parse_qs(url.query)
            self.begin(float(query["delay_ms"][0]) / 1000, keep=query["keep"] == ["1"])
            return b"{}"
        if url.path == "/times":
            return json.dumps(self._times.tolist()).encode()
        if url.path == "/ids":
            kept = self._kept or []
            return json.dumps([[id_in_call(body), at] for body, at in zip(kept, self._times, strict=True)]).encode()
        return json.dumps({"seen": len(self._times), "most_at_once": self._most_at_once}).encode()


class Connection(asyncio.Protocol):
    """One connection of a client."""

    def __init__(self, vendor: Vendor) -> None:
        self._vendor = vendor
        self._splitter = Splitter()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own is not a subclass of it

    def data_received(self, data: bytes) -> None:
        """See asyncio."""
        for head, body in self._splitter.feed(data):
            request = request_of(head, body)
            if request.method == b"POST":
                self._vendor.call(self._transport, request.target, body)
            else:
                self._transport.write(ok(self._vendor.tell(request.target)))


async def serve() -> None:
    """Listen on a free port, say which, and serve until killed."""
    vendor = Vendor()
    server = await asyncio.get_running_loop().create_server(lambda: Connection(vendor), "127.0.0.1", 0, backlog=2048)
    announce(server.sockets[0].getsockname()[1])
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve())
