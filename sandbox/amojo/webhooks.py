"""The webhooks that amojo sends for what a manager does (amojo.md §6.4-§6.8). Pure."""

from __future__ import annotations

from typing import Any

from sandbox.amojo.config import AmojoConfig
from sandbox.amojo.state import Chat, Message, Scope, User

TYPED_FOR_S = 5
# What some hooks leave out when there is nothing to say (amojo.md §6.4).
OPTIONAL = ("markup", "tag", "media", "thumbnail", "file_name", "file_size", "text")

Json = dict[str, Any]


def document(config: AmojoConfig, scope: Scope, version: str, chat: Chat, message: Message) -> Json:
    """The hook of a message, of the version that the account asked for in `connect`."""
    return _v1(chat, message) if version == "v1" else _v2(config, scope, chat, message)


def typing(config: AmojoConfig, scope: Scope, chat: Chat, post_id: str) -> Json:
    """The hook of a manager who types, under a post when there is one."""
    now_s = config.now_ms // 1000
    typed: Json = {"conversation": _conversation(chat), "expired_at": now_s + TYPED_FOR_S}
    typed |= {"post_id": post_id} if post_id else {}
    user = {"id": scope.manager.id}
    inside = config.action_form == "sample"
    action = {"typing": {"user": user, **typed}} if inside else {"user": user, "typing": typed}
    return {"account_id": scope.account_id, "time": now_s, "action": action}


def reaction(config: AmojoConfig, scope: Scope, chat: Chat, message: Message, emoji: str) -> Json:
    """The hook of a manager's reaction, or of one taken back."""
    named: Json = {"msgid": message.id} if config.action_form == "sample" else {"message": _named(message)}
    told: Json = {**named, "user": {"id": scope.manager.id}, "conversation": _conversation(chat)}
    told |= {"type": "react", "emoji": emoji} if emoji else {"type": "unreact"}
    return {"account_id": scope.account_id, "time": config.now_ms // 1000, "action": {"reaction": told}}


def person(user: User) -> Json:
    """A participant inside another message."""
    return _present({"id": user.id, "client_id": user.client_id, "name": user.name})


def _v2(config: AmojoConfig, scope: Scope, chat: Chat, message: Message) -> Json:
    client = chat.user
    receiver = _present(
        {
            "id": client.id,
            "name": client.name,
            "phone": client.phone,
            "email": client.email,
            "client_id": client.client_id,
        }
    )
    sender: Json = {"id": message.sender.id, "name": message.sender.name}
    content = dict(message.content)
    if config.empty_optional:
        receiver = {"phone": "", "email": "", **receiver}
        sender["client_id"] = None
    if config.omit_optional:
        content = {name: value for name, value in content.items() if value or name not in OPTIONAL}
        receiver.pop("name", None)
        del sender["name"]
    body: Json = {
        "receiver": receiver,
        "sender": sender,
        "conversation": _conversation(chat),
        "timestamp": message.ms // 1000,
        "msec_timestamp": message.ms,
        "message": {"id": message.id, **content},
    }
    source = chat.source or config.default_source
    if source:
        body["source"] = {"external_id": source}
    return {"account_id": scope.account_id, "time": message.ms // 1000, "message": body}


def _v1(chat: Chat, message: Message) -> Json:
    return {
        "receiver": chat.user.client_id or "",
        "conversation_id": chat.client_id or "",
        "msec_timestamp": message.ms,
        "media_group_id": "",
        **message.content,
    }


def _named(message: Message) -> Json:
    """A message as the documentation's table of reactions has it."""
    told: Json = {"id": message.id, "sender": person(message.sender)}
    told |= {"client_id": message.msgid} if message.msgid else {}
    told |= {"receiver": person(message.receiver)} if message.receiver else {}
    return told | {"timestamp": message.ms // 1000, "msec_timestamp": message.ms}


def _conversation(chat: Chat) -> Json:
    return _present({"id": chat.id, "client_id": chat.client_id})


def _present(values: dict[str, str | None]) -> Json:
    return {name: value for name, value in values.items() if value}
