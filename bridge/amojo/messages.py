"""From a client's message to amojo's `new_message` (amojo.md §3). Pure: the same event makes the same bytes (I4).

Every content has a form: what amojo has no type for, or what lacks a part that amojo asks for, is a text that says so.
Types are strict there: ids are strings, sizes whole numbers, coordinates numbers with a fraction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from bridge.amojo.kinds import headed, unfetched, unshown
from bridge.amojo.sentences import Language
from bridge.compact import encoded
from bridge.events import Content, ContentType, InboundMessage
from bridge.ids import amojo_msgid
from bridge.phones import NOWHERE, e164

DEFAULT_NAME = "Клиент"  # the last resort; amojo wants a name (amojo.md §3.3)
SOURCE_LIMIT = 36  # characters of source.external_id (amojo.md §1.7)

# A link under which amojo can fetch the content's file; None when there is none.
Link = Callable[[Content], str | None]

# What amojo wants to know of a file (amojo.md §3.4), beside `media`.
FILE_FIELDS: Mapping[ContentType, tuple[str, ...]] = {
    ContentType.PICTURE: ("file_name", "file_size"),
    ContentType.FILE: ("file_name", "file_size"),
    ContentType.VIDEO: ("file_name", "file_size", "media_duration"),
    ContentType.AUDIO: ("file_name", "file_size", "media_duration"),
    ContentType.VOICE: ("file_size", "media_duration"),
    ContentType.STICKER: (),
}


class Bound(NamedTuple):
    """amojo's ids of a chat that an operator began, and of its client: named once, they bind both (amojo.md §6.7)."""

    chat_id: str
    user_id: str | None = None


def new_message(
    event: InboundMessage,
    *,
    link: Link | None = None,
    language: Language = "ru",
    sources: bool = False,
    bound: Bound | None = None,
) -> bytes:
    """The body of `new_message` for a client's message.

    `link` publishes a file for amojo (default: the URL as it is); when it gives none, the URL stands in the text.
    `sources`: the channel is named as the chat's source. `bound` ties the message to a chat that an operator began.
    """
    payload: dict[str, Any] = {
        "timestamp": event.accepted_at // 1000,
        "msec_timestamp": event.accepted_at,
        "msgid": msgid(event),
        "conversation_id": event.conversation_id,
        "sender": sender(event),
        "message": message(event.content, link, language),
        "silent": False,
    }
    if bound is not None:
        payload["conversation_ref_id"] = bound.chat_id
        if bound.user_id:
            payload["sender"]["ref_id"] = bound.user_id
    if sources and _is_source(event.channel):
        payload["source"] = {"external_id": event.channel}
    if (quoted := _quoted(event)) is not None:
        payload["reply_to"] = {"message": quoted}
    return encoded({"event_type": "new_message", "payload": payload})


def msgid(event: InboundMessage) -> str:
    """The id under which amojo knows a client's message: the same for every repeat and replay."""
    return amojo_msgid(event.account, event.channel, event.message_id)


def sender(event: InboundMessage) -> dict[str, Any]:
    """The client as amojo wants one: id and name always, avatar and phone only when they are known."""
    person = event.sender
    made: dict[str, Any] = {
        "id": event.conversation_id,
        "name": person.name or person.phone or _readable(event.address),
    }
    if person.avatar:
        made["avatar"] = person.avatar
    if person.phone:
        made["profile"] = {"phone": person.phone}
    return made


def message(content: Content, link: Link | None, language: Language) -> dict[str, Any]:
    """The `message` object for a content."""
    if content.type in FILE_FIELDS:
        return _file(content, link, language)
    if content.type is ContentType.LOCATION and content.location is not None:
        place = {"lon": content.location.longitude, "lat": content.location.latitude}
        words = "\n".join(filter(None, (content.text, content.location.address)))
        return {"type": "location", **({"text": words} if words else {}), "location": place}
    if content.type is ContentType.CONTACT and content.contact is not None:
        return _contact(content)
    said = headed(content, language) if content.type is ContentType.TEXT else ""
    if not said.strip():
        return _text(unshown(content, language))
    chosen = {"callback_data": content.payload} if content.kind == "list" and content.payload else {}
    return {**_text(said), **chosen}


def _file(content: Content, link: Link | None, language: Language) -> dict[str, Any]:
    media = content.url if link is None else link(content)
    if not media:
        return _text(unfetched(content, language))
    known = {"file_name": content.name, "file_size": content.size, "media_duration": content.duration_s}
    told = {name: known[name] for name in FILE_FIELDS[content.type] if known[name]}
    words = {"text": content.text} if content.text else {}
    return {"type": content.type.value, **words, "media": media, **told}


def _contact(content: Content) -> dict[str, Any]:
    card = content.contact
    name, phone = (card.name, card.phone) if card else (None, None)
    if not phone:  # amojo's form has to have one
        return _text("\n".join(filter(None, (name or DEFAULT_NAME, content.text))))
    words = {"text": content.text} if content.text else {}
    return {"type": "contact", **words, "contact": {"name": name or phone, "phone": phone}}


def _text(said: str) -> dict[str, Any]:
    return {"type": "text", "text": said}


def _quoted(event: InboundMessage) -> dict[str, str] | None:
    if event.reply_to:
        return {"id": event.reply_to}
    if event.reply_to_own:
        return {"msgid": amojo_msgid(event.account, event.channel, event.reply_to_own)}
    return None


def _is_source(channel: str) -> bool:
    return 0 < len(channel) <= SOURCE_LIMIT and channel.isascii() and channel.isprintable()


def _readable(address: str) -> str:
    return e164(address, NOWHERE) or address or DEFAULT_NAME
