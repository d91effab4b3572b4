"""What a person on either side sees of a message besides its words, as the page draws it. Pure.

`kind` is image, video, audio, file, place or contact, with `url` and `name`, `place` or `contact`; `buttons` are rows
of them; `quote` is the id of the message that is answered. Empty ones are left out.
"""

from __future__ import annotations

from typing import Any

from bridge.ids import amojo_msgid, decode_request_id
from sandbox.page.reading import at, word

Seen = dict[str, Any]

# amojo's and edna's types, in lower case.
KINDS = {
    "picture": "image", "image": "image", "sticker": "image", "video": "video", "audio": "audio", "voice": "audio",
    "file": "file", "document": "file", "location": "place", "contact": "contact",
}  # fmt: skip


def client_sent(document: Any, channel: str) -> Seen:
    """Of edna's incoming webhook, in the Pulse form, or the README form with its attachment."""
    content = at(document, "messageContent") or document
    kind = word(at(content, "type")).lower()
    url = word(at(content, "attachment.url"))
    place = _place(at(content, "location.latitude"), at(content, "location.longitude"))
    own, theirs = word(at(document, "replyInMessageId")), word(at(document, "replyOutMessageExternalRequestId"))
    attempt = decode_request_id(theirs)
    quote = amojo_msgid("default", channel, own) if own else attempt.message_id if attempt else theirs
    return seen(
        kind, word(at(content, "text")) or word(at(content, "caption")), url, _name(content), place, quote=quote
    )


def operator_sees(payload: Any) -> Seen:
    """Of amojo's `new_message`."""
    content = at(payload, "message")
    place = _place(at(content, "location.lat"), at(content, "location.lon"))
    quote = word(at(payload, "reply_to.message.msgid")) or word(at(payload, "reply_to.message.id"))
    kind, contact = word(at(content, "type")), _contact(at(content, "contact"))
    return seen(
        kind, word(at(content, "text")), word(at(content, "media")), word(at(content, "file_name")), place, contact,
        quote=quote,
    )  # fmt: skip


def operator_sent(content: Any) -> Seen:
    """Of the message in amojo's hook."""
    place = _place(at(content, "location.lat"), at(content, "location.lon"))
    quoted = at(content, "reply_to.message")
    rows = at(content, "markup.buttons")
    buttons = [[_button(one) for one in row] for row in rows if isinstance(row, list)] if isinstance(rows, list) else []
    return seen(
        word(at(content, "type")), word(at(content, "text")), word(at(content, "media")),
        word(at(content, "file_name")), place, _contact(at(content, "contact")),
        quote=word(at(quoted, "msgid")) or word(at(quoted, "id")), buttons=buttons,
    )  # fmt: skip


def client_sees(shown: Any) -> Seen:
    """Of what the fake edna says that its client sees; a file that it could not fetch is not seen."""
    place = _place(
        at(shown, "location.latitude") or at(shown, "latitude"),
        at(shown, "location.longitude") or at(shown, "longitude"),
    )
    rows = at(shown, "keyboard.rows")
    buttons = [
        [_button(one) for one in at(row, "buttons") or []] for row in (rows if isinstance(rows, list) else [])
    ]  # fmt: skip
    kind, url = word(at(shown, "type")).lower(), word(at(shown, "url"))
    return seen(kind, word(at(shown, "text")), url, word(at(shown, "file_name")), place, buttons=buttons)


def seen(
    kind: str,
    text: str = "",
    url: str = "",
    name: str = "",
    place: Seen | None = None,
    contact: Seen | None = None,
    *,
    quote: str = "",
    buttons: list[list[Seen]] | None = None,
) -> Seen:
    """What is seen; a type that needs a file or place which is not there has no kind."""
    found = KINDS.get(kind, "")
    there = {"place": place, "contact": contact}.get(found, url)
    name = name or url.partition("?")[0].rpartition("/")[2]
    told = {
        "text": text, "kind": found if there else "", "url": url, "name": name,
        "place": place, "contact": contact, "quote": quote, "buttons": buttons,
    }  # fmt: skip
    return {key: value for key, value in told.items() if value}


def _name(content: Any) -> str:
    return word(at(content, "attachment.name"))


def _place(latitude: Any, longitude: Any) -> Seen | None:
    if isinstance(latitude, str | int | float) and isinstance(longitude, str | int | float):
        return {"latitude": str(latitude), "longitude": str(longitude)}
    return None


def _contact(contact: Any) -> Seen | None:
    told = {name: word(at(contact, name)) for name in ("name", "phone")}
    return told if any(told.values()) else None


def _button(button: Any) -> Seen:
    told = {name: word(at(button, name)) for name in ("text", "url", "payload")}
    return {name: value for name, value in told.items() if value}
