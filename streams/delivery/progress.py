"""How far each outbound message got: a status only moves forward (I5).

sent < delivered < read. A failure ends its own attempt (request id and cascade stage): what the same attempt reports
later is old news, while a later stage or a replay may still arrive.
"""

from __future__ import annotations

from typing import NamedTuple

from bridge.events import MessageStatus
from streams.delivery.fingerprints import fingerprint_of

RANKS = {
    MessageStatus.ENQUEUED: 0,
    MessageStatus.SENT: 1,
    MessageStatus.FAILED: 1,
    MessageStatus.DELIVERED: 2,
    MessageStatus.READ: 3,
}


CODES = tuple(MessageStatus)  # a status as a number of CODE_BITS; only of this process
CODE_BITS = 3


class Reached(NamedTuple):
    """The last status of a message, and a number for the attempt that it belongs to: request id and cascade stage."""

    status: MessageStatus
    attempt: int

    @classmethod
    def of(cls, status: MessageStatus, request_id: str, stage: str | None) -> Reached:
        """What an attempt reached."""
        return cls(status, fingerprint_of(request_id, stage or "") >> CODE_BITS)

    @property
    def number(self) -> int:
        """Both in 64 bits; `from_number` is its inverse."""
        return self.attempt << CODE_BITS | CODES.index(self.status)

    @classmethod
    def from_number(cls, number: int) -> Reached:
        """What a number says."""
        return cls(CODES[number & (1 << CODE_BITS) - 1], number >> CODE_BITS)


def advances(last: Reached | None, new: Reached, *, several: bool = False) -> bool:
    """Whether `new` tells more than `last`; what does not is skipped.

    `several`: the message went in several parts, so that one may fail after another was delivered.
    """
    if new.status not in RANKS:
        return False
    if last is None:
        return True
    same_attempt = last.attempt == new.attempt
    if last.status is MessageStatus.FAILED:
        return not same_attempt
    if new.status is MessageStatus.FAILED:
        return RANKS[last.status] <= RANKS[MessageStatus.DELIVERED if several else MessageStatus.SENT]
    return RANKS[new.status] > RANKS[last.status]
