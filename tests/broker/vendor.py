"""A vendor that a test can hold, break and question: edna's cascade calls and amojo's in one server.

`troubles` says, by the beginning of a text (or of the message id of a status), what a call is answered with: the
longest beginning wins, "" is every call. A list is used up call by call; a single trouble lasts until it is taken away.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from aiohttp import web


class How(StrEnum):
    """What becomes of a call."""

    ANSWER = "answer"
    HANG = "hang"  # until it is lifted; then the connection is reset
    HEADERS = "headers"  # the headers come, the body does not
    RESET = "reset"  # not taken
    LOSE = "lose"  # taken, and the answer is lost


class Trouble(NamedTuple):
    """A body that is a dict goes as JSON, a text as a page in HTML."""

    status: int = 200
    body: Mapping[str, Any] | str | None = None
    headers: Mapping[str, str] = {}
    how: How = How.ANSWER

    @property
    def of_message(self) -> bool:
        """Whether it judges the message: such a judgement comes after the vendor's memory of ids."""
        return self.how is How.ANSWER and self.status in (400, 422)


UNAUTHORIZED = Trouble(401)
FORBIDDEN = Trouble(403)
NO_CASCADE = Trouble(400, {"title": "cascade-not-found"})
WRONG_TEXT = Trouble(400, {"title": "text-not-specified"})
UNAVAILABLE = Trouble(503)
BROKEN = Trouble(500)
HTML = Trouble(200, "<html><body>A page of the proxy</body></html>")
HANGS = Trouble(how=How.HANG)
HEADERS_ONLY = Trouble(how=How.HEADERS)
RESETS = Trouble(how=How.RESET)
LOSES = Trouble(how=How.LOSE)

Troubles = Trouble | list[Trouble | int]


class Call(NamedTuple):
    """One send: the vendor-side id, the text, the key that it came with, and when (s, monotonic)."""

    id: str
    text: str
    key: str
    at: float


class Vendor:
    """See the module. `shown` is what people see: (id, text) of every message taken as new."""

    def __init__(self, latency_s: float = 0.0) -> None:
        self.latency_s = latency_s
        self.journal: list[Call] = []
        self.shown: list[tuple[str, str]] = []
        self.bodies: list[bytes] = []  # of amojo's messages
        self.statuses: list[tuple[str, dict[str, Any]]] = []
        self.unknown_statuses = 0  # answered 404
        self.held: dict[str, asyncio.Event] = {}
        self.conversations: dict[str, str] = {}
        self.troubles: dict[str, Troubles] = {}
        self.known: set[str] = set()
        self.remembers = False  # refuses an id that it has
        self.remembers_refused = False  # … and one whose message it has refused
        self.repeats = 200  # amojo's answer to a msgid that it has, if it remembers
        self.heeds_quotes = False  # refuses a message that quotes one that amojo has not
        self.connected = True
        self.connects = 0
        self.ours: set[str] | None = None  # amojo's messages; None: it knows all
        self._history: dict[str, list[tuple[str, int]]] = defaultdict(list)
        self._lifted = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def start(self) -> Vendor:
        """Listen on a free port."""
        app = web.Application()
        app.router.add_post("/api/cascade/schedule", self._edna)
        app.router.add_post("/v2/origin/custom/{scope}", self._amojo)
        app.router.add_post("/v2/origin/custom/{scope}/connect", self._connect)
        app.router.add_post("/v2/origin/custom/{scope}/chats", self._chat)
        app.router.add_get("/v2/origin/custom/{scope}/chats/{chat}/history", self._messages)
        app.router.add_post("/v2/origin/custom/{scope}/{message}/delivery_status", self._status)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def stop(self) -> None:
        """Let go of everything and stop."""
        for event in self.held.values():
            event.set()
        self._lifted.set()
        assert self._runner is not None
        await self._runner.cleanup()

    @property
    def calls(self) -> list[tuple[str, str]]:
        """(id, text) of every send in order of arrival, repeats included."""
        return [(call.id, call.text) for call in self.journal]

    def texts(self) -> list[str]:
        """The texts in order of arrival, repeats included."""
        return [call.text for call in self.journal]

    def seen(self) -> list[str]:
        """The texts in the order in which people saw them."""
        return [text for _, text in self.shown]

    def hold(self, text: str) -> None:
        """Answer the message with this text only after `release`."""
        self.held[text] = asyncio.Event()

    def release(self, text: str) -> None:
        """Answer what was held, and what comes."""
        self.held[text].set()

    def lift(self) -> None:
        """End every trouble; connections that hang are reset."""
        self.troubles.clear()
        self._lifted.set()
        self._lifted = asyncio.Event()

    def _trouble(self, text: str, *, of_message: bool) -> Trouble | None:
        beginnings = [beginning for beginning in self.troubles if text.startswith(beginning)]
        if not beginnings:
            return None
        troubles = self.troubles[max(beginnings, key=len)]
        if isinstance(troubles, Trouble):
            return troubles if troubles.of_message is of_message else None
        if not troubles:
            return None
        first = troubles[0] if isinstance(troubles[0], Trouble) else Trouble(troubles[0], WRONG_TEXT.body)
        if first.of_message is not of_message:
            return None
        del troubles[0]
        return first

    async def _take(self, request: web.Request, own: str, text: str, taken: Any, repeat: Trouble) -> web.StreamResponse:
        self.journal.append(Call(own, text, request.headers.get("X-API-KEY", ""), time.monotonic()))
        if self.latency_s:
            await asyncio.sleep(self.latency_s)
        if text in self.held:
            await self.held[text].wait()
        if (trouble := self._trouble(text, of_message=False)) is not None:
            if trouble.how is How.LOSE:
                self._show(own, text)
            return await self._refuse(request, trouble)
        if self.remembers and own in self.known:
            return await self._refuse(request, repeat)
        if (trouble := self._trouble(text, of_message=True)) is not None:
            if self.remembers_refused:
                self.known.add(own)
            return await self._refuse(request, trouble)
        self._show(own, text)
        return web.json_response(taken)

    def _show(self, own: str, text: str) -> None:
        self.shown.append((own, text))
        self.known.add(own)
        self._history[self.conversations.get(own, "")].append((own, int(time.time() * 1000)))

    async def _refuse(self, request: web.Request, trouble: Trouble) -> web.StreamResponse:
        if trouble.how is How.ANSWER:
            if isinstance(trouble.body, str):
                return web.Response(
                    status=trouble.status, text=trouble.body, content_type="text/html", headers=trouble.headers
                )
            return web.json_response(trouble.body or {}, status=trouble.status, headers=trouble.headers)
        if trouble.how is How.HEADERS:
            response = web.StreamResponse(headers={"Content-Length": "100", "Content-Type": "application/json"})
            await response.prepare(request)
        if trouble.how in (How.HANG, How.HEADERS):
            await self._lifted.wait()
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    async def _edna(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        own, text = body["requestId"], body["content"]["whatsappContent"]["text"]
        repeat = Trouble(400, {"title": "requestId-is-not-unique"})
        return await self._take(request, own, text, {"requestId": own}, repeat)

    async def _amojo(self, request: web.Request) -> web.StreamResponse:
        self.bodies.append(await request.read())
        payload = (await request.json())["payload"]
        own, text = payload["msgid"], payload["message"]["text"]
        if not self.connected:
            self.journal.append(Call(own, text, "", time.monotonic()))
            return web.json_response({}, status=403)
        self.conversations[own] = payload["conversation_id"]
        quoted = payload.get("reply_to", {}).get("message", {})
        if self.heeds_quotes and quoted and quoted.get("msgid") not in self.known:
            self.journal.append(Call(own, text, "", time.monotonic()))
            return web.json_response({}, status=400)
        taken = {"new_message": {"msgid": f"amojo-{own}", "ref_id": own}}
        return await self._take(request, own, text, taken, Trouble(self.repeats, taken))

    async def _connect(self, _request: web.Request) -> web.Response:
        self.connects += 1
        self.connected = True
        return web.json_response({})

    async def _chat(self, request: web.Request) -> web.Response:
        return web.json_response({"id": f"chat {(await request.json())['conversation_id']}"})

    async def _messages(self, request: web.Request) -> web.Response:
        newest_first = self._history[request.match_info["chat"].removeprefix("chat ")][::-1]
        offset, limit = int(request.query["offset"]), int(request.query["limit"])
        page = [
            {"msec_timestamp": at, "message": {"client_id": own, "id": f"amojo-{own}"}}
            for own, at in newest_first[offset : offset + limit]
        ]
        return web.json_response({"messages": page})

    async def _status(self, request: web.Request) -> web.StreamResponse:
        message = request.match_info["message"]
        body = await request.json()
        if not self.connected:
            return web.Response(status=404)
        if self.ours is not None and message not in self.ours:
            self.unknown_statuses += 1
            return web.Response(status=404)
        if (trouble := self._trouble(message, of_message=False)) is not None:
            return await self._refuse(request, trouble)
        self.statuses.append((message, body))
        return web.Response()
