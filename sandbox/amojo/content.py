"""What an operator sends, of every type that amoCRM has, as amojo tells it in hooks (amojo.md §6.4, §6.5)."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from typing import Any

from sandbox.files import Shelf
from sandbox.vendor import text

Json = dict[str, Any]

# Types with a file: the one that is made when none is given.
FILES = {
    "picture": "photo.png",
    "file": "bill.pdf",
    "video": "clip.mp4",
    "voice": "voice.ogg",
    "audio": "song.mp3",
    "sticker": "sticker.webp",
}
DURATIONS = frozenset({"voice", "audio", "video"})
THUMBNAILS = frozenset({"picture", "video"})
NAMELESS = frozenset({"voice", "sticker"})  # hooks name neither (amojo.md §6.4)
SAMPLES: dict[str, Json] = {
    "location": {"location": {"lon": 37.618423, "lat": 55.751244}},
    "contact": {"contact": {"name": "Пётр Петров", "phone": "+79990000002"}},
}
TYPES = frozenset({"text", *FILES, *SAMPLES})
EMPTY: Json = {
    "text": "",
    "markup": None,
    "tag": "",
    "media": "",
    "thumbnail": "",
    "file_name": "",
    "file_size": 0,
}


@dataclass(frozen=True, slots=True)
class Writing:
    """Makes what stands in a hook beside the id. Files come from `shelf`, of the account `account_id`."""

    shelf: Shelf
    account_id: str

    def contents(self, order: Json) -> list[Json]:
        """The messages of an order: one, or one for each name of an `album`. Raises ValueError naming a wrong field."""
        album = order.get("album")
        if album is None:
            return [self._content(order)]
        if not isinstance(album, list) or not 1 < len(album) <= 10 or not all(isinstance(one, str) for one in album):
            raise ValueError("album: 2 to 10 names of files")
        group = str(uuid.uuid4())
        parts = [{"type": _type_of(name), "file_name": name} for name in album]
        parts[0]["text"] = text(order, "text")
        return [self._content(part) | {"media_group_id": group} for part in parts]

    def _content(self, order: Json) -> Json:
        kind = text(order, "type") or "text"
        if kind not in TYPES and not isinstance(order.get("content"), dict):
            raise ValueError(f"type: one of {', '.join(sorted(TYPES))}")
        words = text(order, "text")
        template = order.get("template")
        if kind == "text" and not words and not isinstance(template, dict) and not order.get("list"):
            raise ValueError("text: needed")
        content = {"type": kind, **EMPTY, "text": words, **SAMPLES.get(kind, {})}
        content |= {name: order[name] for name in ("location", "contact", "post") if isinstance(order.get(name), dict)}
        content |= self._file(order, kind) if kind in FILES else {}
        content["markup"] = _markup(order)
        if isinstance(template, dict):
            content["template"] = template
            content["text"] = words or _filled(template)
        raw = order.get("content")
        return content | (raw if isinstance(raw, dict) else {})

    def _file(self, order: Json, kind: str) -> Json:
        name = text(order, "file_name") or FILES[kind]
        size = order.get("size") or 0
        if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= 64_000_000:
            raise ValueError("size: bytes of the file, up to 64000000")
        media, stored = text(order, "media"), size
        if not media:
            folder = f"attachments/{self.account_id}/{uuid.uuid4()}"
            path = self.shelf.put_sample(folder, f"{secrets.token_hex(4)}_{name}", size, sign=False)
            media = self.shelf.link(path)
            found = self.shelf.find(path)
            stored = len(found.body) if found else size
        told: Json = {"media": media, "file_name": "" if kind in NAMELESS else name, "file_size": stored}
        if kind in THUMBNAILS:
            stem, dot, extension = media.rpartition(".")
            told["thumbnail"] = f"{stem}_320x200.{extension}" if dot and "/" not in extension else f"{media}_320x200"
        if kind in DURATIONS:
            told["media_duration"] = order.get("duration") or 5
        return told


def embedded(message_id: str, msgid: str | None, content: Json, ms: int, sender: Json) -> Json:
    """A message inside another one: quoted or passed on."""
    kept = {name: content[name] for name in ("type", *EMPTY) if name not in ("markup", "tag")}
    told = {"id": message_id, **kept, "timestamp": ms // 1000, "msec_timestamp": ms, "sender": sender}
    return told | ({"msgid": msgid} if msgid else {})


def _type_of(name: str) -> str:
    extension = name.rpartition(".")[2].lower()
    return {"png": "picture", "jpg": "picture", "jpeg": "picture", "mp4": "video", "mp3": "audio"}.get(
        extension, "file"
    )


def _markup(order: Json) -> Json | None:
    rows, listed = order.get("buttons"), order.get("list")
    if isinstance(listed, dict):
        return {"list_message": listed}
    if rows is None:
        return None
    if not isinstance(rows, list) or not all(isinstance(row, list) and row for row in rows):
        raise ValueError("buttons: rows of buttons")
    return {
        "mode": "inline",
        "buttons": [[one if isinstance(one, dict) else {"text": one} for one in row] for row in rows],
    }


def _filled(template: Json) -> str:
    words = text(template, "content")
    params = template.get("params")
    for one in params if isinstance(params, list) else []:
        words = words.replace(text(one, "key"), text(one, "value")) if text(one, "key") else words
    return words
