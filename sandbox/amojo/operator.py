"""The operator of the fake account: writes into chats, and amojo sends the hook."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.amojo.config import AmojoConfig
from sandbox.amojo.signature import hook_bytes, hook_signature
from sandbox.amojo.state import Chat, Message, Scope
from sandbox.amojo.webhooks import document
from sandbox.hooks import Hook, HookSender
from sandbox.vendor import text

TARGETS = ("conversation_id", "chat_id", "phone")


@dataclass(frozen=True, slots=True)
class Operator:
    """A person at amoCRM's chat. `config` is asked each time, because it may change."""

    config: Callable[[], AmojoConfig]
    scope: Scope
    sender: HookSender

    async def write(self, order: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Write a text; its hook follows in the background. Raises ValueError naming a wrong field.

        A conversation that amojo has not met gets a chat with a client of the same id. An `id` that was used before
        sends the same hook again.
        """
        words = text(order, "text")
        if not words:
            raise ValueError("text: needed")
        message_id = _uuid(order.get("id"))
        given = [name for name in TARGETS if order.get(name)]
        if len(given) != 1:
            raise ValueError(f"exactly one of {', '.join(TARGETS)} is needed")
        if not self.scope.connected:
            return 409, {
                "detail": "the account is not connected to the channel: the inbound agent connects it at start"
            }
        chat = self._chat(given[0], text(order, given[0]))
        if chat is None:
            return 404, {"detail": "chat_id: no such chat"}
        message = self.scope.messages.get(message_id)
        if message is None:
            message = Message(
                id=message_id,
                chat_id=chat.id,
                msgid=None,
                sender=self.scope.manager,
                receiver=chat.user,
                type="text",
                text=words,
                media="",
                ms=chat.next_ms(),
            )
            self.scope.add(chat, message)
        self._push(chat, message)
        return 200, {"id": message_id, "chat_id": chat.id}

    def _chat(self, target: str, value: str) -> Chat | None:
        if target == "chat_id":
            return self.scope.chats.get(value)
        if target == "phone":
            return self.scope.chat_with_phone(value)
        return self.scope.chat(value, self.scope.user(value, value))

    def _push(self, chat: Chat, message: Message) -> None:
        config = self.config()
        signed = hook_bytes(document(config.account_id, self.scope.version, chat, message))
        headers = {
            "Content-Type": "application/json",
            "X-Signature": hook_signature(config.channel_secret, signed),
        }
        body = signed + b"\n" if config.hook_newline else signed
        self.sender.push(Hook(chat.id, "operator", chat.client_id or chat.id, message.id, headers, body))


def _uuid(given: Any) -> str:
    if given is None:
        return str(uuid.uuid4())
    try:
        return str(uuid.UUID(given))
    except (ValueError, TypeError, AttributeError):
        raise ValueError("id: must be a UUID") from None
