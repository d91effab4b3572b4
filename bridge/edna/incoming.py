"""A client's message in edna Pulse (edna.md §4) as an event, and what every dialect's message has. Pure.

The event id is made of channel and edna's id, so that a repeat of the webhook is the same event (I4).
"""

from __future__ import annotations

from typing import Any

from bridge.edna.contents import content_of
from bridge.edna.statuses import quoted
from bridge.errors import Unusable
from bridge.events import Content, InboundMessage, Person
from bridge.ids import Conversation, amojo_msgid
from bridge.phones import NOWHERE, e164
from bridge.reading import Reading
from bridge.shapes import (
    Ignored,
    JsonObject,
    first,
    identifier,
    link,
    member,
    milliseconds,
    objects,
    optional,
    text,
    word,
)

PHONE_TYPES = frozenset({"", "whatsapp", "viber", "sms"})  # of these an address is a phone; of vk it is a user's number


def pulse_incoming(document: JsonObject, reading: Reading) -> InboundMessage | Ignored:
    """The event of a Pulse message. Raises Unusable that names what is missing."""
    said = document.get("messageContent")
    if not isinstance(said, dict):
        raise Unusable("messageContent", "must be an object")
    content = content_of(said, reading.region)
    if isinstance(content, Ignored):
        return content
    subscriber = member(document, "subscriber")
    address = address_of(_identifier(subscriber), "subscriber.identifier")
    return inbound(
        reading,
        identifier(document.get("id"), "id"),
        Conversation(identifier(first(document, "subjectId", "subject"), "subjectId"), address, reading.account),
        content,
        person(
            member(document, "userInfo"),
            _phone_of(subscriber, address, first(document, "channelType", "imType"), reading.region),
        ),
        timestamp=milliseconds(document.get("receivedAt")),
        reply_to=quoted(word(document.get("replyOutMessageExternalRequestId"))),
        reply_to_own=optional(document.get("replyInMessageId")),
    )


def inbound(
    reading: Reading,
    edna_id: str,
    conversation: Conversation,
    content: Content,
    sender: Person,
    *,
    timestamp: int | None = None,
    reply_to: str | None = None,
    reply_to_own: str | None = None,
) -> InboundMessage:
    """One event, not yet accepted: `accepted_at` is 0 until the gateway stamps it."""
    return InboundMessage(
        event_id=amojo_msgid(reading.account, conversation.channel, edna_id),
        account=reading.account,
        channel=conversation.channel,
        address=conversation.address,
        conversation_id=conversation.id,
        accepted_at=0,
        timestamp=timestamp,
        message_id=edna_id,
        sender=sender,
        content=content,
        reply_to=reply_to,
        reply_to_own=reply_to_own,
    )


def address_of(value: Any, field: str) -> str:
    """A client's address without a leading `+`. Raises Unusable that names the field."""
    return identifier(text(value).strip().removeprefix("+"), field)


def person(holder: JsonObject, phone: str | None) -> Person:
    """Who wrote: the profile's name, else first and last name, else nobody knows; an avatar only when it is a URL."""
    both = (word(holder.get("firstName")), word(holder.get("lastName")))
    name = word(holder.get("userName")) or " ".join(filter(None, both))
    return Person(name=name or None, phone=phone, avatar=link(holder.get("avatarUrl")))


def phone_at(address: str, network: str, region: str) -> str | None:
    """The phone that an address in a network is, in E.164; None where addresses are no phones.

    A user's number in a messenger may look like a phone without its country's code, by which amoCRM would take two
    people for one: where no network is named, an address has to have the code.
    """
    if network.lower() not in PHONE_TYPES:
        return None
    return e164(address, region if network else NOWHERE)


def _identifier(subscriber: JsonObject) -> str:
    """Of several in the list nothing tells which one the channel's answers go to."""
    listed = {found for each in objects(subscriber.get("identifiers")) if (found := word(each.get("value")))}
    return word(subscriber.get("identifier")) or (listed.pop() if len(listed) == 1 else "")


def _phone_of(subscriber: JsonObject, address: str, network: str, region: str) -> str | None:
    # `identifiers` may be missing or in any order; PHONE only when edna knows it (edna.md §4).
    named = objects(subscriber.get("identifiers"))
    for entry in named:
        if word(entry.get("type")).upper() == "PHONE" and (phone := e164(word(entry.get("value")), region)):
            return phone
    if any(word(entry.get("value")).removeprefix("+") == address for entry in named):
        return None  # edna says that it is something else, however much it looks like a phone
    return phone_at(address, network, NOWHERE)  # phones have their country's code here (edna.md §4)
