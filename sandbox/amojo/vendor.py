"""What the fake amojo accepts and answers.

In the order of amojo.md §10: route, channel, signature, content type, JSON, fields, meaning.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

from sandbox.amojo import shapes
from sandbox.amojo.calls import Calls
from sandbox.amojo.config import BEHAVIOUR, CONNECTED, AmojoConfig, behaviour_from
from sandbox.amojo.connection import Connection
from sandbox.amojo.content import TYPES
from sandbox.amojo.media import Media
from sandbox.amojo.operator import Operator
from sandbox.amojo.refusals import error, invalid
from sandbox.amojo.routes import PREFIX, Route, route
from sandbox.amojo.scopes import Scopes
from sandbox.amojo.signature import refusal, signed_as_before
from sandbox.amojo.state import Scope
from sandbox.files import Shelf
from sandbox.hooks import HookSender, Repeats
from sandbox.vendor import NOT_JSON, Call, Control, Outline, Reply, text

HELP = f"""A fake amojo (amoCRM chats).

{PREFIX}/...             connect, disconnect, chats, messages, delivery_status, typing, react, history (signed)
POST /operator/messages  an operator writes: {{"conversation_id":"...","text":"...","id":"<uuid>"}}; instead of
                         conversation_id also chat_id (amojo's id of a chat) or phone (the operator writes first), and
                         if you like "source", "hook_version" (v1), "type" with "file_name", "size", "media",
                         "duration", "location", "contact", "post": {", ".join(sorted(TYPES))};
                         "album" (names of files), "buttons" (rows), "list", "template", "reply_to" and "forward" (ids
                         of messages), "content"; "account_id": in another account than the channel's own
POST /operator/typing    {{"conversation_id":"..."}} and if you like "post_id"; "hook" says whether one is sent: amojo
                         sends one in 5 s
POST /operator/reactions {{"message_id":"...","emoji":"👍"}}; without emoji it is taken back
GET  /attachments/...    what operators sent, for ever and without a key
POST /behaviour          {", ".join(BEHAVIOUR)}
"""


OF_THE_CHANNEL = frozenset({"connect", "disconnect"})
OF_OLD = frozenset({"connect", "disconnect", "message"})  # there before the signature of today (amojo.md §2.5)
DRAWN = frozenset({"duplicate_share", "duplicate_after_s", "seed"})


@dataclass(slots=True)
class AmojoVendor:
    """One channel with its accounts. `hook_url` tells where hooks go by default, the mark for the scope in it."""

    config: AmojoConfig
    sender: HookSender
    shelf: Shelf
    media: Media
    hook_url: Callable[[], str | None]
    name: str = "amojo"
    help: str = field(init=False)
    scopes: Scopes = field(init=False)
    _calls: Calls = field(init=False)
    _connection: Mapping[str, Callable[[Call], Reply]] = field(init=False)

    def __post_init__(self) -> None:
        config = self.config
        self.help = f"{HELP}\nThis channel: {config.channel_code}, its bot {config.bot_id} ({config.bot_name})\n"
        self.scopes = Scopes(self._config)
        self._calls = Calls(self._config, self.media)
        self._connection = Connection(self._config, self.scopes).calls()
        self._draw_anew()

    @property
    def scope(self) -> Scope:
        """That of the channel's own account."""
        return self.scopes.own

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
        scope = self.scopes.with_id(found.owner)
        if found.kind == "delivery_status":
            message = scope.messages.get(found.target) if scope else None
            code = shapes.status_code(document) if isinstance(document, dict) else None
            key, conversation = f"{found.target} {code}", _conversation(scope, message.chat_id if message else "")
        elif found.kind == "history":
            conversation = _conversation(scope, found.target)
        return Outline(found.kind, conversation, key, channel_of(conversation))

    def answer(self, call: Call) -> Reply:
        """See `Vendor.answer`."""
        answer = self._judged(call)
        bare = self.config.kommo and answer.status == 200 and not answer.body
        return replace(answer, body=b"{}") if bare else answer

    def controls(self) -> Mapping[str, Control]:
        """See `Vendor.controls`."""
        return Operator(self._config, self.scopes, self.sender, self.shelf, self.hook_url).controls()

    def refused(self, call: Call) -> None:
        """See `Vendor.refused`: amojo forgets it."""

    def behaviour(self) -> dict[str, Any]:
        """See `Vendor.behaviour`."""
        return {name: self.scope.connected if name == CONNECTED else getattr(self.config, name) for name in BEHAVIOUR}

    def behave(self, document: Any) -> None:
        """See `Vendor.behave`."""
        given = behaviour_from(document)
        self.scope.connected = given.pop(CONNECTED, self.scope.connected)
        self.config = replace(self.config, **given)
        if DRAWN & given.keys():
            self._draw_anew()

    def _judged(self, call: Call) -> Reply:
        found = route(call.method, call.path)
        if found is None:
            return error(404, "no such call")
        scope, of_channel = self.scopes.with_id(found.owner), found.owner == self.config.channel_id
        if of_channel != (found.kind in OF_THE_CHANNEL) or not (of_channel or scope):
            return error(404, "no such channel or scope")
        why = self._not_authentic(found, call)
        if why is not None:
            return error(403, why)
        if call.headers.get("Content-Type") != "application/json":
            return invalid("Content-Type: exactly application/json")
        if found.kind != "history" and call.document is NOT_JSON:
            return invalid("the body is not JSON")
        return self._connection[found.kind](call) if scope is None else self._calls.act(scope, found, call)

    def _not_authentic(self, found: Route, call: Call) -> str | None:
        secret = self.config.channel_secret
        old = self.config.body_signature and found.kind in OF_OLD
        if old and signed_as_before(secret, call.headers, call.body):
            return None
        now = datetime.now(UTC) + timedelta(seconds=self.config.clock_offset_s)
        return refusal(secret, call.method, call.path, call.headers, call.body, now)

    def _config(self) -> AmojoConfig:
        return self.config

    def _draw_anew(self) -> None:
        config = self.config
        self.sender.repeat(Repeats(config.duplicate_share, config.duplicate_after_s, config.seed))


def channel_of(conversation: str) -> str:
    """The channel in a conversation id `v1.<account>.<channel>.<address>`; empty when it has another form."""
    parts = conversation.split(".")
    return unquote(parts[2]) if len(parts) == 4 and parts[0] == "v1" else ""


def _conversation(scope: Scope | None, chat_id: str) -> str:
    """The integration's id of a chat, else amojo's; empty when there is no such chat."""
    chat = scope.chats.get(chat_id) if scope else None
    return (chat.client_id or chat.id) if chat else ""
