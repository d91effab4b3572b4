"""What the fake amojo accepts and answers.

In the order of amojo.md §10: route, channel, signature, content type, JSON, fields, meaning.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from sandbox.amojo import shapes
from sandbox.amojo.config import BEHAVIOUR, CONNECTED, AmojoConfig
from sandbox.amojo.content import TYPES, Writing
from sandbox.amojo.media import Media
from sandbox.amojo.messages import accept_message, edit_message, history, react, shown
from sandbox.amojo.operator import Operator
from sandbox.amojo.routes import PREFIX, Route, route
from sandbox.amojo.signature import refusal
from sandbox.amojo.state import Scope, User
from sandbox.fields import checked
from sandbox.files import Shelf
from sandbox.hooks import HookSender, Repeats
from sandbox.vendor import NOT_JSON, Call, Control, Outline, Reply, reply, text

HELP = f"""A fake amojo (amoCRM chats).

{PREFIX}/...             connect, disconnect, chats, messages, delivery_status, typing, react, history (signed)
POST /operator/messages  an operator writes: {{"conversation_id":"...","text":"...","id":"<uuid>"}}; instead of
                         conversation_id also chat_id (amojo's id of a chat) or phone (the operator writes first), and
                         if you like "source", "hook_version" (v1), "type" with "file_name", "size", "media",
                         "duration", "location", "contact": {", ".join(sorted(TYPES))}; "album" (names of files),
                         "buttons" (rows), "list", "template", "reply_to" and "forward" (ids of messages), "content"
POST /operator/typing    {{"conversation_id":"..."}}
POST /operator/reactions {{"message_id":"...","emoji":"👍"}}; without emoji it is taken back
GET  /attachments/...    what operators sent, for ever and without a key
POST /behaviour          {", ".join(BEHAVIOUR)}
"""


@dataclass(slots=True)
class AmojoVendor:
    """One channel with one account."""

    config: AmojoConfig
    sender: HookSender
    shelf: Shelf
    media: Media
    name: str = "amojo"
    help: str = HELP
    scope: Scope = field(init=False)

    def __post_init__(self) -> None:
        self.scope = Scope(
            manager=User(id=self.config.manager_id, name=self.config.manager_name),
            connected=not self.config.require_connect,
        )
        self._draw_anew()

    def outline(self, method: str, path: str, document: Any) -> Outline:
        """See `Vendor.outline`. The conversation is the integration's id of it, as far as known."""
        found = route(method, path)
        if found is None:
            return Outline("unknown")
        if found.kind == "message":
            kind = text(document, "event_type") or "message"
            payload = document.get("payload") if isinstance(document, dict) else None
            conversation, words = text(payload, "conversation_id"), text(payload, "message", "text")
            return Outline(kind, conversation, text(payload, "msgid"), channel_of(conversation), words)
        key, conversation = "", text(document, "conversation_id")
        if found.kind == "delivery_status":
            message = self.scope.messages.get(found.target)
            code = shapes.status_code(document) if isinstance(document, dict) else None
            key, conversation = f"{found.target} {code}", self._conversation(message.chat_id if message else "")
        elif found.kind == "history":
            conversation = self._conversation(found.target)
        return Outline(found.kind, conversation, key, channel_of(conversation))

    def answer(self, call: Call) -> Reply:
        """See `Vendor.answer`."""
        found = route(call.method, call.path)
        if found is None or found.owner not in (self.config.channel_id, self.config.scope_id):
            return reply(404)
        if (found.owner == self.config.channel_id) != (found.kind in OF_THE_CHANNEL):
            return reply(404)
        why = refusal(self.config.channel_secret, call.method, call.path, call.headers, call.body, datetime.now(UTC))
        if why is not None:
            return _error(403, "FORBIDDEN", why)
        if call.headers["Content-Type"] != "application/json":
            return _error(400, "VALIDATION_ERROR", "Content-Type: exactly application/json")
        if found.kind != "history" and call.document is NOT_JSON:
            return _error(400, "VALIDATION_ERROR", "the body is not JSON")
        return ACTS[found.kind](self, found, call)

    def controls(self) -> Mapping[str, Control]:
        """See `Vendor.controls`."""
        writing = Writing(self.shelf, self.config.account_id)
        return Operator(lambda: self.config, self.scope, self.sender, writing).controls()

    def refused(self, call: Call) -> None:
        """See `Vendor.refused`: amojo forgets it."""

    def behaviour(self) -> dict[str, Any]:
        """See `Vendor.behaviour`."""
        return {name: self.scope.connected if name == CONNECTED else getattr(self.config, name) for name in BEHAVIOUR}

    def behave(self, document: Any) -> None:
        """See `Vendor.behave`."""
        given = dict(checked(document, BEHAVIOUR, "a behaviour"))
        self.scope.connected = given.pop(CONNECTED, self.scope.connected)
        self.config = replace(self.config, **given)
        if DRAWN & given.keys():
            self._draw_anew()

    def _connect(self, _found: Route, call: Call) -> Reply:
        problem = shapes.wrong(call.document, shapes.CONNECT)
        version = text(call.document, "hook_api_version") or "v1"  # amojo.md §1.3: the default is the old one
        if problem is None and version not in ("v1", "v2"):
            problem = "hook_api_version: v1 or v2"
        if problem is not None:
            return _invalid(problem)
        if self.config.refuse_connect or call.document["account_id"] != self.config.account_id:
            return _error(403, "FORBIDDEN", "the channel is private and this account is not on its list")
        self.scope.connected = True
        self.scope.version = version
        self.scope.title = text(call.document, "title")
        answer = {
            "account_id": self.config.account_id,
            "scope_id": self.config.scope_id,
            "title": self.scope.title,
            "hook_api_version": version,
            "is_time_window_disabled": bool(call.document.get("is_time_window_disabled")),
        }
        return reply(200, answer)

    def _disconnect(self, _found: Route, call: Call) -> Reply:
        problem = shapes.wrong(call.document, shapes.DISCONNECT)
        if problem is not None:
            return _invalid(problem)
        if call.document["account_id"] != self.config.account_id:
            return reply(404)
        self.scope.connected = False
        return reply(200)

    def _chats(self, _found: Route, call: Call) -> Reply:
        problem = shapes.wrong(call.document, shapes.CHAT)
        if problem is not None:
            return _invalid(problem)
        if not self.scope.connected:
            return self._not_connected()
        given = call.document["user"]
        user = self.scope.user(given["id"], given["name"])
        user.phone = shapes.at(given, "profile.phone") or user.phone
        user.email = shapes.at(given, "profile.email") or user.email
        user.avatar = given.get("avatar") or user.avatar
        chat = self.scope.chat(call.document["conversation_id"], user)
        chat.source = shapes.at(call.document, "source.external_id") or chat.source
        described = {
            "id": user.id,
            "client_id": user.client_id,
            "name": user.name,
            "avatar": user.avatar,
            "phone": user.phone,
            "email": user.email,
        }
        return reply(200, {"id": chat.id, "user": {name: value for name, value in described.items() if value}})

    def _message(self, _found: Route, call: Call) -> Reply:
        problem = shapes.wrong(call.document, shapes.ENVELOPE)
        if problem is not None:
            return _invalid(problem)
        wrong = PAYLOADS.get(call.document["event_type"])
        problem = wrong(call.document["payload"]) if wrong else "event_type: new_message or edit_message"
        if problem is not None:
            return _invalid(problem)
        if not self.scope.connected:
            return self._not_connected()
        if call.document["event_type"] == "edit_message":
            return self._edit(call.document["payload"])
        accepted = accept_message(self.scope, call.document["payload"])
        if isinstance(accepted, str):
            return _invalid(accepted)
        answer, repeated = accepted
        if repeated and self.config.duplicate_msgid == "http_400":
            return _error(400, "VALIDATION_ERROR", "msgid: not unique", duplicate=True)
        seen = shown(call.document["payload"])
        if not repeated and self.config.fetch_media:
            self.media.read(call.document["payload"], call.outline.conversation, seen)
        return reply(200, {"new_message": answer}, "duplicate" if repeated else "new", shown=seen)

    def _edit(self, payload: dict[str, Any]) -> Reply:
        answer = edit_message(self.scope, payload)
        return (
            _invalid("msgid: unknown") if answer is None else reply(200, {"new_message": answer}, shown=shown(payload))
        )

    def _delivery_status(self, found: Route, call: Call) -> Reply:
        problem = shapes.wrong_status(call.document, found.target)
        if problem is not None:
            return _invalid(problem)
        if not self.scope.connected:
            return self._not_connected()
        message = self.scope.messages.get(found.target)
        if message is None:
            return reply(404)
        told = (shapes.status_code(call.document), call.document.get("error_code") or None)
        repeated = message.status == told
        message.status = told
        return reply(200, None, "duplicate" if repeated else "new")

    def _react(self, _found: Route, call: Call) -> Reply:
        problem = shapes.wrong_reaction(call.document)
        if problem is not None:
            return _invalid(problem)
        if not self.scope.connected:
            return self._not_connected()
        return reply(200 if react(self.scope, call.document) else 404)

    def _typing(self, _found: Route, call: Call) -> Reply:
        problem = shapes.wrong(call.document, shapes.TYPING)
        if problem is not None:
            return _invalid(problem)
        return reply(204) if self.scope.connected else self._not_connected()

    def _history(self, found: Route, call: Call) -> Reply:
        if not self.scope.connected:
            return self._not_connected()
        chat = self.scope.chats.get(found.target)
        page = [call.query.get("offset", "0"), call.query.get("limit", "50")]
        if not all(value.isascii() and value.isdecimal() for value in page):
            return _invalid("offset, limit: whole numbers")
        messages = history(chat, *map(int, page)) if chat else []
        return reply(200, {"messages": messages}) if messages else reply(204)

    def _not_connected(self) -> Reply:
        status = self.config.disconnected_status
        return reply(404) if status == 404 else _error(status, "FORBIDDEN", "the account is not connected")

    def _conversation(self, chat_id: str) -> str:
        """The integration's id of a chat, else amojo's; empty when there is no such chat."""
        chat = self.scope.chats.get(chat_id)
        return (chat.client_id or chat.id) if chat else ""

    def _draw_anew(self) -> None:
        config = self.config
        self.sender.repeat(Repeats(config.duplicate_share, config.duplicate_after_s, config.seed))


DRAWN = frozenset({"duplicate_share", "duplicate_after_s", "seed"})
PAYLOADS: dict[str, Callable[[Any], str | None]] = {
    "new_message": shapes.wrong_message,
    "edit_message": shapes.wrong_edit,
}
OF_THE_CHANNEL = frozenset({"connect", "disconnect"})
ACTS: dict[str, Callable[[AmojoVendor, Route, Call], Reply]] = {
    "connect": AmojoVendor._connect,
    "disconnect": AmojoVendor._disconnect,
    "chats": AmojoVendor._chats,
    "message": AmojoVendor._message,
    "delivery_status": AmojoVendor._delivery_status,
    "typing": AmojoVendor._typing,
    "react": AmojoVendor._react,
    "history": AmojoVendor._history,
}


def channel_of(conversation: str) -> str:
    """The channel in a conversation id `v1.<account>.<channel>.<address>`; empty when it has another form."""
    parts = conversation.split(".")
    return unquote(parts[2]) if len(parts) == 4 and parts[0] == "v1" else ""


def _error(status: int, kind: str, description: str, *, duplicate: bool = False) -> Reply:
    """An error body; the real one is known in outline only (amojo.md §2.6), so clients must not rely on it."""
    document: dict[str, Any] = {"error_code": status, "error_type": kind, "error_description": description}
    return reply(status, document, "duplicate" if duplicate else "refused")


def _invalid(problem: str) -> Reply:
    return _error(400, "VALIDATION_ERROR", problem)
