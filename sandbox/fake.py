"""The server around each fake: journal, faults, answers. What a vendor accepts is in `sandbox.edna`, `sandbox.amojo`.

Nothing of the bridge's vendor code is used by the fakes: signatures, checks and shapes are written here once more, on
purpose. A fake that shares code with the client cannot find the client's mistakes.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from aiohttp import web

from sandbox.faults import Fault, Faults, Trouble, fault_from
from sandbox.hooks import HookSender
from sandbox.journal import Entry, Journal, Outcome
from sandbox.listening import listen

BODY_LIMIT = 4_194_304  # bytes
LINES_AT_ONCE = 500
FOLLOW_PULSE_S = 5.0  # an empty line this often tells both ends that the other is there
JOURNAL_FILTERS = frozenset({"direction", "kind", "outcome", "conversation", "status", "method"})

NDJSON = {"Content-Type": "application/x-ndjson; charset=utf-8"}

Control = Callable[[Any], Awaitable[tuple[int, dict[str, Any]]]]


class NotJson:
    """What stands for a body that is no JSON document."""


NOT_JSON: Final = NotJson()


@dataclass(frozen=True, slots=True)
class Call:
    """A request to a vendor, read but not judged. `path` has no query; `key` is the id of what it carries."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    document: Any
    kind: str = ""
    conversation: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """A vendor's answer, and whether the request was taken. `conversation` corrects what reading alone could tell."""

    status: int
    body: bytes = b""
    outcome: Outcome = "new"
    conversation: str = ""


class Vendor(Protocol):
    """What a vendor makes of requests. No I/O and no waiting: what it accepts, it accepts at once."""

    name: str
    help: str

    def outline(self, call: Call) -> tuple[str, str, str]:
        """Kind, conversation and key of a request; tolerant, never raises."""

    def answer(self, call: Call) -> Reply:
        """Judge a request, carry it out, schedule what follows."""

    def controls(self) -> Mapping[str, Control]:
        """What people and tests may ask: path of a POST → what it does with the JSON. Raises ValueError: HTTP 400."""


def reply(status: int, document: Any = None, outcome: Outcome | None = None, conversation: str = "") -> Reply:
    """A reply with a JSON body (none: empty); not taken unless 2xx or said otherwise."""
    body = b"" if document is None else json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    return Reply(status, body, outcome or ("new" if status < 300 else "refused"), conversation)


class FakeServer:
    """A fake on a port of its own. `url` is known after `start`."""

    def __init__(self, vendor: Vendor, journal: Journal, sender: HookSender) -> None:
        self.journal = journal
        self.faults = Faults()
        self.url = ""
        self._vendor = vendor
        self._sender = sender
        self._runner: web.AppRunner | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; port 0 takes a free one. Raises OSError when the port is taken."""
        app = web.Application(client_max_size=BODY_LIMIT)
        app.add_routes(
            [
                web.get("/", self._help),
                web.get("/health", self._health),
                web.get("/journal", self._journal_lines),
                web.delete("/journal", self._journal_clear),
                web.get("/faults", self._faults_list),
                web.post("/faults", self._faults_set),
                web.delete("/faults", self._faults_clear),
                *(web.post(path, _control(control)) for path, control in self._vendor.controls().items()),
                web.route("*", "/{path:.*}", self._vendor_call),
            ]
        )
        self._runner, self.url = await listen(app, host, port)
        await self._sender.start()

    async def stop(self) -> None:
        """Stop listening, end what runs, drop webhooks that were not sent."""
        await self._sender.stop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _vendor_call(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        call = self._read(request, body)
        entry = self.journal.begin("received", request.method, request.raw_path, request.headers, body)
        self.journal.name(entry, call.kind, call.conversation, call.key)
        drawn = self.faults.draw(call.path)
        try:
            return await self._respond(request, call, entry, *(drawn or (None, None)))
        finally:
            self.journal.end(entry)

    async def _respond(
        self, request: web.Request, call: Call, entry: Entry, fault: Fault | None, trouble: Trouble | None
    ) -> web.StreamResponse:
        answer: Reply | None = None
        if trouble is None or (fault is not None and fault.after_accept):
            answer = self._vendor.answer(call)
            entry.outcome = answer.outcome
            entry.conversation = answer.conversation or entry.conversation
        if fault is not None and fault.latency_ms:
            await asyncio.sleep(fault.latency_ms / 1000)
        if trouble == "hang":
            await asyncio.Event().wait()  # until the client goes or the fake stops
        if trouble == "reset":
            return _reset(request)
        if fault is not None and trouble == "status" and fault.status is not None:
            entry.status = fault.status
            headers = {} if fault.retry_after_s is None else {"Retry-After": str(fault.retry_after_s)}
            return web.Response(status=fault.status, headers=headers)
        assert answer is not None  # noqa: S101 - no trouble, so the vendor has answered
        entry.status = answer.status
        return web.Response(
            status=answer.status, body=answer.body, content_type="application/json" if answer.body else None
        )

    def _read(self, request: web.Request, body: bytes) -> Call:
        path = request.raw_path.partition("?")[0]
        call = Call(request.method, path, request.query, request.headers, body, parsed(body))
        kind, conversation, key = self._vendor.outline(call)
        return Call(call.method, path, call.query, call.headers, body, call.document, kind, conversation, key)

    async def _help(self, _request: web.Request) -> web.Response:
        return web.Response(text=self._vendor.help + CONTROL_HELP)

    async def _health(self, _request: web.Request) -> web.Response:
        return web.json_response({"status": "ok", "fake": self._vendor.name})

    async def _journal_lines(self, request: web.Request) -> web.StreamResponse:
        if request.query.get("follow") == "1":
            return await self._journal_followed(request)
        wrong = set(request.query) - JOURNAL_FILTERS
        if wrong:
            return _refused(
                f"{', '.join(sorted(wrong))}: no such filter; there are {', '.join(sorted(JOURNAL_FILTERS))}"
            )
        response = web.StreamResponse(headers=NDJSON)
        await response.prepare(request)
        block: list[bytes] = []
        for line in self.journal.lines(request.query):
            block.append(line)
            if len(block) == LINES_AT_ONCE:
                await response.write(b"".join(block))
                await asyncio.sleep(0)
                block.clear()
        await response.write(b"".join(block))
        return response

    async def _journal_followed(self, request: web.Request) -> web.StreamResponse:
        if set(request.query) != {"follow"}:
            return _refused("follow: goes with no filter")
        try:
            follower = self.journal.follow()
        except ValueError as error:
            return web.json_response({"detail": str(error)}, status=503)
        response = web.StreamResponse(headers=NDJSON)
        try:
            await response.prepare(request)
            await response.write(b"\n")
            while not follower.too_slow:
                entries = await follower.changed(FOLLOW_PULSE_S)
                for start in range(0, len(entries), LINES_AT_ONCE):
                    await response.write(b"".join(entry.line() for entry in entries[start : start + LINES_AT_ONCE]))
                if not entries:
                    await response.write(b"\n")
        except (ConnectionError, TimeoutError):
            pass  # it went away, which is how following ends
        finally:
            self.journal.unfollow(follower)
        return response

    async def _journal_clear(self, _request: web.Request) -> web.Response:
        self.journal.clear()
        return web.json_response({"status": "cleared"})

    async def _faults_list(self, _request: web.Request) -> web.Response:
        return web.json_response(self.faults.listed())

    async def _faults_set(self, request: web.Request) -> web.Response:
        try:
            self.faults.set(fault_from(parsed(await request.read())))
        except ValueError as error:
            return _refused(str(error))
        return web.json_response(self.faults.listed())

    async def _faults_clear(self, request: web.Request) -> web.Response:
        if "path" in request.query:
            self.faults.remove(request.query["path"])
        else:
            self.faults.clear()
        return web.json_response(self.faults.listed())


def parsed(body: bytes) -> Any:
    """The JSON document of a body, or NOT_JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return NOT_JSON


def text(document: Any, *path: str) -> str:
    """The string or number at a path of a document, as text; empty when there is none."""
    for name in path:
        document = document.get(name) if isinstance(document, dict) else None
    return str(document) if isinstance(document, str | int) and not isinstance(document, bool) else ""


def _control(control: Control) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        document = parsed(await request.read())
        if not isinstance(document, dict):
            return _refused("the body must be a JSON object")
        try:
            status, answer = await control(document)
        except ValueError as error:
            return _refused(str(error))
        return web.json_response(answer, status=status)

    return handle


def _refused(detail: str) -> web.Response:
    return web.json_response({"detail": detail}, status=400)


def _reset(request: web.Request) -> web.Response:
    transport = request.transport
    if transport is not None:
        connection = transport.get_extra_info("socket")
        if connection is not None:
            # Lingering for no time makes the system send RST instead of a polite end.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response()


CONTROL_HELP = """
GET    /journal   what was received and sent, one JSON object a line; filters: ?kind=&outcome=&direction=&conversation=
GET    /journal?follow=1   what is there, and then each entry again when it begins and when it ends, until you go;
                  an empty line every few seconds tells that the fake is alive
DELETE /journal   forget it
GET    /faults    the faults in force
POST   /faults    {"path":"","latency_ms":0,"status":503,"share":0.1,"reset_share":0,"hang_share":0,
                   "after_accept":false,"retry_after_s":null,"seed":1}; one for each path prefix
DELETE /faults    everything works again; ?path= ends one of them (the empty prefix: ?path=)
GET    /health    alive
"""
