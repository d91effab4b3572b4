"""How far each outbound message got: a status only moves forward (I5).

sent < delivered < read. A failure ends its own attempt (request id and cascade stage): what the same attempt reports
later is old news, while a later stage or a replay may still arrive.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.events import MessageStatus

RANKS = {
    MessageStatus.ENQUEUED: 0,
    MessageStatus.SENT: 1,
    MessageStatus.FAILED: 1,
    MessageStatus.DELIVERED: 2,
    MessageStatus.READ: 3,
}


@dataclass(frozen=True, slots=True)
class Reached:
    """The last status of a message, and the attempt that it belongs to."""

    status: MessageStatus
    request_id: str
    stage: str | None


def advances(last: Reached | None, new: Reached, *, several: bool = False) -> bool:
    """Whether `new` tells more than `last`; what does not is skipped.

    `several`: the message went in several parts, so that one may fail after another was delivered.
    """
    if new.status not in RANKS:
        return False
    if last is None:
        return True
    same_attempt = (last.request_id, last.stage) == (new.request_id, new.stage)
    if last.status is MessageStatus.FAILED:
        return not same_attempt
    if new.status is MessageStatus.FAILED:
        return RANKS[last.status] <= RANKS[MessageStatus.DELIVERED if several else MessageStatus.SENT]
    return RANKS[new.status] > RANKS[last.status]
