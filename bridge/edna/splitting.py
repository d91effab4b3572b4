"""A text in parts that a channel takes: at line ends, else between words, else wherever no sign is torn apart. Pure.

Only white space is lost, and only between two parts. Nothing is added but numbers, to parts that would be equal.
"""

from __future__ import annotations

import unicodedata

JOINER = "\u200d"
SKIN_TONES = range(0x1F3FB, 0x1F400)
FLAG_LETTERS = range(0x1F1E6, 0x1F200)
NUMBER = " (9/9)"  # behind a part; a message has nine parts at most
LONGEST_SIGN = 64  # characters; what goes on for longer is no sign that anybody can see


def split(text: str, limit: int) -> list[str]:
    """A text in parts of 1 to `limit` characters; none when there is nothing but white space."""
    parts = []
    rest = text.strip()
    while len(rest) > limit:
        at = _end(rest, limit)
        parts.append(rest[:at].rstrip())
        rest = rest[at:].lstrip()
    return [*parts, rest] if rest else parts


def distinct(text: str, limit: int) -> list[str]:
    """As `split`, but parts are numbered when two would be equal: edna cancels a repeat (edna.md §2.5).

    Of ten parts or more, which no message has, a numbered one may be longer than `limit`.
    """
    parts = split(text, limit)
    if len(set(parts)) == len(parts):
        return parts
    parts = split(text, limit - len(NUMBER))
    return [f"{part} ({number}/{len(parts)})" for number, part in enumerate(parts, 1)]


def _end(text: str, limit: int) -> int:
    """Where the first part ends. A line or word that ends within the first half leaves the part too short."""
    window = text[: limit + 1]
    for ends in ("\n", " "):
        at = window.rfind(ends)
        if at >= max(1, limit // 2):
            return at
    at = next((at for at in range(limit, 0, -1) if text[at].isspace()), 0)
    return at if at >= max(1, limit // 2) else _between_signs(text, limit)


def _between_signs(text: str, limit: int) -> int:
    """The last place at or before `limit` where a new sign begins, as people count signs."""
    for at in range(limit, max(0, limit - LONGEST_SIGN), -1):
        if not _goes_on(text, at):
            return at
    return limit


def _goes_on(text: str, at: int) -> bool:
    """Whether the character there belongs to the sign before it: an accent, a skin tone, a joined emoji, a flag."""
    code = ord(text[at])
    if text[at] == JOINER or text[at - 1] == JOINER or code in SKIN_TONES or unicodedata.category(text[at])[0] == "M":
        return True
    if code not in FLAG_LETTERS:
        return False
    before = at
    while before and ord(text[before - 1]) in FLAG_LETTERS:
        before -= 1
    return (at - before) % 2 == 1
