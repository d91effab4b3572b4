"""The operators of the fake's accounts: they write into chats, type, react, and amojo sends the hook."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from sandbox.amojo import permits, webhooks
from sandbox.amojo.config import SCOPE_MARK, AmojoConfig
from sandbox.amojo.content import Writing, embedded
from sandbox.amojo.scopes import Scopes
from sandbox.amojo.signature import hook_bytes, hook_signature
from sandbox.amojo.state import Chat, Message, Scope
from sandbox.files import Shelf
from sandbox.hooks import Hook, HookSender
from sandbox.vendor import Control, text

TARGETS = ("conversation_id", "chat_id", "phone")
NOT_CONNECTED = "the account is not connected to the channel: the inbound agent connects it at start"
NO_ACCOUNT = "account_id: this channel has no such account"

Answer = tuple[int, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Operator:
    """A person at amoCRM's chat. `config` is asked each time, because it may change; `hook_url` is where hooks go when
    none is given for their version."""

    config: Callable[[], AmojoConfig]
    scopes: Scopes
    sender: HookSender
    shelf: Shelf
    hook_url: Callable[[], str | None]

    def controls(self) -> dict[str, Control]:
        """What can be asked of them. Each raises ValueError naming a wrong field."""
        return {"/operator/messages": self.write, "/operator/typing": self.type, "/operator/reactions": self.react}

    async def write(self, order: dict[str, Any]) -> Answer:
        """Write one message, or an album; the hooks follow in the background.

        A conversation that amojo has not met gets a chat with a client of the same id. An `id` that was used before
        sends the same hook again.
        """
        message_id = _uuid(order.get("id"))
        scope, refusal = self._scope(order)
        if scope is None:
            return refusal
        contents = Writing(self.shelf, scope.account_id).contents(order)
        chat, refusal = self._target(scope, order)
        if chat is None:
            return refusal
        late = permits.too_late(self.config(), scope, chat, order, time.monotonic())
        if late:
            return 409, {"detail": late}
        chat.source = text(order, "source") or chat.source
        contents[0] |= _quoted(scope, order)
        ids = [message_id, *(str(uuid.uuid4()) for _ in contents[1:])]
        for one_id, content in zip(ids, contents, strict=True):
            message = scope.messages.get(one_id)
            if message is None:
                message = self._message(one_id, scope, chat, content)
                scope.add(chat, message)
            version = text(order, "hook_version") or scope.version
            document = webhooks.document(self.config(), scope, version, chat, message)
            self._push(scope, chat, "operator", message.id, document, version)
        return 200, {"id": message_id, "chat_id": chat.id, **({"ids": ids} if len(ids) > 1 else {})}

    async def type(self, order: dict[str, Any]) -> Answer:
        """Begin to type, or go on; a hook says until when, once in that time, and where support has switched it on."""
        scope, refusal = self._scope(order)
        if scope is None:
            return refusal
        chat, refusal = self._target(scope, order)
        if chat is None:
            return refusal
        now_s = time.monotonic()
        told = chat.typed_s is not None and now_s - chat.typed_s < webhooks.TYPED_FOR_S
        tell = self.config().typing_hooks and not told
        if tell:
            chat.typed_s = now_s
            document = webhooks.typing(self.config(), scope, chat, text(order, "post_id"))
            self._push(scope, chat, "operator_typing", "", document, scope.version)
        return 200, {"chat_id": chat.id, "hook": tell}

    async def react(self, order: dict[str, Any]) -> Answer:
        """React to a message of the chat with an emoji; without one take the reaction back."""
        scope, refusal = self._scope(order)
        if scope is None:
            return refusal
        message = scope.message(text(order, "message_id"))
        if message is None:
            return 404, {"detail": "message_id: no such message"}
        chat = scope.chats[message.chat_id]
        document = webhooks.reaction(self.config(), scope, chat, message, text(order, "emoji"))
        self._push(scope, chat, "operator_reaction", "", document, scope.version)
        return 200, {"chat_id": chat.id}

    def _scope(self, order: dict[str, Any]) -> tuple[Scope | None, Answer]:
        """The account of an order, the channel's own when it names none, or what to answer instead."""
        account = text(order, "account_id")
        scope = self.scopes.of(account) if account else self.scopes.own
        if scope is None:
            return None, (404, {"detail": NO_ACCOUNT})
        why = permits.refused(self.config(), order)
        return (None, (409, {"detail": why})) if why else (scope, (200, {}))

    def _target(self, scope: Scope, order: dict[str, Any]) -> tuple[Chat | None, Answer]:
        """The chat that an order names, or what to answer instead."""
        given = [name for name in TARGETS if order.get(name)]
        if len(given) != 1:
            raise ValueError(f"exactly one of {', '.join(TARGETS)} is needed")
        if not scope.connected:
            return None, (409, {"detail": NOT_CONNECTED})
        value = text(order, given[0])
        if given[0] == "chat_id":
            return scope.chats.get(value), (404, {"detail": "chat_id: no such chat"})
        if given[0] == "phone":
            return scope.chat_with_phone(value, text(order, "source")), (404, {})
        return scope.chat(value, scope.user(value, value)), (404, {})

    def _message(self, message_id: str, scope: Scope, chat: Chat, content: dict[str, Any]) -> Message:
        return Message(
            id=message_id,
            chat_id=chat.id,
            msgid=None,
            sender=scope.manager,
            receiver=chat.user,
            ms=chat.next_ms(self.config().now_ms),
            content=content,
        )

    def _push(self, scope: Scope, chat: Chat, kind: str, key: str, document: dict[str, Any], version: str) -> None:
        config = self.config()
        signed = hook_bytes(document)
        headers = {
            "Content-Type": "application/json",
            "X-Signature": hook_signature(config.channel_secret, signed),
        }
        body = signed + b"\n" if config.hook_newline else signed
        url = partial(self._address, scope.id, version)
        self.sender.push(Hook(chat.id, kind, chat.client_id or chat.id, key, headers, body, url))

    def _address(self, scope_id: str, version: str) -> str | None:
        url = self.config().hook_url_of(version)
        url = self.hook_url() if url is None else url
        return url.replace(SCOPE_MARK, scope_id) if url else None


def _quoted(scope: Scope, order: dict[str, Any]) -> dict[str, Any]:
    """What a reply quotes or a message passes on."""
    told: dict[str, Any] = {}
    for name in ("reply_to", "forward"):
        if not order.get(name):
            continue
        message = scope.message(text(order, name))
        if message is None:
            raise ValueError(f"{name}: no such message")
        sender = webhooks.person(message.sender)
        one = embedded(message.id, message.msgid, message.content, message.ms, sender)
        if name == "reply_to":
            told["reply_to"] = {"message": one}
        else:
            told["forwards"] = {"messages": [one], "conversation_ref_id": message.chat_id}
    return told


def _uuid(given: Any) -> str:
    if given is None:
        return str(uuid.uuid4())
    try:
        return str(uuid.UUID(given))
    except (ValueError, TypeError, AttributeError):
        raise ValueError("id: must be a UUID") from None
