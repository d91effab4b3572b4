"""What an operator sent, by the type of a hook's message (amojo.md §6.4, §6.5), in either version. Pure.

No type is passed over in silence: what has no form here, or lacks the file that it speaks of, becomes an UNSUPPORTED
content with amojo's word for it, which the outbound agent dead-letters with a sentence for the operator (I1).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from bridge.attachments import File, file_of, seen_as
from bridge.events import Button, Choice, Contact, Content, ContentType, ListRow, ListSection, Location, Template
from bridge.shapes import JsonObject, amount, degrees, first, member, objects, optional, text, word

KIND_LIMIT = 40  # characters
PLACE = re.compile(r"(?:\\?\{){2}([^{}\\]+)(?:\\?\}){2}")  # `{{name}}`; amojo's docs escape the braces (amojo.md §6.5)
FILE_TYPES: Mapping[str, ContentType] = {
    each.value: each
    for each in (
        ContentType.PICTURE,
        ContentType.FILE,
        ContentType.VIDEO,
        ContentType.AUDIO,
        ContentType.VOICE,
        ContentType.STICKER,
    )
}


def content_of(said: JsonObject) -> Content:
    """The content of a message, what it forwards under it; of one that is only a forward, that alone."""
    found = _own(said)
    for each in objects(member(said, "forwards").get("messages")):
        if each:
            found = _joined(found, _own(each))
    return found


def _own(said: JsonObject) -> Content:
    kind = word(said.get("type")).lower()[:KIND_LIMIT] or "text"
    words = text(said.get("text"))
    if not words.strip():
        words = _filled(said.get("template"))
    content = READERS.get(kind, _said)(said, kind, words)
    beside: dict[str, Any] = {}
    for key, read in BESIDE.items():
        if said.get(key):
            beside |= read(said)
    return content.model_copy(update=beside) if beside else content


def _said(said: JsonObject, kind: str, words: str) -> Content:
    """A text, a file, or a type without a reader: what is there to fetch, else to read, else nothing to send."""
    if said.get("media") or first(said, "file_name"):
        file = file_of(said.get("media"), said.get("file_name"), said.get("file_size"))
        if file is not None:
            return _file(file, FILE_TYPES.get(kind), words, amount(said.get("media_duration")))
        return _unsupported("attachment" if kind == "text" else kind, words)  # words alone would hide that it is gone
    if words and kind not in FILE_TYPES:
        return Content(type=ContentType.TEXT, text=words, kind=None if kind == "text" else kind)
    return _unsupported(kind, words)


def _file(file: File, told: ContentType | None, words: str, duration_s: int | None) -> Content:
    return Content(
        type=told or seen_as(file),
        text=words or None,
        url=file.url,
        name=file.name,
        size=file.size,
        mime=file.mime,
        duration_s=duration_s,
    )


def _location(said: JsonObject, kind: str, words: str) -> Content:
    place = member(said, "location")
    longitude = degrees(place.get("lon", place.get("longitude")), 180)
    latitude = degrees(place.get("lat", place.get("latitude")), 90)
    if longitude is None or latitude is None:
        return _unsupported(kind, words)
    location = Location(latitude=latitude, longitude=longitude, address=first(place, "address") or None)
    return Content(type=ContentType.LOCATION, location=location, text=words or None)


def _contact(said: JsonObject, kind: str, words: str) -> Content:
    card = member(said, "contact")
    contact = Contact(name=first(card, "name") or None, phone=first(card, "phone") or None)
    if not (contact.name or contact.phone):
        return _unsupported(kind, words)
    return Content(type=ContentType.CONTACT, contact=contact, text=words or None)


def _unsupported(kind: str, words: str) -> Content:
    return Content(type=ContentType.UNSUPPORTED, text=words or None, kind=kind)


def _joined(own: Content, forwarded: Content) -> Content:
    """Both as one: a content has one file, so that a second one stands in the text; UNSUPPORTED when either is."""
    replaced = own.type is ContentType.TEXT and forwarded.type is not ContentType.UNSUPPORTED
    if replaced or _is_empty(own):
        kept = {name: found for name in KEPT if (found := getattr(own, name)) is not None}
        return forwarded.model_copy(update={"text": _paragraphs(own.text, forwarded.text), **kept})
    told: dict[str, Any] = {"text": _paragraphs(own.text, forwarded.text, _in_words(forwarded))}
    if own.type is not ContentType.UNSUPPORTED and forwarded.type is ContentType.UNSUPPORTED:
        told |= {"type": forwarded.type, "kind": forwarded.kind}
    return own.model_copy(update=told)


def _is_empty(content: Content) -> bool:
    """A text that says nothing, and not what lacks its file or has no form here."""
    return content.type is ContentType.UNSUPPORTED and content.kind == "text" and not content.text


def _paragraphs(*texts: str | None) -> str | None:
    return "\n\n".join(filter(None, texts)) or None


def _in_words(content: Content) -> str:
    """What a text tells of a file, a place or a contact."""
    place, card = content.location, content.contact
    lines = [content.url]
    if place is not None:
        lines += [place.address, f"{place.latitude:.6f}, {place.longitude:.6f}"]
    if card is not None:
        lines += [card.name, card.phone]
    return "\n".join(filter(None, lines))


def _markup(said: JsonObject) -> dict[str, Any]:
    markup = member(said, "markup")
    made = {"buttons": _buttons(markup.get("buttons")), "choice": _choice(member(markup, "list_message"))}
    return {name: found for name, found in made.items() if found}


def _buttons(rows: Any) -> tuple[tuple[Button, ...], ...]:
    if not isinstance(rows, list):
        return ()
    made = (
        tuple(
            Button(text=title, url=first(each, "url") or None)
            for each in objects(row)
            if (title := text(each.get("text"))).strip()
        )
        for row in rows
    )
    return tuple(row for row in made if row)


def _choice(listed: JsonObject) -> Choice | None:
    if not listed:
        return None
    sections = tuple(
        ListSection(title=first(each, "title") or None, rows=tuple(map(_row, objects(each.get("rows")))))
        for each in objects(listed.get("sections"))
    )
    words = {name: first(listed, name) or None for name in ("header", "body", "footer", "button")}
    return Choice(**words, sections=sections)


def _row(row: JsonObject) -> ListRow:
    return ListRow(
        title=first(row, "title", "callback_data"),
        description=first(row, "description") or None,
        id=first(row, "callback_data") or None,
    )


def _template(said: JsonObject) -> dict[str, Any]:
    held = member(said, "template")
    found = Template(
        id=optional(held.get("id")),
        external_id=optional(held.get("external_id")),
        params=_params(held),
        content=text(held.get("content")) or None,
    )
    return {"template": found} if held else {}


def _group(said: JsonObject) -> dict[str, Any]:
    return {"group": optional(said.get("media_group_id"))}


def _params(template: JsonObject) -> dict[str, str]:
    return {key: text(each.get("value")) for each in objects(template.get("params")) if (key := word(each.get("key")))}


def _filled(template: Any) -> str:
    """The text of a template with its values, for a hook whose own text is empty."""
    if not isinstance(template, dict):
        return ""
    values = {_place_name(key): value for key, value in _params(template).items()}
    words = PLACE.sub(lambda place: values.get(place[1].strip(), place[0]), text(template.get("content")))
    return words if words.strip() else ""


def _place_name(key: str) -> str:
    place = PLACE.fullmatch(key)
    return place[1].strip() if place else key


Reader = Callable[[JsonObject, str, str], Content]  # the message, its type, its words
READERS: Mapping[str, Reader] = {
    "location": _location,
    "contact": _contact,
}
# What an operator's own words keep when they stand over a forwarded file.
KEPT = ("buttons", "choice", "template", "group")
# What may stand beside any of them: its key, and what it adds to the content.
BESIDE: Mapping[str, Callable[[JsonObject], dict[str, Any]]] = {
    "markup": _markup,
    "template": _template,
    "media_group_id": _group,
}
