"""From amojo's JSON to events: hook v2 (amojo.md §6.4, §6.6) and the README form. Pure.

Events are made with `accepted_at` 0, the gateway stamps them (I2). The event id is made of amojo's id of the message,
so that a repeat of the hook is the same event (I4).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bridge.errors import Unusable
from bridge.events import ACCOUNT, Content, ContentType, OutboundMessage, Person
from bridge.ids import Conversation, outbound_event_id
from bridge.phones import e164
from bridge.settings import Settings
from bridge.shapes import (
    Ignored,
    JsonObject,
    SetAside,
    identifier,
    member,
    milliseconds,
    text,
    unknown,
    unsupported,
    word,
)

Recognised = OutboundMessage | Ignored | SetAside

OLDEST_S = 86_400  # a hook carries no nonce, so that its age is all that speaks against a replay
SILENT_ACTIONS = ("typing", "reaction")
PHONE_DIGITS = range(7, 16)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a parser needs to know of the configuration: the channel of the README form and where phones are from."""

    im_type: str
    region: str
    account: str = ACCOUNT

    @classmethod
    def of(cls, settings: Settings) -> Reading:
        """The reading that the settings ask for."""
        return cls(settings.edna_im_type, settings.phone_region)


def parse(document: Any, reading: Reading) -> Recognised:
    """What one hook says. Raises Unusable when a known shape lacks what it needs."""
    if not isinstance(document, dict):
        return unknown("not an object")
    if "message" in document:
        message = document["message"]
        if not isinstance(message, dict):
            raise Unusable("message", "must be an object")
        inner = message.get("message")
        if isinstance(inner, dict):
            return _hook_v2(message, inner, reading)
        if inner is not None or "conversation" in message or "receiver" in message:
            raise Unusable("message.message", "must be an object")
        return _readme(document, message, reading)
    action = document.get("action")
    if isinstance(action, dict):
        for kind in SILENT_ACTIONS:
            if kind in action:
                return Ignored(kind)
        return unknown("an action of no known kind")
    if isinstance(document.get("receiver"), str) or ("conversation_id" in document and "msec_timestamp" in document):
        return unsupported("a hook of version v1")
    return unknown("of no shape that amojo is known to send")


def account_id(document: Any) -> str:
    """The account that a hook says it is from; "" when it does not say (README form, v1)."""
    return word(document.get("account_id")) if isinstance(document, dict) else ""


def is_stale(document: Any, now_ms: int) -> bool:
    """Whether a hook says that it was sent longer ago than OLDEST_S. One that names no time is not."""
    sent_at = milliseconds(document.get("time")) if isinstance(document, dict) else None
    return sent_at is not None and now_ms - sent_at > OLDEST_S * 1000


def _hook_v2(message: JsonObject, inner: JsonObject, reading: Reading) -> Recognised:
    kind = word(inner.get("type")).lower() or "text"
    said = text(inner.get("text"))
    if kind != "text" or word(inner.get("media")):
        return unsupported("a message of another type than text")
    if not said.strip():
        return unsupported("a message without text")
    message_id = identifier(inner.get("id"), "message.message.id")
    conversation = member(message, "conversation")
    client_id = word(conversation.get("client_id")) or _bound_receiver(message)
    if not client_id:
        return unsupported("a chat that the operator started: it names no conversation of ours")
    chat_id = word(conversation.get("id"))
    return _outbound(
        reading,
        identifier(message_id, "message.message.id"),
        Conversation.parse(client_id),
        identifier(client_id, "message.conversation.client_id"),
        said,
        chat_id=identifier(chat_id, "message.conversation.id") if chat_id else None,
        sender=Person(name=word(member(message, "sender").get("name")) or None),
        timestamp=milliseconds(message.get("msec_timestamp")) or milliseconds(message.get("timestamp")),
        reply_to=word(member(member(inner, "reply_to"), "message").get("id")) or None,
    )


def _bound_receiver(message: JsonObject) -> str:
    # A chat may be bound by its user alone: our user id is the conversation id.
    client_id = word(member(message, "receiver").get("client_id"))
    return client_id if Conversation.parse(client_id) else ""


def _readme(document: JsonObject, message: JsonObject, reading: Reading) -> Recognised:
    message_id = identifier(message.get("id"), "message.id")
    given = identifier(member(document, "conversation").get("id"), "conversation.id")
    if message.get("attachment"):
        return unsupported("an attachment")
    said = text(message.get("text"))
    if not said.strip():
        raise Unusable("message.text", "is missing or empty")
    conversation = Conversation.parse(given) or _phone_conversation(given, reading)
    return _outbound(
        reading,
        message_id,
        conversation,
        given,
        said,
        chat_id=None,
        sender=Person(name=word(member(document, "sender").get("name")) or None),
        timestamp=milliseconds(message.get("date")),
    )


def _phone_conversation(given: str, reading: Reading) -> Conversation | None:
    digits = given.removeprefix("+")
    if not (digits.isascii() and digits.isdigit() and len(digits) in PHONE_DIGITS):
        return None
    address = (e164(digits, reading.region) or digits).removeprefix("+")
    return Conversation(reading.im_type, address, reading.account)


def _outbound(
    reading: Reading,
    message_id: str,
    conversation: Conversation | None,
    conversation_id: str,
    said: str,
    *,
    chat_id: str | None,
    sender: Person,
    timestamp: int | None,
    reply_to: str | None = None,
) -> OutboundMessage:
    """One event. Of a conversation that is not ours, channel and address stay empty: no client address."""
    account = conversation.account if conversation else reading.account
    return OutboundMessage(
        event_id=outbound_event_id(account, message_id),
        account=account,
        channel=conversation.channel if conversation else "",
        address=conversation.address if conversation else "",
        conversation_id=conversation.id if conversation else conversation_id,
        accepted_at=0,
        timestamp=timestamp,
        message_id=message_id,
        chat_id=chat_id,
        sender=sender,
        content=Content(type=ContentType.TEXT, text=said),
        reply_to=reply_to,
    )
