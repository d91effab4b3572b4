"""What a client sends, of every type that edna tells of, and who sends it (edna.md §4). Pure, but for files.

An order names a `type`, and whatever it leaves out is filled with a sample of that type.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.files import Shelf
from sandbox.vendor import text

Json = dict[str, Any]

# Types with a file: the one that is made when none is given (edna.md §4 tells the odd ones of MAX Bot).
FILES = {
    "IMAGE": "photo.png",
    "VIDEO": "clip.mp4",
    "AUDIO": "voice.mpga",
    "VOICE": "voice.ogg",
    "DOCUMENT": "bill.pdf",
    "STICKER": "sticker.webp",
}
NO_FILE: Json = {"url": None, "name": None, "size": None}
# What the others hold besides, when the order does not say. The shapes of some were never seen: these are guesses.
SAMPLES: dict[str, Json] = {
    "LOCATION": {"location": {"latitude": 55.751244, "longitude": 37.618423, "address": "Москва, Красная площадь"}},
    "CONTACT": {"contact": {"name": "Пётр Петров", "phone": "79990000002"}},
    "LIST": {"items": [{"title": "Доставка", "subtitle": "завтра", "identifier": "row-1"}]},
    "FLOW": {"text": '{"name":"Анна","day":"2026-03-08","flow_token":"t-1"}'},
    "ORDER": {
        "order": {
            "catalogId": "c-7",
            "text": "Можно сегодня?",
            "products": [{"productId": "p-1", "quantity": 2, "price": 450.0, "currency": "RUB"}],
        }
    },
    "STORY": {"story": {"url": "https://story.example/1", "id": "s-1"}, "text": "Это ещё продаётся?"},
    "REACTION": {"text": "👍"},
    "CONVERSATION_STARTED": {"text": "/start"},
    "UNSUPPORTED": {"type": "DOCUMENT", "attachment": NO_FILE},
    "CALL_PERMISSION_REPLY": {"callPermissionReply": {"response": "accept"}},
}
TYPES = frozenset({"TEXT", *FILES, *SAMPLES})
GIVEN = (
    "text", "caption", "payload", "location", "contact", "items", "order", "product", "catalog", "story", "referral",
    "callPermissionReply",
)  # fmt: skip
NO_USER: Json = {"userName": None, "firstName": None, "lastName": None, "avatarUrl": None}


@dataclass(frozen=True, slots=True)
class Writing:
    """Makes contents. Files come from `shelf`, under links that live `life_s` (s)."""

    shelf: Shelf
    life_s: Callable[[], float]

    def content(self, order: Json, subject: str) -> Json:
        """The `messageContent` of an order. Raises ValueError naming a wrong field."""
        kind = text(order, "type") or "TEXT"
        raw = order.get("content")
        if isinstance(raw, dict):
            return raw
        if kind == "TEXT" and not text(order, "text"):
            raise ValueError("text: needed")
        given = {name: order[name] for name in GIVEN if order.get(name) is not None}
        # A type that edna does not know yet goes as it is: parsers must survive it.
        content = {"type": kind, **SAMPLES.get(kind, {}), **given}
        if kind in FILES:
            content["attachment"] = self._attachment(order, kind, subject)
            if kind == "STICKER":
                content["type"] = "IMAGE"
        return content

    def user(self, order: Json, im_type: str) -> Json | None:
        """The `userInfo` of an order: as given (null too), else made of `name`, in the manner of the channel."""
        if "user" in order:
            given = order["user"]
            return {**NO_USER, **given} if isinstance(given, dict) else None
        name = text(order, "name")
        if not name or im_type == "max":  # MAX tells nothing of people
            return None
        if im_type == "max_bot":
            first, _, last = name.partition(" ")
            return {**NO_USER, "firstName": first, "lastName": last}
        avatar = self._file(text(order, "subject") or "avatars", "avatar.png") if order.get("avatar") is True else None
        return {**NO_USER, "userName": name, "avatarUrl": avatar or order.get("avatar") or None}

    def _attachment(self, order: Json, kind: str, subject: str) -> Json:
        given = order.get("attachment")
        if isinstance(given, dict):
            return {**NO_FILE, **given}
        name = text(order, "file_name") or FILES[kind]
        size = order.get("size")
        if size is not None and (not isinstance(size, int) or isinstance(size, bool) or not 0 < size <= 64_000_000):
            raise ValueError("size: bytes of the file, up to 64000000")
        # `name` and `size` were always null in live traffic (edna.md §3).
        return {**NO_FILE, "url": self._file(subject, name, size or 0)}

    def _file(self, subject: str, name: str, size: int = 0) -> str:
        extension = name.rpartition(".")[2]
        random = f"{secrets.token_hex(8)}.{extension}" if "." in name else secrets.token_hex(8)
        path = self.shelf.put_sample(f"files/imfiles4s/{subject}", random, size, sign=True)
        return self.shelf.link(path, self.life_s())
