"""A client's message in the README form (edna.md §0): flat, `subject` is the client, `imType` the channel. Pure."""

from __future__ import annotations

from bridge.attachments import file_of
from bridge.edna.contents import file_content, unsupported
from bridge.edna.incoming import address_of, inbound
from bridge.errors import Unusable
from bridge.events import Content, ContentType, InboundMessage, Person
from bridge.ids import Conversation
from bridge.phones import e164
from bridge.reading import Reading
from bridge.shapes import Ignored, JsonObject, first, identifier, member, text, word

ECHOES = (False, "false", "False")  # 0 equals False


def readme_incoming(document: JsonObject, reading: Reading) -> InboundMessage | Ignored:
    """The event of a README message. Raises Unusable that names what is missing."""
    if document.get("fromClient") in ECHOES:
        return Ignored("echo")
    edna_id = identifier(document.get("id"), "id")
    address = address_of(document.get("subject"), "subject")
    channel = identifier(word(document.get("imType")) or reading.im_type, "imType")
    conversation = Conversation(channel, address, reading.account)
    return inbound(reading, edna_id, conversation, _content(document), Person(phone=e164(address, reading.region)))


def _content(document: JsonObject) -> Content:
    said = text(document.get("text"))
    words = said if said.strip() else ""
    if document.get("attachment"):
        held = member(document, "attachment")
        file = file_of(held.get("url"), held.get("name"), held.get("size"), first(held, "mimeType"))
        if file is not None:
            return file_content(file, None, words)
        if not words:
            return unsupported("attachment")
    if not words:
        raise Unusable("text", "is missing or empty")
    return Content(type=ContentType.TEXT, text=words)
