"""From events to amojo's JSON. Pure: the same event always makes the same bytes, so that a repeat is one (I4)."""

from __future__ import annotations

from typing import Any

from bridge.compact import encoded
from bridge.errors import CannotCarry
from bridge.events import ContentType, InboundMessage, MessageStatus, StatusUpdate
from bridge.ids import amojo_msgid

DEFAULT_NAME = "Клиент"  # the last resort; amojo wants a name (amojo.md §3.3)

# amojo's code of a status; what is not here has no call of its own: `sent` is amojo's default (amojo.md §4).
STATUS_CODES = {MessageStatus.DELIVERED: 1, MessageStatus.READ: 2, MessageStatus.FAILED: -1}

# amojo.md §4: 904 = no such user in the messenger, 902 = switched off on the channel's side, 905 = anything else.
ERROR_CODES = {
    "not-whatsapp-user": 904,
    "not-viber-user": 904,
    "user-blocked": 904,
    "error-subject-unknown": 902,
    "error-system": 903,
}
OTHER_ERROR = 905

# What an operator reads beside a message that did not arrive.
SENTENCES = {
    "not-whatsapp-user": "У клиента нет WhatsApp на этом номере",
    "not-viber-user": "У клиента нет Viber на этом номере",
    "user-blocked": "Клиент заблокировал канал",
    "error-subject-unknown": "Канал отключён в edna",
    "error-insufficient-balance": "Недостаточно средств на балансе edna",
    "cancelled": "edna отменила сообщение: такой же текст уже отправлен этому клиенту недавно",
    "expired": "Сообщение не доставлено вовремя",
    "undelivered": "Сообщение не доставлено",
    "too-old": "Сообщение не отправлено: пока связи с edna не было, оно устарело",
    "budget": "edna так и не приняла сообщение: отправьте его ещё раз",
    "cannot-carry": "Такое сообщение нельзя отправить клиенту этого канала",
    "no-address": "Неизвестно, кому отправить: в чате нет адреса клиента",
}
OTHER_SENTENCE = "Сообщение не отправлено"
SENTENCE_LIMIT = 200  # characters that are sure to be shown (amojo.md §4)


def new_message(event: InboundMessage) -> bytes:
    """The body of `new_message` for a client's message. Raises CannotCarry when amojo has no form for it."""
    if event.content.type is not ContentType.TEXT or not event.content.text:
        raise CannotCarry(f"a message of type {event.content.type} without text cannot be carried yet")
    return encoded(
        {
            "event_type": "new_message",
            "payload": {
                "timestamp": event.accepted_at // 1000,
                "msec_timestamp": event.accepted_at,
                "msgid": msgid(event),
                "conversation_id": event.conversation_id,
                "sender": _sender(event),
                "message": {"type": "text", "text": event.content.text},
                "silent": False,
            },
        }
    )


def msgid(event: InboundMessage) -> str:
    """The id under which amojo knows a client's message: the same for every repeat and replay."""
    return amojo_msgid(event.account, event.channel, event.message_id)


def chat(event: InboundMessage) -> bytes:
    """The body of `POST /chats`, with which amojo tells the id of a chat that it has (amojo.md §1.5)."""
    return encoded({"conversation_id": event.conversation_id, "user": _sender(event)})


def delivery_status(event: StatusUpdate) -> bytes | None:
    """The body of `delivery_status`, or None for a status that amojo is not told."""
    code = STATUS_CODES.get(event.status)
    if code is None:
        return None
    body: dict[str, Any] = {"status_code": code}
    if code < 0:
        reason = event.reason or ""
        body["error_code"] = ERROR_CODES.get(reason, OTHER_ERROR)
        body["error"] = (SENTENCES.get(reason) or _sentence(reason))[:SENTENCE_LIMIT]
    return encoded(body)


def connect(account_id: str, title: str, version: str) -> bytes:
    """The body of `connect` (amojo.md §1.3): always with the hook version, as its default is the old one."""
    return encoded({"account_id": account_id, "title": title, "hook_api_version": version})


def _sender(event: InboundMessage) -> dict[str, Any]:
    sender: dict[str, Any] = {"id": event.conversation_id, "name": event.sender.name or _readable(event.address)}
    if event.sender.avatar:
        sender["avatar"] = event.sender.avatar
    if event.sender.phone:
        sender["profile"] = {"phone": event.sender.phone}
    return sender


def _sentence(reason: str) -> str:
    return f"{OTHER_SENTENCE}: {reason}" if reason else OTHER_SENTENCE


def _readable(address: str) -> str:
    return f"+{address}" if address.isdigit() and len(address) >= 10 else (address or DEFAULT_NAME)
