"""A piece of a message as the JSON of each of edna's sending methods (edna.md §0, §2.1–§2.4, §7). Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from bridge.edna.channels import MAX, MAX_BOT, TYPE_PATHS, Route
from bridge.edna.pieces import DOCUMENT, IMAGE, KEYBOARD, LOCATION, TEXT, Piece
from bridge.events import Button, OutboundMessage, Template
from bridge.settings import CASCADE_PATH, LEGACY_PATHS, README_PATH

# The part of a cascade's content that belongs to a channel type (edna.md §2.1).
CONTENT_KEYS = {"WHATSAPP": "whatsappContent", "VIBER": "viberContent", "SMS": "smsContent"}
WHATSAPP_CONTENT, SMS_CONTENT = CONTENT_KEYS["WHATSAPP"], CONTENT_KEYS["SMS"]
TEMPLATE_PATH = "/api/v1/out-messages/whatsapp/template"
NAME_LIMIT = 70  # characters of a cascade's attachment.name (edna.md §2.1)

Json = dict[str, Any]
Form = Callable[[Piece, OutboundMessage, Route, str], Json]


class FormOf(NamedTuple):
    """How a method is called, and whether it takes an id of ours: without one a repeat cannot be refused there (I4)."""

    form: Form
    own_ids: bool


def _cascade(piece: Piece, event: OutboundMessage, route: Route, own_id: str) -> Json:
    content_key = CONTENT_KEYS.get(route.type, WHATSAPP_CONTENT)
    return {
        "requestId": own_id,
        "cascadeId": int(route.cascade_id) if route.cascade_id.isdigit() else route.cascade_id,
        "subscriberFilter": {"address": event.address, "type": "PHONE"},
        "content": {content_key: _cascade_content(piece, event.content.template, content_key)},
    }


def _cascade_content(piece: Piece, template: Template | None, content_key: str) -> Json:
    if content_key == SMS_CONTENT:
        return {"text": piece.text}
    if piece.kind == LOCATION and piece.location is not None:
        place: Json = {"longitude": piece.location.longitude, "latitude": piece.location.latitude}
        return {"contentType": LOCATION, "location": place | _given(address=piece.location.address)}
    if piece.url:
        attachment = _given(url=piece.url, name=_short(piece.name))
        return {"contentType": piece.kind, "attachment": attachment}
    content: Json = {"contentType": TEXT, "text": piece.text}
    if template is not None and piece.buttons and content_key == WHATSAPP_CONTENT:
        # A template is found by its text, header and buttons exactly as they are registered (edna.md §2.1).
        content["keyboard"] = {"rows": [{"buttons": [_template_button(each) for each in row]} for row in piece.buttons]}
    return content


def _template_button(button: Button) -> Json:
    if button.url:
        return {"text": button.text, "buttonType": "URL", "url": button.url}
    return {"text": button.text, "buttonType": "QUICK_REPLY", "payload": button.text}


def _short(name: str) -> str:
    """A file name within NAME_LIMIT that keeps its extension; edna takes no document without one (edna.md §2.1)."""
    name = name or "file"
    stem, dot, extension = name.rpartition(".")
    if len(name) <= NAME_LIMIT or not stem or len(extension) > NAME_LIMIT // 2:
        return name[:NAME_LIMIT]
    return stem[: NAME_LIMIT - len(extension) - 1] + dot + extension


def _template(piece: Piece, event: OutboundMessage, route: Route, own_id: str) -> Json:
    body: Json = {"messageId": own_id, "sender": route.sender, "phone": event.address, "templateId": piece.template}
    attachment = _given(url=piece.url, name=_short(piece.name)) if piece.url else None
    return body | _given(textVariables=list(piece.values), attachment=attachment)


def _readme(piece: Piece, event: OutboundMessage, route: Route, _own_id: str) -> Json:
    attachment = _given(url=piece.url, name=piece.name) if piece.url else None
    # `text` is not optional there (edna.md §0): a file without words is called by its name.
    text = piece.text or (piece.name or "file" if piece.url else "")
    body = {"imType": route.type.lower(), "subject": event.address, "text": text}
    return body | _given(attachment=attachment)


def _legacy(piece: Piece, event: OutboundMessage, route: Route, own_id: str) -> Json:
    body: Json = {
        "id": own_id,
        "subject": route.sender or event.channel,
        "address": event.address,
        "imType": route.type.lower(),
        "contentType": (TEXT if piece.kind == KEYBOARD else piece.kind).lower(),
    }
    if piece.location is not None:
        place = piece.location
        return (
            body
            | {"latitude": str(place.latitude), "longitude": str(place.longitude)}
            | _given(locationAddress=place.address)
        )
    name = _short(piece.name) if piece.kind in (IMAGE, DOCUMENT) else None  # audio takes none (edna.md §7)
    return body | _given(text=piece.text, attachmentUrl=piece.url, attachmentName=name)


def _max_content(piece: Piece) -> Json:
    if piece.kind == LOCATION and piece.location is not None:
        place = piece.location
        return {"type": LOCATION, "latitude": place.latitude, "longitude": place.longitude} | _given(text=place.address)
    if piece.kind == KEYBOARD:
        rows = [{"buttons": [_max_button(each) for each in row]} for row in piece.buttons]
        return {"type": KEYBOARD, "text": piece.text, "keyboard": {"rows": rows}}
    # The words beside a file are `text`: `caption` is dropped silently (edna.md §2.3). No name: it works without.
    return {"type": piece.kind} | _given(url=piece.url, text=piece.text)


def _max_button(button: Button) -> Json:
    if button.url:
        return {"type": "LINK", "text": button.text, "url": button.url}
    return {"type": "MESSAGE", "text": button.text}


def _max_bot(piece: Piece, event: OutboundMessage, route: Route, _own_id: str) -> Json:
    return {"sender": route.sender, "maxId": event.address, "content": _max_content(piece)}


def _max(piece: Piece, event: OutboundMessage, route: Route, _own_id: str) -> Json:
    kind = "PHONE" if event.write_first else "MAX_ID"
    return {"from": route.sender, "to": {"value": event.address, "type": kind}, "content": _max_content(piece)}


def _given(**values: Any) -> Json:
    return {name: value for name, value in values.items() if value}


FORMS: Mapping[str, FormOf] = {
    CASCADE_PATH: FormOf(_cascade, own_ids=True),
    README_PATH: FormOf(_readme, own_ids=False),
    **dict.fromkeys(LEGACY_PATHS, FormOf(_legacy, own_ids=True)),
    TEMPLATE_PATH: FormOf(_template, own_ids=True),
    TYPE_PATHS[MAX]: FormOf(_max, own_ids=False),
    TYPE_PATHS[MAX_BOT]: FormOf(_max_bot, own_ids=False),
}
SERVED_PATHS = (CASCADE_PATH, *LEGACY_PATHS, README_PATH)  # of EDNA_SEND_PATH; MAX has its own whatever that says
