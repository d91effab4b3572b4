"""Files as both vendors name them: where to fetch one, what it is called, what it is. Pure.

Vendors leave out names, sizes and types, or fill them with zeros; then the end of the URL tells (edna.md §3).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from bridge.events import ContentType
from bridge.media_types import OCTETS, TYPES, named
from bridge.shapes import amount, link, word

NAME_LIMIT = 255  # characters
ENDING_LIMIT = 10  # characters; what is longer is a word with a dot in it

VOICE_ENDINGS = frozenset({"ogg", "oga", "opus", "mpga", "amr"})  # what messengers record (edna.md §4, live)
BY_FAMILY: Mapping[str, ContentType] = {
    "image": ContentType.PICTURE,
    "video": ContentType.VIDEO,
    "audio": ContentType.AUDIO,
}


class File(NamedTuple):
    """A file that can be fetched: its URL, name, size in bytes and MIME type, as far as known."""

    url: str
    name: str | None
    size: int | None
    mime: str | None


def file_of(url: Any, name: Any = None, size: Any = None, mime: Any = None) -> File | None:
    """The file that a vendor's fields describe; None when nothing can be fetched."""
    where = link(url)
    if where is None:
        return None
    called = _safe(word(name)) or _safe(unquote(_path(where).rsplit("/", 1)[-1]))
    told = named(word(mime))
    return File(where, called or None, amount(size), told if _says_something(told) else _guessed(called, _path(where)))


def seen_as(file: File) -> ContentType:
    """What a file is by its type and ending alone."""
    found = BY_FAMILY.get((file.mime or "").partition("/")[0], ContentType.FILE)
    if found is ContentType.AUDIO and VOICE_ENDINGS & {ending(file.name or ""), ending(_path(file.url))}:
        return ContentType.VOICE
    return found


def ending(name: str) -> str:
    """The ending of a file's name or path in lower case, without its dot; "" when it has none."""
    _, dot, found = name.rpartition(".")
    return found.lower() if dot and len(found) <= ENDING_LIMIT and found.isascii() and found.isalnum() else ""


def _path(url: str) -> str:
    return urlsplit(url).path  # `link` has split it before


def _guessed(*names: str) -> str | None:
    return next((TYPES[ending(name)] for name in names if ending(name) in TYPES), None)


def _says_something(mime: str) -> bool:
    family, slash, kind = mime.partition("/")
    return bool(slash and family.isalpha() and kind) and mime != OCTETS and mime.isascii() and len(mime) <= NAME_LIMIT


def _safe(name: str) -> str:
    """A name without folders and control characters, of bounded length with its ending kept; "" when none is left."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    spaced = "".join(" " if unicodedata.category(each) == "Zs" else each for each in last)  # macOS writes U+202F
    clean = "".join(filter(str.isprintable, spaced)).strip()
    if len(clean) > NAME_LIMIT:
        tail = f".{ending(clean)}" if ending(clean) else ""
        clean = clean[: NAME_LIMIT - len(tail)] + tail
    return "" if clean.strip(".") == "" else clean
