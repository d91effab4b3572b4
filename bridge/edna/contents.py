"""What a client sent, by `messageContent.type` (edna.md §4), or else by what stands in it. Pure.

No type, and no broken form of one, is passed over in silence: what cannot be shown becomes an UNSUPPORTED content with
edna's word for it, and the words that stood beside it (I1). Only what says nothing to an operator is Ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bridge.attachments import File, file_of, seen_as
from bridge.edna.lines import answers, readable
from bridge.events import Contact, Content, ContentType, Location
from bridge.phones import e164
from bridge.shapes import Ignored, JsonObject, degrees, first, identifier, link, member, objects, text, word

KIND_LIMIT = 40  # characters
STARTED = frozenset({"", "/start"})  # what a messenger writes for the client when a chat is opened

# What edna calls a file, and where its ending knows better (edna.md §4, live: MAX Bot sends a gallery video as
# DOCUMENT and a voice note as AUDIO). A round video and a sticker both come as IMAGE .webp, and are shown as the
# picture that they are.
FILE_TYPES: Mapping[str, ContentType] = {
    "IMAGE": ContentType.PICTURE,
    "VIDEO": ContentType.VIDEO,
    "AUDIO": ContentType.AUDIO,
    "VOICE": ContentType.VOICE,
    "DOCUMENT": ContentType.FILE,
    "STICKER": ContentType.STICKER,
}
SEEN_BETTER: Mapping[tuple[ContentType, ContentType], ContentType] = {
    (ContentType.AUDIO, ContentType.VOICE): ContentType.VOICE,
    (ContentType.FILE, ContentType.VIDEO): ContentType.VIDEO,
    (ContentType.PICTURE, ContentType.VIDEO): ContentType.VIDEO,
}

Reader = Callable[
    [JsonObject, str, str], Content | Ignored
]  # the content, its kind in lower case, the region of phones


def content_of(said: JsonObject, region: str) -> Content | Ignored:
    """The content of a message. Raises Unusable when it names no type."""
    named = identifier(said.get("type"), "messageContent.type").upper()
    found = READERS.get(named, _whatever)(said, named.lower()[:KIND_LIMIT], region)
    if isinstance(found, Ignored) or not (advertised := _advertisement(said.get("referral"))):
        return found
    return found.model_copy(update={"text": "\n".join(filter(None, (found.text, advertised)))})


def file_content(file: File, told: ContentType | None, words: str) -> Content:
    """A file as what it was called, unless its ending knows better; its caption beside it."""
    seen = seen_as(file)
    kind = seen if told is None else SEEN_BETTER.get((told, seen), told)
    return Content(type=kind, text=words or None, url=file.url, name=file.name, size=file.size, mime=file.mime)


def unsupported(kind: str, words: str = "") -> Content:
    """What cannot be shown, and the words that stood beside it."""
    return Content(type=ContentType.UNSUPPORTED, text=words or None, kind=kind)


def _file(said: JsonObject, kind: str, _region: str) -> Content:
    attachment = member(said, "attachment")
    words = _words(said)
    file = file_of(
        attachment.get("url"), attachment.get("name"), attachment.get("size"), first(attachment, "mimeType", "mime")
    )
    return file_content(file, FILE_TYPES.get(kind.upper()), words) if file else unsupported(kind, words)


def _location(said: JsonObject, kind: str, _region: str) -> Content:
    place = member(said, "location") or said
    latitude, longitude = degrees(place.get("latitude"), 90), degrees(place.get("longitude"), 180)
    address = first(place, "address", "locationAddress", "name") or first(said, "locationAddress")
    if latitude is None or longitude is None:
        return unsupported(kind, address or _words(said))
    location = Location(latitude=latitude, longitude=longitude, address=address or None)
    return Content(type=ContentType.LOCATION, location=location, text=_words(said) or None)


def _contact(said: JsonObject, kind: str, region: str) -> Content:
    listed = objects(said.get("contact")) + objects(said.get("contacts"))
    known = [each for each in (_card(card, region) for card in listed) if each.name or each.phone]
    words = _words(said)
    if not known:
        return unsupported(kind, words)
    further = [" ".join(filter(None, (each.name, each.phone))) for each in known[1:]]
    return Content(type=ContentType.CONTACT, contact=known[0], text="\n".join(filter(None, (words, *further))) or None)


def _card(card: JsonObject, region: str) -> Contact:
    # The shape of a contact is not documented: flat, or as WhatsApp itself writes it.
    name = first(card, "name", "formattedName", "formatted_name", "userName", "fullName")
    for holder in (member(card, "name"), card):
        both = (first(holder, "firstName", "first_name"), first(holder, "lastName", "last_name"))
        name = name or first(holder, "formattedName", "formatted_name") or " ".join(filter(None, both))
    phone = first(card, "phone", "phoneNumber", "number", "value")
    for each in objects(card.get("phones")) + objects(card.get("phone")):
        phone = phone or first(each, "phone", "wa_id", "value", "number")
    if not phone and isinstance(listed := card.get("phones"), list):
        phone = next(filter(None, map(word, listed)), "")
    return Contact(name=name or None, phone=e164(phone, region) or phone or None)


def _list(said: JsonObject, kind: str, _region: str) -> Content:
    items = objects(said.get("items"))
    rows = ["\n".join(filter(None, (first(each, "title"), first(each, "subtitle")))) for each in items]
    words = _words(said) or "\n".join(filter(None, rows))
    chosen = word(said.get("payload")) or (first(items[0], "identifier", "id") if len(items) == 1 else "")
    if not words and not chosen:
        return unsupported(kind)
    return Content(type=ContentType.TEXT, text=words or chosen, payload=chosen or None, kind=kind)


def _flow(said: JsonObject, kind: str, _region: str) -> Content:
    return _lines(answers(text(said.get("text"))), said, kind)


def _goods(said: JsonObject, kind: str, _region: str) -> Content:
    found = (readable(said.get(key)) for key in ("order", "product", "catalog", "items"))
    return _lines("\n".join(filter(None, (_words(said), *found))), said, kind)


def _permission(said: JsonObject, kind: str, _region: str) -> Content:
    return _lines(readable(said.get("callPermissionReply")), said, kind)


def _lines(found: str, said: JsonObject, kind: str) -> Content:
    words = found if found.strip() else _words(said)
    return Content(type=ContentType.TEXT, text=words, kind=kind) if words else unsupported(kind)


def _story(said: JsonObject, kind: str, _region: str) -> Content:
    story = said.get("story")
    where = link(story) or link(first(story, "url", "link", "mediaUrl"))
    words = "\n".join(filter(None, (_words(said), where)))
    return Content(type=ContentType.TEXT, text=words, kind=kind) if words else unsupported(kind)


def _reaction(said: JsonObject, kind: str, _region: str) -> Content | Ignored:
    held = said.get("reaction")
    emoji = word(held) or first(held, "emoji", "text") or first(said, "emoji", "text")
    return Content(type=ContentType.TEXT, text=emoji, kind=kind) if emoji else Ignored("reaction")


def _started(said: JsonObject, kind: str, _region: str) -> Content | Ignored:
    words = text(said.get("text"))
    if words.strip().lower() in STARTED:
        return Ignored("conversation_started")
    return Content(type=ContentType.TEXT, text=words, kind=kind)


def _whatever(said: JsonObject, kind: str, region: str) -> Content:
    """A text, or a type without a reader: whatever is there says what it is."""
    for key, (read, meant) in BY_KEY.items():
        if said.get(key):
            found = read(said, meant or kind, region)
            if isinstance(found, Content) and found.type is not ContentType.UNSUPPORTED:
                return found
    if words := _words(said) or word(said.get("payload")):
        return Content(
            type=ContentType.TEXT,
            text=words,
            payload=word(said.get("payload")) or None,
            kind=None if kind in PLAIN else kind,
        )
    return unsupported(kind)


def _words(said: JsonObject) -> str:
    found = text(said.get("caption"))
    found = found if found.strip() else text(said.get("text"))
    return found if found.strip() else ""


def _advertisement(held: Any) -> str:
    """The advertisement through which a client came (`referral`), as a line."""
    if not held:
        return ""
    title = first(held, "headline", "title", "body") or word(held)
    where = link(first(held, "sourceUrl", "source_url", "url", "link")) or ""
    line = " ".join(part for part in (title, where) if part)
    return f"→ {line}" if line else ""


PLAIN = frozenset({"text", "button"})  # of which the type says nothing that the text does not
READERS: Mapping[str, Reader] = {
    **dict.fromkeys(FILE_TYPES, _file),
    "LOCATION": _location,
    "FLOW": _flow,
    "REACTION": _reaction,
    "CONVERSATION_STARTED": _started,
}
# Types whose word is not documented are known by the key that is theirs: the reader, and the kind that it is.
BY_KEY: Mapping[str, tuple[Reader, str]] = {
    "attachment": (_file, ""),
    "location": (_location, ""),
    "contact": (_contact, ""),
    "contacts": (_contact, ""),
    "order": (_goods, "order"),
    "product": (_goods, "product"),
    "catalog": (_goods, "catalog"),
    "items": (_list, "list"),
    "story": (_story, "story"),
    "callPermissionReply": (_permission, "call_permission"),
    "reaction": (_reaction, "reaction"),
}
