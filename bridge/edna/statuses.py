"""What edna says became of a message, in each of its dialects (edna.md §0, §5, §7), as one event. Pure.

The event id is made of request id, stage, status and moment: a repeat is the same event, the next status another (I4).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.edna.lines import readable
from bridge.events import MessageStatus, StatusUpdate
from bridge.ids import chosen_by_edna, decode_request_id, status_event_id
from bridge.reading import Reading
from bridge.shapes import Ignored, JsonObject, first, identifier, milliseconds, objects, word

# edna.md §5, §7, and what the history method tells (§2.7); compared in lower case, as prose and payloads differ.
STATUSES: Mapping[str, MessageStatus] = {
    "enqueued": MessageStatus.ENQUEUED,
    "delayed": MessageStatus.ENQUEUED,
    "accepted": MessageStatus.ENQUEUED,
    "sent": MessageStatus.SENT,
    "delivered": MessageStatus.DELIVERED,
    "read": MessageStatus.READ,
    "undelivered": MessageStatus.FAILED,
    "failed": MessageStatus.FAILED,
    "cancelled": MessageStatus.FAILED,
    "canceled": MessageStatus.FAILED,
    "expired": MessageStatus.FAILED,
    "invalid": MessageStatus.FAILED,
    "no-match-template": MessageStatus.FAILED,
    "not-template-match": MessageStatus.FAILED,
    "not-whatsapp-user": MessageStatus.FAILED,
    "not-viber-user": MessageStatus.FAILED,
    "user-blocked": MessageStatus.FAILED,
}
FAILURE_PREFIX = "error"
ERROR_KEYS = ("code", "title", "message", "detail")  # the bodies of edna's errors have them (edna.md §2.6)
WORD_LIMIT = 200  # characters of what is kept as edna's own word

UNMATCHED = Ignored("status without requestId")  # edna's own example has one; nothing can match it (edna.md §5)


def pulse_status(document: JsonObject, reading: Reading) -> StatusUpdate | Ignored:
    """A status of edna Pulse. Raises Unusable when it names no status."""
    said = identifier(document.get("status"), "status")
    request_id = word(document.get("requestId"))
    if not request_id:
        return UNMATCHED
    return _status(
        reading,
        identifier(request_id, "requestId"),
        said,
        channel=word(document.get("subjectId"))[:WORD_LIMIT],
        stage=word(document.get("cascadeStageUUID"))[:WORD_LIMIT] or None,
        at=word(document.get("statusAt"))[:WORD_LIMIT],
        direct=not (word(document.get("cascadeId")) or word(document.get("cascadeStageUUID"))),
        error=_error(document.get("error")),
    )


def legacy_status(document: JsonObject, reading: Reading) -> StatusUpdate | Ignored:
    """A status of the legacy API. Raises Unusable when it names no status."""
    said = identifier(document.get("dlvStatus"), "dlvStatus")
    request_id = word(document.get("imOutMessageId"))
    if not request_id:
        return UNMATCHED
    return _status(
        reading,
        identifier(request_id, "imOutMessageId"),
        said,
        channel=first(document, "imSubjectId", "imSubject")[:WORD_LIMIT],
        at=word(document.get("dlvStatusAt"))[:WORD_LIMIT],
        error=_error(document.get("dlvError")),
    )


def readme_status(document: JsonObject, reading: Reading) -> StatusUpdate:
    """A status of the README form. Raises Unusable that names what is missing."""
    request_id = identifier(document.get("id"), "id")
    return _status(
        reading, request_id, identifier(document.get("status"), "status"), channel=reading.im_type, direct=True
    )


def decoded(request_id: str) -> str | None:
    """The amojo message id that a request id of ours names, else None."""
    attempt = decode_request_id(request_id) if request_id.isascii() else None
    return attempt.message_id if attempt else None


def quoted(request_id: str) -> str | None:
    """The amojo message id of a quoted message; None when amojo cannot know it."""
    return None if chosen_by_edna(request_id) else decoded(request_id)


def _error(held: Any) -> str:
    """edna's word for what went wrong; a number, which says little to people, only where there is no word."""
    words = [word(each.get(key)) for each in objects(held) for key in ERROR_KEYS]
    found = next((each for each in words if each and not each.isdigit()), "") or readable(held)
    return found.replace("\n", ", ")[:WORD_LIMIT]


def _status(
    reading: Reading,
    request_id: str,
    said: str,
    *,
    channel: str,
    stage: str | None = None,
    at: str = "",
    error: str = "",
    direct: bool = False,
) -> StatusUpdate:
    lowered = said.lower()
    status = STATUSES.get(lowered, MessageStatus.UNKNOWN)
    if status is MessageStatus.UNKNOWN and lowered.startswith(FAILURE_PREFIX):
        status = MessageStatus.FAILED
    worth_a_reason = status in (MessageStatus.FAILED, MessageStatus.UNKNOWN)
    return StatusUpdate(
        event_id=status_event_id(reading.account, request_id, stage, said, at),
        account=reading.account,
        channel=channel,
        address="",
        conversation_id="",
        accepted_at=0,
        timestamp=milliseconds(at),
        message_id=decoded(request_id),
        request_id=request_id,
        stage=stage,
        direct=direct,
        status=status,
        reason=(error or lowered) if worth_a_reason else None,
    )
