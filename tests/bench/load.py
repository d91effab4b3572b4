"""Webhooks as fast as they are answered, or evenly spaced: `python -m tests.bench.load`, a process of its own.

BENCH_URL      where the gateway listens
BENCH_HOOKS    whose webhooks: edna, amojo, or both in turn (edna,amojo)
BENCH_COUNT    how many
BENCH_AT_ONCE  closed loop: so many connections, each with one webhook under way
BENCH_RATE     open loop: so many a second whether answered or not (a connection more when none is free); 0: closed
BENCH_OUT      the file for a JSON list: [id at the other vendor, sent ns, answered ns, status] of each

All bodies are made before the first is sent. Times are nanoseconds of the monotonic clock.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections import deque
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import uvloop

from tests.bench.payloads import WEBHOOKS
from tests.bench.wire import Splitter, answer_of, post

ANSWERED_WITHIN_S = 60.0


class Load:
    """What is still to be sent, and what became of the rest."""

    def __init__(self, host: str, port: int, kinds: list[str], count: int) -> None:
        made = [WEBHOOKS[kinds[number % len(kinds)]](number) for number in range(count)]
        self.ids = [webhook.comes_out_as for webhook in made]
        self.requests = [post(each.path, f"{host}:{port}", each.headers, each.body) for each in made]
        self.sent = [0] * count
        self.answered = [0] * count
        self.statuses = [0] * count
        self._address = (host, port)
        self._next = 0
        self._left = count
        self._idle: deque[Caller] = deque()
        self._done = asyncio.get_running_loop().create_future()

    async def connect(self) -> Caller:
        """One more connection."""
        _, caller = await asyncio.get_running_loop().create_connection(lambda: Caller(self), *self._address)
        return caller

    async def closed(self, at_once: int) -> None:
        """Each connection sends its next webhook when its last is answered."""
        self._follow = True
        callers = [await self.connect() for _ in range(at_once)]
        for caller in callers:
            self.send_next(caller)
        await asyncio.wait_for(self._done, ANSWERED_WITHIN_S)

    async def open(self, rate: float) -> None:
        """A webhook every 1/rate seconds."""
        self._follow = False
        started = time.monotonic()
        for number in range(len(self.requests)):
            await asyncio.sleep(max(0.0, started + number / rate - time.monotonic()))
            self.send_next(self._idle.popleft() if self._idle else await self.connect())
        await asyncio.wait_for(self._done, ANSWERED_WITHIN_S)

    def send_next(self, caller: Caller) -> None:
        """Send the next webhook, if there is one."""
        number = self._next
        if number < len(self.requests):
            self._next += 1
            self.sent[number] = time.monotonic_ns()
            caller.send(number, self.requests[number])

    def answer(self, caller: Caller, number: int, status: int) -> None:
        """A webhook was answered."""
        self.answered[number] = time.monotonic_ns()
        self.statuses[number] = status
        self._left -= 1
        if not self._left:
            self._done.set_result(None)
        elif self._follow:
            self.send_next(caller)
        else:
            self._idle.append(caller)

    def lost(self, why: str) -> None:
        """A connection broke: the run is worth nothing."""
        if not self._done.done():
            self._done.set_exception(ConnectionError(why))


class Caller(asyncio.Protocol):
    """One keep-alive connection with at most one webhook under way."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._splitter = Splitter()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio."""
        self._transport = cast(asyncio.Transport, transport)

    def send(self, number: int, request: bytes) -> None:
        """Send one webhook."""
        self._number = number
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """See asyncio."""
        for head, body in self._splitter.feed(data):
            self._load.answer(self, self._number, answer_of(head, body).status)

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio."""
        self._load.lost(f"the gateway closed a connection: {exc!r}")


async def main() -> None:
    """See the module."""
    url = urlsplit(os.environ["BENCH_URL"])
    count, rate = int(os.environ["BENCH_COUNT"]), float(os.environ.get("BENCH_RATE", "0"))
    load = Load(url.hostname or "", url.port or 80, os.environ["BENCH_HOOKS"].split(","), count)
    await (load.open(rate) if rate else load.closed(int(os.environ["BENCH_AT_ONCE"])))
    rows = list(zip(load.ids, load.sent, load.answered, load.statuses, strict=True))
    Path(os.environ["BENCH_OUT"]).write_text(json.dumps(rows))


if __name__ == "__main__":
    uvloop.run(main())
