"""What a client sent, by `messageContent.type` (edna.md §4), or else by what stands in it. Pure.

No type, and no broken form of one, is passed over in silence: what cannot be shown becomes an UNSUPPORTED content with
edna's word for it, and the words that stood beside it (I1). Only what says nothing to an operator is Ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bridge.attachments import File, file_of, seen_as
from bridge.edna.cards import cards
from bridge.edna.lines import answers, joined, readable
from bridge.events import Content, ContentType, Location
from bridge.shapes import Ignored, JsonObject, degrees, first, identifier, link, member, text, word

KIND_LIMIT = 40  # characters
STARTED = frozenset({"/start"})  # what a messenger writes for the client when a chat is opened

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
    kind = named.lower()[:KIND_LIMIT]
    found = READERS.get(named, _whatever)(said, kind, region)
    advertised = _advertisement(said.get("referral"))
    if isinstance(found, Ignored):
        return _lines(kind, advertised) if advertised else found
    words = found.text
    if found.type is ContentType.UNSUPPORTED and not words:
        words = readable({key: each for key, each in said.items() if key not in SHOWN_ELSEWHERE})
    words = joined(words, advertised) if advertised else words or None
    return found if words == found.text else found.model_copy(update={"text": words})


def attached(held: Any, kind: str, words: str) -> Content:
    """The first file of an attachment, or of a list of them, and the words beside it; the others are told in words."""
    chosen, others = None, []
    for each in held if isinstance(held, list) else [held]:
        file = _fetched(each)
        if file and not chosen:
            chosen = file
        else:
            others.append(file.url if file else readable(each))
    words = joined(words, *others)
    if chosen is None:
        return unsupported(kind, words)
    told, seen = FILE_TYPES.get(kind.upper()), seen_as(chosen)
    best = SEEN_BETTER.get((told, seen), told) if told else seen
    url, name, size, mime = chosen
    return Content(type=best, text=words or None, url=url, name=name, size=size, mime=mime)


def _fetched(held: Any) -> File | None:
    if not isinstance(held, dict):
        return file_of(held)
    return file_of(held.get("url"), held.get("name"), held.get("size"), first(held, "mimeType", "mime"))


def unsupported(kind: str, words: str = "") -> Content:
    """What cannot be shown, and the words that stood beside it."""
    return Content(type=ContentType.UNSUPPORTED, text=words or None, kind=kind)


def _file(said: JsonObject, kind: str, _region: str) -> Content:
    return attached(said.get("attachment"), kind, _words(said))


def _location(said: JsonObject, kind: str, _region: str) -> Content:
    place = member(said, "location") or said
    latitude, longitude = degrees(place.get("latitude"), 90), degrees(place.get("longitude"), 180)
    address = first(place, "address", "locationAddress", "name") or first(said, "locationAddress")
    if latitude is None or longitude is None:
        return unsupported(kind, joined(address, _words(said)))
    location = Location(latitude=latitude, longitude=longitude, address=address or None)
    return Content(type=ContentType.LOCATION, location=location, text=_words(said) or None)


def _contact(said: JsonObject, kind: str, region: str) -> Content:
    known = cards([said.get("contact"), said.get("contacts")], region)
    if not known:
        return unsupported(kind, _words(said))
    chosen, *others = known
    words = joined(_words(said), *chosen.further, *(each.line for each in others))
    return Content(type=ContentType.CONTACT, contact=chosen.contact, text=words or None)


def _list(said: JsonObject, kind: str, _region: str) -> Content:
    held = said.get("items")
    items = held if isinstance(held, list) else [held]
    rows = [joined(first(each, "title"), first(each, "subtitle")) or word(each) for each in items]
    chosen = word(said.get("payload")) or (first(items[0], "identifier", "id") if len(items) == 1 else "")
    words = _words(said) or "\n".join(filter(None, rows)) or chosen or readable(held)
    return Content(type=ContentType.TEXT, text=words, payload=chosen or None, kind=kind)


def _flow(said: JsonObject, kind: str, _region: str) -> Content:
    return _lines(kind, text(said.get("caption")), answers(said.get("text")) or text(said.get("text")))


def _told(said: JsonObject, kind: str, _region: str) -> Content:
    return _lines(kind, _words(said), *(readable(said.get(key)) for key in TOLD))


def _story(said: JsonObject, kind: str, _region: str) -> Content:
    story = said.get("story")
    where = link(story) or link(first(story, "url", "link", "mediaUrl"))
    beside = {key: each for key, each in story.items() if key not in OF_STORY} if isinstance(story, dict) else story
    return _lines(kind, _words(said), readable(beside), where)


def _lines(kind: str, *found: str | None) -> Content:
    words = joined(*found)
    return Content(type=ContentType.TEXT, text=words, kind=kind) if words else unsupported(kind)


def _reaction(said: JsonObject, kind: str, _region: str) -> Content | Ignored:
    held = said.get("reaction")
    sign = first(held, "emoji", "text") or readable(held) or readable(said.get("emoji"))
    words = joined(sign, _words(said)) or readable(said.get("payload"))
    return Content(type=ContentType.TEXT, text=words, kind=kind) if words else Ignored("reaction")


def _started(said: JsonObject, kind: str, _region: str) -> Content | Ignored:
    found = (_words(said), readable(said.get("payload")))
    words = joined(*(each for each in found if each.strip().lower() not in STARTED))
    return Content(type=ContentType.TEXT, text=words, kind=kind) if words else Ignored("conversation_started")


def _whatever(said: JsonObject, kind: str, region: str) -> Content:
    """A text, or a type without a reader: whatever is there says what it is."""
    unread = []
    for key, (read, meant) in BY_KEY.items():
        if held := readable(said.get(key)):
            found = read(said, meant or kind, region)
            if isinstance(found, Content) and found.type is not ContentType.UNSUPPORTED:
                return found
            unread.append(held)
    if words := _words(said) or readable(said.get("payload")):
        return Content(
            type=ContentType.TEXT,
            text=joined(words, *unread),
            payload=word(said.get("payload")) or None,
            kind=None if kind in PLAIN else kind,
        )
    return unsupported(kind)


def _words(said: JsonObject) -> str:
    return joined(text(said.get("caption")), text(said.get("text")))


def _advertisement(held: Any) -> str:
    """The advertisements through which a client came (`referral`), a line each."""
    lines = []
    for each in held if isinstance(held, list) else [held]:
        title = first(each, "headline", "title", "body") or word(each)
        where = link(first(each, "sourceUrl", "source_url", "url", "link"))
        if line := " ".join(filter(None, (title, where))):
            lines.append(f"→ {line}")
    return joined(*lines)


SHOWN_ELSEWHERE = frozenset({"type", "referral"})  # when all else is shown in words
OF_STORY = frozenset({"id", "url", "link", "mediaUrl"})  # what is not told in words of a story
TOLD = ("order", "product", "catalog", "items", "poll", "callPermissionReply")  # of which all is told in words
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
    "order": (_told, "order"),
    "product": (_told, "product"),
    "catalog": (_told, "catalog"),
    "poll": (_told, "poll"),
    "items": (_list, "list"),
    "story": (_story, "story"),
    "callPermissionReply": (_told, "call_permission"),
    "reaction": (_reaction, "reaction"),
}
