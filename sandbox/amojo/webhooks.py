"""The webhooks that amojo sends for a manager's message (amojo.md §6.4, §6.7, §6.8). Pure."""

from __future__ import annotations

from typing import Any

from sandbox.amojo.state import Chat, Message


def document(account_id: str, version: str, chat: Chat, message: Message) -> dict[str, Any]:
    """The hook of the version that the account asked for in `connect`."""
    return _v1(chat, message) if version == "v1" else _v2(account_id, chat, message)


def _v2(account_id: str, chat: Chat, message: Message) -> dict[str, Any]:
    client = chat.user
    receiver = {"id": client.id, "name": client.name, "phone": client.phone, "client_id": client.client_id}
    conversation = {"id": chat.id, "client_id": chat.client_id}
    body: dict[str, Any] = {
        "receiver": _present(receiver),
        "sender": {"id": message.sender.id, "name": message.sender.name},
        "conversation": _present(conversation),
        "timestamp": message.ms // 1000,
        "msec_timestamp": message.ms,
        "message": {"id": message.id, **_content(message)},
    }
    if chat.source:
        body["source"] = {"external_id": chat.source}
    return {"account_id": account_id, "time": message.ms // 1000, "message": body}


def _v1(chat: Chat, message: Message) -> dict[str, Any]:
    return {
        "receiver": chat.user.client_id or "",
        "conversation_id": chat.client_id or "",
        "msec_timestamp": message.ms,
        **_content(message),
        "media_group_id": "",
    }


def _content(message: Message) -> dict[str, Any]:
    return {
        "type": message.type,
        "text": message.text,
        "markup": None,
        "tag": "",
        "media": message.media,
        "thumbnail": "",
        "file_name": "",
        "file_size": 0,
    }


def _present(values: dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}
