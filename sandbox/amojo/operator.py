"""The operator of the fake account: writes into chats, types, reacts, and amojo sends the hook."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.amojo import webhooks
from sandbox.amojo.config import AmojoConfig
from sandbox.amojo.content import Writing, embedded
from sandbox.amojo.signature import hook_bytes, hook_signature
from sandbox.amojo.state import Chat, Message, Scope
from sandbox.hooks import Hook, HookSender
from sandbox.vendor import Control, text

TARGETS = ("conversation_id", "chat_id", "phone")
NOT_CONNECTED = "the account is not connected to the channel: the inbound agent connects it at start"


@dataclass(frozen=True, slots=True)
class Operator:
    """A person at amoCRM's chat. `config` is asked each time, because it may change."""

    config: Callable[[], AmojoConfig]
    scope: Scope
    sender: HookSender
    writing: Writing

    def controls(self) -> dict[str, Control]:
        """What can be asked of them. Each raises ValueError naming a wrong field."""
        return {"/operator/messages": self.write, "/operator/typing": self.type, "/operator/reactions": self.react}

    async def write(self, order: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Write one message, or an album; the hooks follow in the background.

        A conversation that amojo has not met gets a chat with a client of the same id. An `id` that was used before
        sends the same hook again.
        """
        message_id = _uuid(order.get("id"))
        contents = self.writing.contents(order)
        chat, refusal = self._target(order)
        if chat is None:
            return refusal
        chat.source = text(order, "source") or chat.source
        contents[0] |= self._quoted(order)
        ids = [message_id, *(str(uuid.uuid4()) for _ in contents[1:])]
        for one_id, content in zip(ids, contents, strict=True):
            message = self.scope.messages.get(one_id)
            if message is None:
                message = self._message(one_id, chat, content)
                self.scope.add(chat, message)
            version = text(order, "hook_version") or self.scope.version
            self._push(chat, "operator", message.id, webhooks.document(self.config(), version, chat, message))
        return 200, {"id": message_id, "chat_id": chat.id, **({"ids": ids} if len(ids) > 1 else {})}

    async def type(self, order: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Begin to type; the hook says until when."""
        chat, refusal = self._target(order)
        if chat is None:
            return refusal
        self._push(chat, "operator_typing", "", webhooks.typing(self.config(), self.scope.manager, chat))
        return 200, {"chat_id": chat.id}

    async def react(self, order: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """React to a message of the chat with an emoji; without one take the reaction back."""
        message = self._known(text(order, "message_id"))
        if message is None:
            return 404, {"detail": "message_id: no such message"}
        chat = self.scope.chats[message.chat_id]
        hook = webhooks.reaction(self.config(), self.scope.manager, chat, message.id, text(order, "emoji"))
        self._push(chat, "operator_reaction", "", hook)
        return 200, {"chat_id": chat.id}

    def _target(self, order: dict[str, Any]) -> tuple[Chat | None, tuple[int, dict[str, Any]]]:
        """The chat that an order names, or what to answer instead."""
        given = [name for name in TARGETS if order.get(name)]
        if len(given) != 1:
            raise ValueError(f"exactly one of {', '.join(TARGETS)} is needed")
        if not self.scope.connected:
            return None, (409, {"detail": NOT_CONNECTED})
        value = text(order, given[0])
        if given[0] == "chat_id":
            return self.scope.chats.get(value), (404, {"detail": "chat_id: no such chat"})
        if given[0] == "phone":
            return self.scope.chat_with_phone(value, text(order, "source")), (404, {})
        return self.scope.chat(value, self.scope.user(value, value)), (404, {})

    def _message(self, message_id: str, chat: Chat, content: dict[str, Any]) -> Message:
        return Message(
            id=message_id,
            chat_id=chat.id,
            msgid=None,
            sender=self.scope.manager,
            receiver=chat.user,
            ms=chat.next_ms(),
            content=content,
        )

    def _quoted(self, order: dict[str, Any]) -> dict[str, Any]:
        """What a reply quotes or a message passes on."""
        told: dict[str, Any] = {}
        for name in ("reply_to", "forward"):
            if not order.get(name):
                continue
            message = self._known(text(order, name))
            if message is None:
                raise ValueError(f"{name}: no such message")
            sender = webhooks.person(message.sender)
            one = embedded(message.id, message.msgid, message.content, message.ms, sender)
            if name == "reply_to":
                told["reply_to"] = {"message": one}
            else:
                told["forwards"] = {"messages": [one], "conversation_ref_id": message.chat_id}
        return told

    def _known(self, message_id: str) -> Message | None:
        """By either side's id."""
        return self.scope.messages.get(message_id) or self.scope.messages_by_msgid.get(message_id)

    def _push(self, chat: Chat, kind: str, key: str, document: dict[str, Any]) -> None:
        config = self.config()
        signed = hook_bytes(document)
        headers = {
            "Content-Type": "application/json",
            "X-Signature": hook_signature(config.channel_secret, signed),
        }
        body = signed + b"\n" if config.hook_newline else signed
        self.sender.push(Hook(chat.id, kind, chat.client_id or chat.id, key, headers, body))


def _uuid(given: Any) -> str:
    if given is None:
        return str(uuid.uuid4())
    try:
        return str(uuid.UUID(given))
    except (ValueError, TypeError, AttributeError):
        raise ValueError("id: must be a UUID") from None
