"""The webhooks that amojo sends for what a manager does (amojo.md §6.4-§6.8). Pure."""

from __future__ import annotations

from typing import Any

from sandbox.amojo.config import AmojoConfig
from sandbox.amojo.state import Chat, Message, User
from sandbox.journal import now_ms

TYPED_FOR_S = 5
# What some hooks leave out when there is nothing to say (amojo.md §6.4).
OPTIONAL = ("markup", "tag", "media", "thumbnail", "file_name", "file_size", "text")

Json = dict[str, Any]


def document(config: AmojoConfig, version: str, chat: Chat, message: Message) -> Json:
    """The hook of a message, of the version that the account asked for in `connect`."""
    return _v1(chat, message) if version == "v1" else _v2(config, chat, message)


def typing(config: AmojoConfig, manager: User, chat: Chat) -> Json:
    """The hook of a manager who types."""
    now_s = now_ms() // 1000
    typed = {"user": {"id": manager.id}, "conversation": _conversation(chat), "expired_at": now_s + TYPED_FOR_S}
    return {"account_id": config.account_id, "time": now_s, "action": {"typing": typed}}


def reaction(config: AmojoConfig, manager: User, chat: Chat, message_id: str, emoji: str) -> Json:
    """The hook of a manager's reaction, or of one taken back."""
    told: Json = {"msgid": message_id, "user": {"id": manager.id}, "conversation": _conversation(chat)}
    told |= {"type": "react", "emoji": emoji} if emoji else {"type": "unreact"}
    return {"account_id": config.account_id, "time": now_ms() // 1000, "action": {"reaction": told}}


def person(user: User) -> Json:
    """A participant inside another message."""
    return _present({"id": user.id, "client_id": user.client_id, "name": user.name})


def _v2(config: AmojoConfig, chat: Chat, message: Message) -> Json:
    client = chat.user
    receiver = {"id": client.id, "name": client.name, "phone": client.phone, "client_id": client.client_id}
    content = dict(message.content)
    if config.omit_optional:
        content = {name: value for name, value in content.items() if value or name not in OPTIONAL}
        del receiver["name"]
    body: Json = {
        "receiver": _present(receiver),
        "sender": {"id": message.sender.id} | ({} if config.omit_optional else {"name": message.sender.name}),
        "conversation": _conversation(chat),
        "timestamp": message.ms // 1000,
        "msec_timestamp": message.ms,
        "message": {"id": message.id, **content},
    }
    source = chat.source or config.default_source
    if source:
        body["source"] = {"external_id": source}
    return {"account_id": config.account_id, "time": message.ms // 1000, "message": body}


def _v1(chat: Chat, message: Message) -> Json:
    return {
        "receiver": chat.user.client_id or "",
        "conversation_id": chat.client_id or "",
        "msec_timestamp": message.ms,
        "media_group_id": "",
        **message.content,
    }


def _conversation(chat: Chat) -> Json:
    return _present({"id": chat.id, "client_id": chat.client_id})


def _present(values: dict[str, str | None]) -> Json:
    return {name: value for name, value in values.items() if value}
