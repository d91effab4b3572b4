"""What an attempt at a vendor came to: the classes that decide what happens next, as data.

delivered   a receipt, and the next event
not ours    skipped and counted, never a dead letter
transient   again in the lane, with the same id
throttled   as transient, and slower
refused     nothing of this channel passes until somebody mends it: waits, loudly
permanent   this event can never pass: a dead letter
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from bridge.http import Answer

RETRY_AFTER_LIMIT_S = 300.0
AT_THE_DOOR = frozenset({401, 403, 404, 405})  # refused before anybody looks at what is sent


class Outcome(StrEnum):
    """See the module."""

    DELIVERED = "delivered"
    NOT_OURS = "not ours"
    TRANSIENT = "transient"
    THROTTLED = "throttled"
    REFUSED = "refused"
    PERMANENT = "permanent"


class Verdict(NamedTuple):
    """The outcome of one attempt. `reason` is for people and holds nothing personal; `vendor_id` is the vendor's id.

    `remedy` says what ends a refusal. `already`: the vendor took nothing, as it has the id from an earlier attempt.
    `code` is the vendor's own word for what is wrong.
    """

    outcome: Outcome
    reason: str = ""
    status: int | None = None
    vendor_id: str | None = None
    retry_after_s: float | None = None
    remedy: str = ""
    already: bool = False
    code: str = ""

    @property
    def of_message(self) -> bool:
        """Whether the vendor looked at the message and took it not, so that it may know its id from now on.

        One that refuses at the door (a key, a path, a page of a proxy's) has looked at nothing.
        """
        if self.outcome is Outcome.REFUSED:
            at_the_door = self.status in AT_THE_DOOR or (self.status or 0) // 100 == 3
            return bool(self.code) and not at_the_door
        return self.outcome is Outcome.PERMANENT


# What a status means on every send, whatever the vendor; the vendors' tables come first.
BY_STATUS: Mapping[int, Outcome] = {
    401: Outcome.REFUSED,
    402: Outcome.REFUSED,
    403: Outcome.REFUSED,
    404: Outcome.REFUSED,
    405: Outcome.REFUSED,
    408: Outcome.TRANSIENT,
    410: Outcome.REFUSED,
    415: Outcome.REFUSED,
    425: Outcome.REFUSED,  # edna: the credit has expired (edna.md §2.6)
    429: Outcome.THROTTLED,
}


def by_status(answer: Answer) -> Outcome:
    """The class of an answer by its status alone; a page in HTML did not come from the API at all.

    An empty answer is no page, whatever type it has: amojo answers 200 without a body (amojo.md §4).
    """
    html = answer.headers.get("Content-Type", "").startswith("text/html") and answer.body.strip()
    if html and answer.status < 500 and answer.status != 429:
        return Outcome.REFUSED
    if answer.status in BY_STATUS:
        return BY_STATUS[answer.status]
    if 200 <= answer.status < 300:
        return Outcome.DELIVERED
    if 300 <= answer.status < 400:
        return Outcome.REFUSED
    return Outcome.TRANSIENT if answer.status >= 500 else Outcome.PERMANENT


def retry_after_s(answer: Answer) -> float | None:
    """The seconds of a `Retry-After` header, at most RETRY_AFTER_LIMIT_S; the form with a date counts as absent."""
    value = answer.headers.get("Retry-After", "").strip()
    return min(float(value), RETRY_AFTER_LIMIT_S) if value.isascii() and value.isdigit() else None
