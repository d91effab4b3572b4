"""The server around each fake: journal, faults, answers. What a vendor accepts is in `sandbox.edna`, `sandbox.amojo`.

Nothing of the bridge's vendor code is used by the fakes: signatures, checks and shapes are written here once more, on
purpose. A fake that shares code with the client cannot find the client's mistakes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from sandbox.answers import give, read_slowly
from sandbox.faults import Drawn, Faults, Subject, fault_from
from sandbox.fetching import Fetcher
from sandbox.files import FileRoutes, Shelf
from sandbox.hooks import HookSender
from sandbox.journal import Entry, Journal
from sandbox.journal_routes import JournalRoutes
from sandbox.listening import listen, reachable
from sandbox.vendor import Call, Control, Reply, Vendor, parsed

BODY_LIMIT = 4_194_304  # bytes
# Refusals for which a vendor looks neither at the message nor at its id.
NOT_LOOKED_AT = frozenset({401, 403, 404, 405, 408, 429})


class FakeServer:
    """A fake on a port of its own. `url` is known after `start`."""

    def __init__(self, vendor: Vendor, journal: Journal, sender: HookSender, shelf: Shelf, fetcher: Fetcher) -> None:
        self.journal = journal
        self.shelf = shelf
        self.faults = Faults()
        self.url = ""
        self._vendor = vendor
        self._sender = sender
        self._fetcher = fetcher
        self._runner: web.AppRunner | None = None

    @property
    def busy(self) -> bool:
        """Whether webhooks wait, or are on their way; also in `GET /health`."""
        return self._sender.busy

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; port 0 takes a free one. Raises OSError when the port is taken."""
        app = web.Application(client_max_size=BODY_LIMIT)
        app.add_routes(
            [
                web.get("/", self._help),
                web.get("/health", self._health),
                *JournalRoutes(self.journal).routes(),
                *FileRoutes(self.shelf).routes(),
                web.get("/faults", self._faults_list),
                web.post("/faults", self._faults_set),
                web.delete("/faults", self._faults_clear),
                web.get("/behaviour", self._behaviour),
                web.post("/behaviour", self._behave),
                *(web.post(path, _control(control)) for path, control in self._vendor.controls().items()),
                web.route("*", "/{path:.*}", self._vendor_call),
            ]
        )
        self._runner, self.url = await listen(app, host, port)
        self.shelf.base_url = self.shelf.base_url or reachable(self.url)
        await self._sender.start()

    async def stop(self) -> None:
        """Stop listening, end what runs, drop webhooks that were not sent."""
        await self._sender.stop()
        await self._fetcher.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _vendor_call(self, request: web.Request) -> web.StreamResponse:
        path = request.raw_path.partition("?")[0]
        slowly_s = self.faults.read_s(path)
        body = await (read_slowly(request, slowly_s) if slowly_s else request.read())
        document = parsed(body)
        outline = self._vendor.outline(request.method, path, document)
        call = Call(request.method, path, request.query, request.headers, body, document, outline)
        entry = self.journal.begin("received", request.method, request.raw_path, request.headers, body)
        self.journal.name(entry, outline.kind, outline.conversation, outline.key)
        drawn = self.faults.draw(Subject(path, outline.conversation, outline.key, outline.channel, outline.text))
        try:
            answer = self._judged(call, entry, drawn)
            if answer is not None and answer.later is not None:
                answer = await answer.later()
                _note(entry, answer)
            return await give(request, entry, answer, drawn)
        finally:
            self.journal.end(entry)

    def _judged(self, call: Call, entry: Entry, drawn: Drawn | None) -> Reply | None:
        """The vendor's answer; None when a trouble comes before it."""
        if drawn is not None and drawn.trouble is not None and not drawn.fault.after_accept:
            status = drawn.fault.status or 0
            if drawn.trouble == "status" and 400 <= status < 500 and status not in NOT_LOOKED_AT:
                self._vendor.refused(call)
            return None
        answer = self._vendor.answer(call)
        _note(entry, answer)
        return answer

    async def _help(self, _request: web.Request) -> web.Response:
        return web.Response(text=self._vendor.help + CONTROL_HELP)

    async def _health(self, _request: web.Request) -> web.Response:
        return web.json_response({"status": "ok", "fake": self._vendor.name, "busy": self.busy})

    async def _faults_list(self, _request: web.Request) -> web.Response:
        return web.json_response(self.faults.listed())

    async def _faults_set(self, request: web.Request) -> web.Response:
        try:
            self.faults.set(fault_from(parsed(await request.read())))
        except ValueError as error:
            return _refused(str(error))
        return web.json_response(self.faults.listed())

    async def _faults_clear(self, request: web.Request) -> web.Response:
        if request.query:
            self.faults.remove(*(request.query.get(name, "") for name in ("path", "match", "channel")))
        else:
            self.faults.clear()
        return web.json_response(self.faults.listed())

    async def _behaviour(self, _request: web.Request) -> web.Response:
        return web.json_response(self._vendor.behaviour())

    async def _behave(self, request: web.Request) -> web.Response:
        try:
            self._vendor.behave(parsed(await request.read()))
        except ValueError as error:
            return _refused(str(error))
        return web.json_response(self._vendor.behaviour())


def _note(entry: Entry, answer: Reply) -> None:
    entry.outcome = answer.outcome
    entry.conversation = answer.conversation or entry.conversation
    entry.shown = answer.shown


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


CONTROL_HELP = """
GET    /journal   what was received and sent, one JSON object a line; filters: ?kind=&outcome=&direction=&conversation=
                  &status=&method=, and ?since=N: only entries with a higher number
GET    /journal?follow=1   what is there, and then each entry again when it begins and when it ends, until you go;
                  an empty line every few seconds tells that the fake is alive
DELETE /journal   forget it
GET    /faults    the faults in force
POST   /faults    {"path":"","match":"","channel":"","latency_ms":0,"latency_p99_ms":null,"read_ms":0,"status":503,
                   "share":0.1,"retry_after_s":null,"body":null,"html":false,"reset_share":0,"hang_share":0,
                   "hang_body_share":0,"after_accept":false,"per_message":false,"message_for_s":null,"for_s":null,
                   "seed":1}; one for each path, match and channel.
                  Rules with a match (part of the conversation, key or text) win, then those with a channel, then the
                  longest path; for_s: the fault ends by itself
DELETE /faults    everything works again; ?path=&match=&channel= ends one of them (the one for everything: ?path=)
POST   /files?name=a.png   the body is a file that people of this side send; answers its "url"
GET    /behaviour how this vendor behaves; POST changes the fields that are given
GET    /health    alive; `busy` while webhooks wait or are on their way
"""
