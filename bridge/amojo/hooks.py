"""An operator's message in amojo's hooks v2 and v1 (amojo.md §6.4, §6.7, §6.8) as an event. Pure.

The event id is made of amojo's id of the message, of a v1 hook, which has none, of all that it says; so that a repeat
of the hook is the same event (I4).
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from bridge.amojo.contents import content_of
from bridge.errors import Unusable
from bridge.events import Content, OutboundMessage, Person
from bridge.ids import Conversation, digest, outbound_event_id
from bridge.phones import e164
from bridge.reading import Reading
from bridge.shapes import JsonObject, first, identifier, member, milliseconds, optional, word

PHONE_DIGITS = range(7, 16)
HASHED_PREFIX = "v-"  # of the message id that is made for a v1 hook


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a message is for. Empty channel or address: nothing names it, and the agent says so to the operator."""

    conversation_id: str
    channel: str = ""
    address: str = ""
    account: str = ""
    write_first: bool = False

    @classmethod
    def of(cls, conversation: Conversation) -> Recipient:
        """The recipient that one of our conversation ids names."""
        return cls(conversation.id, conversation.channel, conversation.address, conversation.account)


def hook_v2(message: JsonObject, inner: JsonObject, reading: Reading) -> OutboundMessage:
    """The event of a v2 hook. Raises Unusable that names what is missing."""
    message_id = identifier(inner.get("id"), "message.message.id")
    chat_id = optional(member(message, "conversation").get("id"))
    recipient = _recipient(message, reading)
    if chat_id is None and not recipient.conversation_id:
        raise Unusable("message.conversation.id", "is missing or empty")
    return outbound(
        reading,
        message_id,
        recipient,
        content_of(inner),
        chat_id=chat_id,
        sender=Person(name=first(member(message, "sender"), "name") or None),
        timestamp=milliseconds(message.get("msec_timestamp")) or milliseconds(message.get("timestamp")),
        reply_to=optional(member(member(inner, "reply_to"), "message").get("id")),
        receiver_id=optional(member(message, "receiver").get("id")) if recipient.write_first else None,
    )


def hook_v1(document: JsonObject, reading: Reading) -> OutboundMessage:
    """The event of a v1 hook, under an id made of it. Raises Unusable when it names no conversation."""
    conversation_id = identifier(first(document, "conversation_id", "receiver"), "conversation_id")
    ours = Conversation.parse(conversation_id)
    moment = word(document.get("msec_timestamp"))
    whole = json.dumps(document, sort_keys=True)
    return outbound(
        reading,
        HASHED_PREFIX + digest(reading.scope, conversation_id, moment, whole),
        Recipient.of(ours) if ours else Recipient(conversation_id),
        content_of(document),
        timestamp=milliseconds(moment),
    )


def outbound(
    reading: Reading,
    message_id: str,
    recipient: Recipient,
    content: Content,
    *,
    chat_id: str | None = None,
    sender: Person | None = None,
    timestamp: int | None = None,
    reply_to: str | None = None,
    receiver_id: str | None = None,
) -> OutboundMessage:
    """One event, not yet accepted: `accepted_at` is 0 until the gateway stamps it."""
    account = recipient.account or reading.account
    return OutboundMessage(
        event_id=outbound_event_id(account, message_id),
        account=account,
        channel=recipient.channel,
        address=recipient.address,
        conversation_id=recipient.conversation_id,
        accepted_at=0,
        timestamp=timestamp,
        message_id=message_id,
        chat_id=chat_id,
        sender=sender or Person(),
        content=content,
        reply_to=reply_to,
        write_first=recipient.write_first,
        receiver_id=receiver_id,
    )


def phone_digits(given: str, region: str) -> str | None:
    """The digits of a phone in E.164; of a number that is not known as a phone, its own; None for anything else."""
    if (phone := e164(given, region)) is not None:
        return phone.removeprefix("+")
    digits = given.removeprefix("+")
    return digits if digits.isascii() and digits.isdigit() and len(digits) in PHONE_DIGITS else None


def _recipient(message: JsonObject, reading: Reading) -> Recipient:
    """Our conversation; else the phone, which the operator writes to first; else whatever the chat is called."""
    client_id = word(member(message, "conversation").get("client_id"))
    receiver = member(message, "receiver")
    # A chat may be bound by its user alone, or be known under another's id: our user id is the conversation id.
    ours = Conversation.parse(client_id) or Conversation.parse(word(receiver.get("client_id")))
    if ours is not None:
        return Recipient.of(ours)
    address = phone_digits(word(receiver.get("phone")), reading.region)
    if address is None:
        return Recipient(identifier(client_id, "message.conversation.client_id") if client_id else "")
    channel = optional(member(message, "source").get("external_id")) or ""
    conversation_id = Conversation(channel, address, reading.account).id if channel else ""
    return Recipient(conversation_id, channel, address, write_first=True)
