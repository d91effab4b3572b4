"""A client's message in the README form (edna.md §0): flat, `subject` is the client, `imType` the channel. Pure."""

from __future__ import annotations

from bridge.edna.contents import attached
from bridge.edna.incoming import address_of, inbound, phone_at
from bridge.errors import Unusable
from bridge.events import Content, ContentType, InboundMessage, Person
from bridge.ids import Conversation
from bridge.reading import Reading
from bridge.shapes import Ignored, JsonObject, identifier, text, word

ECHOES = (False, "false", "False")  # 0 equals False


def readme_incoming(document: JsonObject, reading: Reading) -> InboundMessage | Ignored:
    """The event of a README message. Raises Unusable that names what is missing."""
    if document.get("fromClient") in ECHOES:
        return Ignored("echo")
    edna_id = identifier(document.get("id"), "id")
    address = address_of(document.get("subject"), "subject")
    channel = identifier(word(document.get("imType")) or reading.im_type, "imType")
    conversation = Conversation(channel, address, reading.account)
    sender = Person(phone=phone_at(address, channel, reading.region))
    return inbound(reading, edna_id, conversation, _content(document), sender)


def _content(document: JsonObject) -> Content:
    said = text(document.get("text"))
    words = said if said.strip() else ""
    if document.get("attachment"):
        found = attached(document["attachment"], "attachment", words)
        if found.type is not ContentType.UNSUPPORTED or not words:
            return found
        words = found.text or words
    if not words:
        raise Unusable("text", "is missing or empty")
    return Content(type=ContentType.TEXT, text=words)
