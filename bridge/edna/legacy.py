"""A client's message in the legacy "im" API (edna.md §7): flat, with the names of its time. Pure.

It is read as the Pulse content that it would be today, so that both dialects come to the same event.
"""

from __future__ import annotations

from bridge.edna.contents import content_of
from bridge.edna.incoming import address_of, inbound, person, phone_at
from bridge.events import InboundMessage
from bridge.ids import Conversation
from bridge.reading import Reading
from bridge.shapes import Ignored, JsonObject, first, identifier, milliseconds, word


def legacy_incoming(document: JsonObject, reading: Reading) -> InboundMessage | Ignored:
    """The event of a legacy message; its channel is the subject's number, else its name. Raises Unusable."""
    content = content_of(_as_pulse(document), reading.region)
    if isinstance(content, Ignored):
        return content
    address = address_of(document.get("address"), "address")
    channel = identifier(first(document, "imSubjectId", "imSubject"), "imSubjectId")
    return inbound(
        reading,
        identifier(document.get("id"), "id"),
        Conversation(channel, address, reading.account),
        content,
        person(document, phone_at(address, word(document.get("imType")), reading.region)),
        timestamp=milliseconds(document.get("receivedAt")),
    )


def _as_pulse(document: JsonObject) -> JsonObject:
    place = {name: document.get(name) for name in ("latitude", "longitude", "locationAddress")}
    file = {"url": document.get("attachmentUrl"), "name": document.get("attachmentName")}
    return {
        "type": identifier(document.get("contentType") or "text", "contentType"),
        "text": document.get("text"),
        "caption": document.get("caption"),
        "payload": document.get("payload"),
        "attachment": file if file["url"] else None,
        "location": place if place["latitude"] or place["longitude"] else None,
        "locationAddress": document.get("locationAddress"),
    }
