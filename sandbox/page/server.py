"""The page's server: its assets, its stream, and the few things that can be asked of it."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from bridge.ids import Conversation
from bridge.settings import Settings
from sandbox.listening import listen
from sandbox.page.contacts import new_chat
from sandbox.page.doorkeeper import add_headers, doorkeeper, own_names
from sandbox.page.fakes import Fake, FakeAway
from sandbox.page.files import hand_on, readable, take
from sandbox.page.reading import word
from sandbox.page.world import PageTargets, World

__all__ = ["Page", "PageTargets"]

BODY_LIMIT = 65_536  # bytes
TEXT_LIMIT = 4_096  # characters
READS_AT_ONCE = 200
# What may be asked besides the words and a file.
OF_CLIENTS = ("type", "location", "payload", "reply_to", "reply_to_own")
OF_OPERATORS = ("type", "location", "buttons", "reply_to")
TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}


class Page:
    """The page on a port of its own. `url` is known after `start`."""

    def __init__(self, settings: Settings, targets: PageTargets) -> None:
        self.url = ""
        self.world = World(settings, targets)
        self._names = own_names(settings.listen_host, settings.sandbox_host, settings.instance_id)
        self._origins = origins(settings, targets)
        self._assets = assets()
        self._read: set[str] = set()  # request ids for which edna was told that the client has read them
        self._runner: web.AppRunner | None = None

    async def start(self, host: str, port: int) -> None:
        """Listen; port 0 takes a free one. Raises OSError when the port is taken."""
        app = web.Application(client_max_size=BODY_LIMIT, middlewares=[doorkeeper(self._names)])
        app.on_response_prepare.append(add_headers)
        app.add_routes(
            [
                web.get("/", self._asset),
                web.get("/static/{name}", self._asset),
                web.get("/health", self._health),
                web.get("/api/stream", self.world.stream.serve),
                web.post("/api/client/messages", self._client_writes),
                web.post("/api/client/read", self._client_reads),
                web.post("/api/operator/messages", self._operator_writes),
                web.get("/api/files", self._read_file),
                web.post("/api/files", self._take_file),
                web.post("/api/clients", self._add_client),
                web.post("/api/switches", self._turn),
            ]
        )
        self._runner, self.url = await listen(app, host, port)
        await self.world.start()

    async def stop(self) -> None:
        """Let the browsers go and stop listening."""
        await self.world.stop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _health(self, _request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _asset(self, request: web.Request) -> web.Response:
        name = request.match_info.get("name", "index.html")
        found = self._assets.get(name)
        if found is None:
            raise web.HTTPNotFound(reason="no such file")
        kind = TYPES[PurePosixPath(name).suffix]
        return web.Response(body=found, content_type=kind, charset="utf-8", headers={"Cache-Control": "no-cache"})

    async def _client_writes(self, request: web.Request) -> web.Response:
        document = await asked(request)
        chat = self.world.chats.chats.get(word(document.get("conversation")))
        if chat is None or not chat.channel:
            return refused(404, "no such client")
        order = {
            "channel": chat.channel,
            "address": chat.address,
            "name": chat.name,
            "text": text_of(document),
            "id": document.get("id"),
            **{name: document.get(name) for name in OF_CLIENTS},
        }
        if file := file_of(document):
            order |= {"attachment": {"url": file["url"]}, "caption": order.pop("text")}
        return await self._pass_on(self.world.edna, "/client/messages", order)

    async def _operator_writes(self, request: web.Request) -> web.Response:
        document = await asked(request)
        chat = self.world.chats.chats.get(word(document.get("conversation")))
        if chat is None:
            return refused(404, "no such client")
        target = {"conversation_id": chat.id} if Conversation.parse(chat.id) else {"chat_id": chat.id}
        more = {name: document.get(name) for name in OF_OPERATORS}
        order = {**target, "text": text_of(document), "id": document.get("id"), **more}
        if file := file_of(document):
            order |= {"media": file["url"], "file_name": word(file.get("name")), "size": file.get("size")}
        return await self._pass_on(self.world.amojo, "/operator/messages", order)

    async def _client_reads(self, request: web.Request) -> web.Response:
        """The client's phone shows a conversation: edna learns of each message that was delivered to it."""
        document = await asked(request)
        chat = self.world.chats.chats.get(word(document.get("conversation")))
        unread = [
            request_id
            for message in (chat.messages.values() if chat else ())
            for request_id in message.sent_as
            if message.edna_status == "DELIVERED" and request_id not in self._read
        ]
        for request_id in unread[:READS_AT_ONCE]:
            self._read.add(request_id)
            try:
                await self.world.edna.ask(self.world.session, "/client/read", {"request_id": request_id})
            except FakeAway:
                self._read.discard(request_id)
                return away(self.world.edna)
        return web.json_response({"read": len(unread)})

    async def _read_file(self, request: web.Request) -> web.StreamResponse:
        url = request.query.get("url", "")
        if not readable(url, self._origins):
            return refused(404, "no file of this sandbox")
        return await hand_on(self.world.session, url)

    async def _take_file(self, request: web.Request) -> web.Response:
        fake = {"client": self.world.edna, "operator": self.world.amojo}.get(request.query.get("side", ""))
        return await take(request, self.world.session, fake) if fake else refused(400, "side: client or operator")

    async def _add_client(self, request: web.Request) -> web.Response:
        try:
            chat = self.world.add(new_chat(await asked(request)))
        except ValueError as error:
            return web.json_response({"detail": "not understood", "field": str(error)}, status=400)
        return web.json_response({"id": chat.id})

    async def _turn(self, request: web.Request) -> web.Response:
        document = await asked(request)
        fake, on = self.world.fakes.get(word(document.get("vendor"))), document.get("on")
        if fake is None or not isinstance(on, bool):
            return refused(400, "vendor and on are needed")
        try:
            await fake.turn(self.world.session, word(document.get("switch")), on)
        except KeyError:
            return refused(404, "no such switch")
        except FakeAway:
            return away(fake)
        return web.json_response(fake.document())

    async def _pass_on(self, fake: Fake, path: str, order: dict[str, Any]) -> web.Response:
        given = {name: value for name, value in order.items() if value not in (None, "")}
        try:
            status, answer = await fake.ask(self.world.session, path, given)
        except FakeAway:
            return away(fake)
        return web.json_response(answer, status=status)


async def asked(request: web.Request) -> dict[str, Any]:
    """The JSON object of a request. Raises HTTPBadRequest."""
    try:
        document = json.loads(await request.read())
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise web.HTTPBadRequest(reason="the body must be a JSON object")
    return document


def origins(settings: Settings, targets: PageTargets) -> frozenset[str]:
    """Where the files are that a browser may be given."""
    fakes = [targets.edna_url, targets.amojo_url]
    if settings.sandbox_host:
        fakes += [f"http://{settings.sandbox_host}:{urlsplit(url).port}" for url in fakes]
    relays = [settings.url_of("gateway"), *([settings.public_base_url] if settings.public_base_url else [])]
    return frozenset("{0.scheme}://{0.netloc}".format(urlsplit(url)) for url in (*fakes, *relays))


def file_of(document: dict[str, Any]) -> dict[str, Any]:
    """The file that goes with a message, as `POST /api/files` has told it; empty without one."""
    file = document.get("file")
    return file if isinstance(file, dict) and isinstance(file.get("url"), str) else {}


def text_of(document: dict[str, Any]) -> str:
    """What is to be said. Raises HTTPBadRequest when it is nothing (and there is nothing else), or too much."""
    said = document.get("text")
    if said == "" and document.get("type"):
        return ""
    if not isinstance(said, str) or not said.strip() or len(said) > TEXT_LIMIT:
        raise web.HTTPBadRequest(reason=f"text: 1 to {TEXT_LIMIT} characters")
    return said.strip()


def refused(status: int, detail: str) -> web.Response:
    """An error that a person understands."""
    return web.json_response({"detail": detail}, status=status)


def away(fake: Fake) -> web.Response:
    """The fake does not answer."""
    return web.json_response({"detail": f"fake {fake.name} does not answer", "away": fake.name}, status=502)


def assets() -> dict[str, bytes]:
    """The files of the page by name, read once."""
    folder = resources.files("sandbox.page") / "static"
    return {
        each.name: each.read_bytes()
        for each in folder.iterdir()
        if each.is_file() and PurePosixPath(each.name).suffix in TYPES
    }
