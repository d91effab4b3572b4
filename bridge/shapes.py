"""Reading JSON that others wrote: absent = null = "", numbers may be strings and strings numbers, nothing raises.

Also what a webhook can turn out to be besides an event. Both vendors' parsers use this; it knows neither of them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

from bridge.errors import Unusable
from bridge.events import QuarantineReason

ID_LIMIT = 255  # characters; longer than any vendor's id, and percent-encoded still far below a record's limit
LATEST_MS = 253_402_300_799_999  # the end of the year 9999; what is later is no time
LINK_LIMIT = 8192  # characters; signed links are long
UNLINKABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")  # control characters, and halves of characters
NUMBER_LIMIT = 40  # characters of a number that is written as text
SECONDS_BELOW = 100_000_000_000  # a number below is seconds since the epoch (until the year 5138), above milliseconds

JsonObject = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ignored:
    """Authentic and understood, and nothing for the other side. `kind` is a word for the counter."""

    kind: str


@dataclass(frozen=True, slots=True)
class SetAside:
    """Authentic, and kept in quarantine instead of carried. `detail` is for people and holds nothing personal."""

    reason: QuarantineReason
    detail: str


def unknown(detail: str) -> SetAside:
    """A shape that no vendor is known to send."""
    return SetAside(QuarantineReason.UNKNOWN, detail)


def text(value: Any) -> str:
    """A value as text: numbers in decimal, anything that is neither as "". Lone surrogates are replaced by `?`."""
    if isinstance(value, str):
        return value if value.isascii() else _whole(value)
    if isinstance(value, bool):
        return ""
    if isinstance(value, int):
        return str(value) if abs(value) < 10**ID_LIMIT else ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    return ""


def _whole(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-8", "replace").decode()
    return value


def word(value: Any) -> str:
    """An id, a name or the like as text, without spaces at its ends."""
    return text(value).strip()


def member(value: Any, key: str) -> JsonObject:
    """The object under a key, or an empty one."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def objects(value: Any) -> list[JsonObject]:
    """The objects of a list, or the one object that stands where a list may."""
    found = value if isinstance(value, list) else [value]
    return [each for each in found if isinstance(each, dict)]


def first(value: Any, *keys: str) -> str:
    """The first of an object's keys that says something, as a word; "" when none does."""
    return next((found for key in keys if (found := word(value.get(key)))), "") if isinstance(value, dict) else ""


def optional(value: Any) -> str | None:
    """An id that may be absent; one too long to be an id counts as absent."""
    found = word(value)
    return found if found and len(found) <= ID_LIMIT else None


def amount(value: Any) -> int | None:
    """A size or a duration: a whole number above zero; vendors write zero for what they do not know."""
    found = word(value)
    return (int(found) or None) if found.isascii() and found.isdigit() and len(found) <= NUMBER_LIMIT // 2 - 2 else None


def degrees(value: Any, most: float) -> float | None:
    """A coordinate between -most and most; None for anything else."""
    found = word(value).replace(",", ".")
    try:
        number = float(found) if len(found) <= NUMBER_LIMIT else math.nan
    except ValueError:
        return None
    return number if abs(number) <= most else None  # never true of NaN


def link(value: Any) -> str | None:
    """An http or https URL that names a host, its spaces and signs that nobody sees encoded; None for anything else."""
    found = value.strip() if isinstance(value, str) else ""
    if not found.lower().startswith(("http://", "https://")) or UNLINKABLE.search(found):
        return None
    if " " in found or not found.isprintable():  # macOS writes U+202F into the names of screenshots
        found = "".join(each if each.isprintable() and each != " " else quote(each) for each in found)
    if len(found) > LINK_LIMIT:
        return None
    try:
        return found if urlsplit(found).hostname else None
    except ValueError:  # a broken IPv6 address, and the like
        return None


def identifier(value: Any, field: str) -> str:
    """A value that a shape cannot do without, as text. Raises Unusable that names the field."""
    found = word(value)
    if not found:
        raise Unusable(field, "is missing or empty")
    if len(found) > ID_LIMIT:
        raise Unusable(field, f"is longer than {ID_LIMIT} characters")
    return found


def milliseconds(value: Any) -> int | None:
    """A time as milliseconds since the epoch, from ISO 8601 (no zone: UTC), seconds or milliseconds; else None."""
    given = word(value)
    if not given or len(given) > ID_LIMIT:
        return None
    try:
        if given.isascii() and given.isdigit():
            number = int(given)
            found = number * 1000 if number < SECONDS_BELOW else number
        else:
            moment = datetime.fromisoformat(given)
            found = round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None
    return found if 0 <= found <= LATEST_MS else None
