"""What is a phone, and its one form. Parsing costs tens of microseconds, so that recent answers are kept."""

from __future__ import annotations

from functools import lru_cache

import phonenumbers

NOWHERE = "ZZ"  # no region: digits are a phone only with their country's code
REMEMBERED = 20_000  # phones; bounded, because whoever sends webhooks chooses them
SHORTEST_INTERNATIONAL = 11  # digits without `+`; a shorter number is more likely an id in some messenger


@lru_cache(maxsize=REMEMBERED)
def e164(value: str, region: str) -> str | None:
    """E.164 with `+` of a phone as people and vendors write it, read from `region`; None when it is no valid phone."""
    if len(value) > 32:
        return None
    found = _valid(value, region)
    if found is None and value.isascii() and value.isdigit() and len(value) >= SHORTEST_INTERNATIONAL:
        found = _valid(f"+{value}", None)
    return found


def _valid(value: str, region: str | None) -> str | None:
    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
