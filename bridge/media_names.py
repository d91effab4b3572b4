"""Names of files as both vendors take them: short, without a path, with an extension that fits. Pure.

edna refuses links whose path has no extension, and names over 70 characters (edna.md §2.1, §3).
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote, urlsplit

from bridge.media_types import EXTENSIONS, OCTETS, TYPES, named

LONGEST = 70  # characters
NAMELESS = "file"
UNKNOWN = "bin"
SEPARATORS = re.compile(r"[/\\]")
UNWANTED = re.compile(r'[:*?"<>|%#;&\s]+')  # of file systems, URLs and headers
PLAUSIBLE = re.compile(r"(?=.*[a-z])[a-z0-9]{1,5}")


def file_name(name: str | None, url: str | None, mime: str | None = None) -> str:
    """The name of a file, from its given name or else from its URL: never empty, at most 70 characters.

    The extension is the name's own when it is a known one, else that of `mime`, else that of the URL, else `bin`.
    """
    stem, own = _split(_clean(name or "") or _clean(_last_part(url)))
    extension = _extension(own, _split(_last_part(url))[1], mime)
    if own and own != extension:
        stem = f"{stem}.{own}"
    return f"{stem[: LONGEST - len(extension) - 1].rstrip('._ ') or NAMELESS}.{extension}"


def extension_of(name: str) -> str:
    """The extension of a name or of the last part of a path, in lower case and without its dot; "" when it has none."""
    return _split(name)[1]


def _extension(own: str, of_url: str, mime: str | None) -> str:
    by_type = EXTENSIONS.get(named(mime), "") if named(mime) != OCTETS else ""
    candidates = (own if own in TYPES else "", by_type, of_url if of_url in TYPES else "", own, UNKNOWN)
    return next(filter(None, candidates))


def _last_part(url: str | None) -> str:
    try:
        return unquote(urlsplit(url or "").path.rpartition("/")[2])
    except ValueError:  # brackets that hold no address
        return ""


def _clean(name: str) -> str:
    last = SEPARATORS.split(unicodedata.normalize("NFC", name))[-1]
    # Categories C*: control characters, directions of writing, halves of characters.
    visible = "".join(each for each in last if each.isspace() or not unicodedata.category(each).startswith("C"))
    return UNWANTED.sub("_", visible.strip()).strip("._")


def _split(name: str) -> tuple[str, str]:
    stem, dot, extension = name.rpartition(".")
    if dot and stem and PLAUSIBLE.fullmatch(extension.lower()):
        return stem, extension.lower()
    return name, ""
