"""An operator's message in the README form as an event. Pure.

Its `conversation.id` is ours, or the digits of a phone on EDNA_IM_TYPE; any other is an event without an address.
"""

from __future__ import annotations

from bridge.amojo.hooks import Recipient, outbound, phone_digits
from bridge.attachments import file_of, seen_as
from bridge.errors import Unusable
from bridge.events import Content, ContentType, OutboundMessage, Person
from bridge.ids import Conversation
from bridge.reading import Reading
from bridge.shapes import JsonObject, first, identifier, member, milliseconds, text


def readme(document: JsonObject, message: JsonObject, reading: Reading) -> OutboundMessage:
    """The event of a README hook. Raises Unusable that names what is missing."""
    message_id = identifier(message.get("id"), "message.id")
    given = identifier(member(document, "conversation").get("id"), "conversation.id")
    return outbound(
        reading,
        message_id,
        _recipient(given, reading),
        _content(message),
        sender=Person(name=first(member(document, "sender"), "name") or None),
        timestamp=milliseconds(message.get("date")),
    )


def _recipient(given: str, reading: Reading) -> Recipient:
    conversation = Conversation.parse(given)
    if conversation is None and given.removeprefix("+").isdigit():
        digits = phone_digits(given, reading.region)
        conversation = Conversation(reading.im_type, digits, reading.account) if digits else None
    return Recipient.of(conversation) if conversation else Recipient(given)


def _content(message: JsonObject) -> Content:
    said = text(message.get("text"))
    words = said if said.strip() else None
    if message.get("attachment"):
        held = member(message, "attachment")
        file = file_of(held.get("url"), held.get("name"), held.get("size"), first(held, "mimeType"))
        if file is not None:
            return Content(type=seen_as(file), text=words, **file._asdict())
        if words is None or not held or any(held.values()):  # words alone would hide that the file is gone
            return Content(type=ContentType.UNSUPPORTED, text=words, kind="attachment")
    if words is None:
        raise Unusable("message.text", "is missing or empty")
    return Content(type=ContentType.TEXT, text=words)
