"""What the fake edna accepts, answers and sends afterwards: its methods and where each is carried out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from sandbox.edna import direct, directory, history, legacy, schedule
from sandbox.edna.account import Account, problem
from sandbox.edna.callbacks import CALLBACK_PATH, Callbacks
from sandbox.edna.clients import Clients
from sandbox.edna.config import BEHAVIOUR, EdnaConfig
from sandbox.edna.contents import TYPES, Writing
from sandbox.edna.events import Events
from sandbox.edna.foreign import ForeignStatuses
from sandbox.fetching import Fetcher
from sandbox.fields import checked
from sandbox.files import Shelf
from sandbox.hooks import HookSender
from sandbox.vendor import Call, Control, Outline, Reply, reply

HELP = f"""A fake edna Pulse. Every method needs X-API-KEY.

POST {schedule.SCHEDULE_PATH}   a send through a cascade
POST {direct.MAX_PATH}, {direct.MAX_BOT_PATH}
POST {", ".join(direct.TEMPLATE_PATHS)}
POST {", ".join((*legacy.SEND_PATHS, *legacy.HSM_PATHS))}
POST {schedule.README_PATH}     the README form
GET  {directory.PROFILES_PATH}; POST {directory.CASCADES_PATH}, {directory.MATCHERS_PATH}
POST {history.HISTORY_PATH}, {history.CHANGE_STATUS_PATH}, {CALLBACK_PATH}

POST /client/messages  a client writes: {{"channel":"345","address":"79001234567","text":"..."}} and if you like "name",
                       "user" (userInfo, null too), "avatar", "identifiers", "id", "reply_to" (a request id),
                       "reply_to_own", "form": pulse (default), array, legacy, readme (default when channel is no
                       number), "type" with "caption", "attachment", "file_name", "size", "location", "payload" ...:
                       {", ".join(sorted(TYPES))}
                       or a whole "content"
POST /client/read      the client opened a message: {{"request_id":"..."}}
POST /client/status    any other status: {{"request_id":"...","status":"FAILED","error":"user-blocked"}}
POST /client/foreign-statuses   statuses of messages that are not ours, in no journal: {{"count":1000}} and if you like
                       "per_s" (200), "seed", "kinds" of request id: number, uuid, string, null. Answers what waits and
                       how those before were answered; count 0 only asks
POST /account/events   another event of the account, to messageMatcherCallbackUrl: {{"kind":"template","template":98,
                       "status":"PAUSED"}}, "category" (with "template" and "category"), "click" and "call" (if you like
                       with "channel", "address", "request_id", "url"); or a whole "body"
GET  /files/...        what clients sent, by signed links that expire
POST /behaviour        {", ".join(BEHAVIOUR)}
"""

Act = Callable[[Account, Call, dict[str, Any]], Reply]
DRAWN = frozenset({"duplicate_share", "duplicate_after_s", "seed"})

ACTS: dict[tuple[str, str], Act] = {
    ("POST", schedule.SCHEDULE_PATH): schedule.schedule,
    ("POST", schedule.README_PATH): schedule.readme,
    ("POST", direct.MAX_PATH): direct.send,
    ("POST", direct.MAX_BOT_PATH): direct.send,
    **{("POST", path): direct.send_template for path in direct.TEMPLATE_PATHS},
    **{("POST", path): legacy.send for path in (*legacy.SEND_PATHS, *legacy.HSM_PATHS)},
    ("GET", directory.PROFILES_PATH): directory.profiles,
    ("POST", directory.CASCADES_PATH): directory.cascades,
    ("POST", directory.MATCHERS_PATH): directory.matchers,
    ("POST", history.HISTORY_PATH): history.history,
    ("POST", history.CHANGE_STATUS_PATH): history.change_status,
}
OUTLINES: dict[str, Callable[[Account, Any], Outline]] = {
    schedule.SCHEDULE_PATH: schedule.schedule_outline,
    schedule.README_PATH: schedule.readme_outline,
    **dict.fromkeys((*legacy.SEND_PATHS, *legacy.HSM_PATHS), legacy.outline),
    **{path: partial(direct.max_outline, path) for path in direct.METHODS},
    **{path: partial(direct.template_outline, path) for path in direct.TEMPLATE_PATHS},
}
KINDS = {
    directory.PROFILES_PATH: "channels",
    directory.CASCADES_PATH: "cascades",
    directory.MATCHERS_PATH: "templates",
    history.HISTORY_PATH: "history",
    history.CHANGE_STATUS_PATH: "read",
    CALLBACK_PATH: "callback",
}


@dataclass(slots=True)
class EdnaVendor:
    """One edna account. `callbacks` tells where its webhooks go."""

    config: EdnaConfig
    sender: HookSender
    shelf: Shelf
    fetcher: Fetcher
    callbacks: Callbacks
    name: str = "edna"
    help: str = HELP
    account: Account = field(init=False)
    _foreign: ForeignStatuses = field(init=False)

    def __post_init__(self) -> None:
        self.account = Account(self.config, self.sender, self.fetcher, self.callbacks.url)
        self._foreign = ForeignStatuses(self.account.outbox.post)

    def outline(self, _method: str, path: str, document: Any) -> Outline:
        """See `Vendor.outline`. The conversation is channel/address as far as a send tells it."""
        path = path.rstrip("/")
        if path in OUTLINES:
            return OUTLINES[path](self.account, document)
        return Outline(KINDS.get(path, "unknown"))

    def answer(self, call: Call) -> Reply:
        """See `Vendor.answer`. The order is that of edna.md §12."""
        path = call.path.rstrip("/")
        asked_id = _asked_id(call.method, path)
        act = self.callbacks.set if (call.method, path) == ("POST", CALLBACK_PATH) else ACTS.get((call.method, path))
        if act is None and not asked_id:
            return problem(404, "not-found", f"no such method: {call.method} {call.path}")
        if call.headers.get("X-API-KEY") != self.config.api_key:
            return _not_authentic(path)
        if asked_id or act is None:
            return legacy.asked(self.account, asked_id)
        if call.method == "GET":
            return act(self.account, call, {})
        if call.headers.get("Content-Type", "").partition(";")[0].strip().lower() != "application/json":
            return problem(415, "unsupported-media-type", "Content-Type must be application/json")
        if not isinstance(call.document, dict):
            return problem(400, "request-not-readable", "the body must be a JSON object")
        return act(self.account, call, call.document)

    def controls(self) -> Mapping[str, Control]:
        """See `Vendor.controls`."""
        clients = Clients(self.account, Writing(self.shelf, lambda: self.config.file_life_s))
        events = Events(self.account)
        return {**clients.controls(), **events.controls(), "/client/foreign-statuses": self._foreign_statuses}

    def refused(self, call: Call) -> None:
        """See `Vendor.refused`."""
        if call.path == schedule.SCHEDULE_PATH:
            schedule.remember_refused(self.account, call.document)

    def behaviour(self) -> dict[str, Any]:
        """See `Vendor.behaviour`."""
        return {name: getattr(self.config, name) for name in BEHAVIOUR}

    def behave(self, document: Any) -> None:
        """See `Vendor.behave`."""
        given = checked(document, BEHAVIOUR, "a behaviour")
        self.config = self.account.config = replace(self.config, **given)
        if DRAWN & given.keys():
            self.account.draw_anew()

    async def _foreign_statuses(self, document: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        work = self._foreign.order(document, self.config.channel)
        self.sender.spawn(work)
        return 200, self._foreign.counts()


def _asked_id(method: str, path: str) -> str:
    """The id in `GET …/imOutMessage/{id}`, or nothing."""
    parent, _, name = path.rpartition("/")
    return name if method == "GET" and parent in legacy.SEND_PATHS else ""


def _not_authentic(path: str) -> Reply:
    """The cascade family has a problem body, everything else a code (edna.md §12)."""
    if path.startswith("/api/cascade/"):
        return problem(401, "auth-error", "Authentication failed: check spelling and expiry of the key")
    return reply(401, {"code": "auth-error"})
