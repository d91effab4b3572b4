"""What the fake edna accepts, answers and sends afterwards."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sandbox.edna.checks import (
    CONTENT_KEYS,
    NOT_UNIQUE,
    REQUEST_ID_LIMIT,
    Known,
    Problem,
    cascade_of,
    readme_problem,
    schedule_problem,
)
from sandbox.edna.clients import Clients
from sandbox.edna.config import BEHAVIOUR, Channel, EdnaConfig
from sandbox.edna.foreign import ForeignStatuses
from sandbox.edna.outbox import Outbox
from sandbox.edna.statuses import planned
from sandbox.edna.webhooks import Sent
from sandbox.fields import checked
from sandbox.hooks import HookSender, Repeats
from sandbox.journal import now_ms
from sandbox.vendor import Call, Control, Outline, Reply, reply, text

SCHEDULE_PATH = "/api/cascade/schedule"
README_PATH = "/api/messages/send"

HELP = f"""A fake edna Pulse.

POST {SCHEDULE_PATH}   a send through a cascade (X-API-KEY)
POST {README_PATH}     the README form (X-API-KEY)
POST /client/messages  a client writes: {{"channel":"345","address":"79001234567","text":"..."}}
                       and if you like "name", "id", "form": pulse (default), array, readme
                       (default when channel is no number)
POST /client/read      the client opened a message: {{"request_id":"..."}}
POST /client/status    any other status: {{"request_id":"...","status":"FAILED","error":"user-blocked"}}
POST /client/foreign-statuses   statuses of messages that are not ours, in no journal: {{"count":1000}} and if you like
                       "per_s" (200), "seed", "kinds" of request id: number, uuid, string, null. Answers what waits and
                       how those before were answered; count 0 only asks
POST /behaviour        {", ".join(BEHAVIOUR)}
"""


@dataclass(slots=True)
class EdnaVendor:
    """One edna account. Ids rise from the clock, so that they are fresh after a restart, and larger than 2^31."""

    config: EdnaConfig
    sender: HookSender
    name: str = "edna"
    help: str = HELP
    _sent: dict[str, Sent] = field(default_factory=dict)
    _contents: dict[tuple[str, str], float] = field(default_factory=dict)
    _refused: set[str] = field(default_factory=set)
    _next_id: int = field(default_factory=lambda: now_ms() * 100)
    _dice: random.Random = field(init=False)
    _channels: dict[str, Channel] = field(init=False)
    _outbox: Outbox = field(init=False)
    _foreign: ForeignStatuses = field(init=False)

    def __post_init__(self) -> None:
        self._channels = self.config.channels
        for channel in self._channels.values():
            if channel.im_type not in CONTENT_KEYS:
                raise ValueError(f"im_type={channel.im_type}: the fake edna knows {', '.join(CONTENT_KEYS)}")
        self._outbox = Outbox(self.sender, self.config.webhook_key)
        self._foreign = ForeignStatuses(self._outbox.post)
        self._draw_anew()

    def outline(self, _method: str, path: str, document: Any) -> Outline:
        """See `Vendor.outline`. The conversation is channel/address as far as a send tells it."""
        if path == SCHEDULE_PATH:
            address = text(document, "subscriberFilter", "address").removeprefix("+")
            channel = str(self._channel(document).subject_id)
            return Outline("schedule", f"{channel}/{address}", text(document, "requestId"), channel, _words(document))
        if path == README_PATH:
            channel = text(document, "imType")
            conversation = f"{channel}/{text(document, 'subject')}"
            return Outline("send", conversation, channel=channel, text=text(document, "text"))
        return Outline("unknown")

    def answer(self, call: Call) -> Reply:
        """See `Vendor.answer`. The order is that of edna.md §12."""
        act = ACTS.get((call.method, call.path))
        if act is None:
            return _problem(404, "not-found", f"no such method: {call.method} {call.path}")
        if call.headers.get("X-API-KEY") != self.config.api_key:
            return _not_authentic(call.path)
        if call.headers.get("Content-Type", "").partition(";")[0].strip().lower() != "application/json":
            return _problem(415, "unsupported-media-type", "Content-Type must be application/json")
        if not isinstance(call.document, dict):
            return _problem(400, "request-not-readable", "the body must be a JSON object")
        return act(self, call, call.document)

    def controls(self) -> Mapping[str, Control]:
        """See `Vendor.controls`."""
        clients = Clients(self._outbox, self._sent, self._fresh_id)
        return {**clients.controls(), "/client/foreign-statuses": self._foreign_statuses}

    def refused(self, call: Call) -> None:
        """See `Vendor.refused`."""
        if self.config.remember_refused and call.path == SCHEDULE_PATH:
            request_id = text(call.document, "requestId")
            if 0 < len(request_id) <= REQUEST_ID_LIMIT:
                self._refused.add(request_id)

    def behaviour(self) -> dict[str, Any]:
        """See `Vendor.behaviour`."""
        return {name: getattr(self.config, name) for name in BEHAVIOUR}

    def behave(self, document: Any) -> None:
        """See `Vendor.behave`."""
        given = checked(document, BEHAVIOUR, "a behaviour")
        self.config = replace(self.config, **given)
        if DRAWN & given.keys():
            self._draw_anew()

    def _schedule(self, call: Call, document: dict[str, Any]) -> Reply:
        known = Known(self._sent, self._refused, {name: one.im_type for name, one in self._channels.items()})
        problem = schedule_problem(document, known)
        if problem is not None:
            if problem.title != NOT_UNIQUE:
                self.refused(call)
            return _refusal(problem)
        channel = self._channel(document)
        sent = Sent(
            request_id=document["requestId"],
            message_id=self._fresh_id(),
            cascade_id=cascade_of(document),
            subject=channel.subject,
            subject_id=channel.subject_id,
            conversation=call.outline.conversation,
            comment=document.get("comment"),
            readme=False,
        )
        self._accepted(sent, json.dumps(document["content"], sort_keys=True))
        return reply(200, {"requestId": sent.request_id})

    def _send(self, call: Call, document: dict[str, Any]) -> Reply:
        missing = readme_problem(document)
        if missing is not None:
            return _problem(400, f"{missing}-not-specified", f"{missing} must be a non-empty string")
        number = self._fresh_id()
        sent = Sent(
            request_id=f"msg-{number}",
            message_id=number,
            cascade_id="",
            subject=self.config.subject,
            subject_id=self.config.subject_id,
            conversation=call.outline.conversation,
            comment=None,
            readme=True,
        )
        self._accepted(sent, document["text"])
        return reply(200, {"id": sent.request_id})

    def _accepted(self, sent: Sent, content: str) -> None:
        self._sent[sent.request_id] = sent
        config = self.config
        if self._seen_lately(sent.conversation, content):
            self._outbox.push_status(sent, "CANCELLED", None, config.sent_after_s)
            return
        for one in planned(config, self._dice):
            self._outbox.push_status(sent, one.name, None, one.after_s, one.true_after_s)

    def _seen_lately(self, conversation: str, content: str) -> bool:
        window = self.config.duplicate_window_s
        if window <= 0:
            return False
        now = time.monotonic()
        last = self._contents.get((conversation, content))
        if last is not None and now - last < window:
            return True
        self._contents[conversation, content] = now
        return False

    async def _foreign_statuses(self, document: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        work = self._foreign.order(document, self.config.channel)
        self.sender.spawn(work)
        return 200, self._foreign.counts()

    def _channel(self, document: Any) -> Channel:
        return self._channels.get(cascade_of(document), self._channels[str(self.config.cascade_id)])

    def _draw_anew(self) -> None:
        config = self.config
        self._dice = random.Random(config.seed)  # noqa: S311 - repeatable, not secret
        self.sender.repeat(Repeats(config.duplicate_share, config.duplicate_after_s, config.seed))

    def _fresh_id(self) -> int:
        self._next_id += 1
        return self._next_id


ACTS: dict[tuple[str, str], Callable[[EdnaVendor, Call, dict[str, Any]], Reply]] = {
    ("POST", SCHEDULE_PATH): EdnaVendor._schedule,
    ("POST", README_PATH): EdnaVendor._send,
}


DRAWN = frozenset({"duplicate_share", "duplicate_after_s", "seed"})


def _words(document: Any) -> str:
    """The text of a cascade send, of whichever stage has one."""
    content = document.get("content") if isinstance(document, dict) else None
    stages = content.values() if isinstance(content, dict) else ()
    return "\n".join(filter(None, (text(stage, "text") for stage in stages)))


def _not_authentic(path: str) -> Reply:
    """The cascade family has a problem body, everything else a code (edna.md §12)."""
    if path == SCHEDULE_PATH:
        return _problem(401, "auth-error", "Authentication failed: check spelling and expiry of the key")
    return reply(401, {"code": "auth-error"})


def _refusal(problem: Problem) -> Reply:
    return _problem(400, problem.title, problem.detail, duplicate=problem.duplicate)


def _problem(code: int, title: str, detail: str, *, duplicate: bool = False) -> Reply:
    """edna's problem body (edna.md §2.6 A)."""
    return reply(code, {"title": title, "status": code, "detail": detail}, "duplicate" if duplicate else "refused")
