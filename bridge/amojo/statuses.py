"""From what became of an operator's message to amojo's `delivery_status` (amojo.md §4). Pure."""

from __future__ import annotations

from typing import Any

from bridge.amojo.sentences import Language, failure, why
from bridge.compact import encoded
from bridge.events import MessageStatus, StatusUpdate

# amojo's code of a status; what is not here has no call of its own: `sent` is amojo's default (amojo.md §4).
STATUS_CODES = {MessageStatus.DELIVERED: 1, MessageStatus.READ: 2, MessageStatus.FAILED: -1}


def delivery_status(event: StatusUpdate, *, language: Language = "ru") -> bytes | None:
    """The body of `delivery_status`, or None for a status that amojo is not told."""
    code = STATUS_CODES.get(event.status)
    if code is None:
        return None
    body: dict[str, Any] = {"status_code": code}
    if code < 0:
        reason = event.reason or ""
        body["error_code"] = failure(reason).code
        body["error"] = why(reason, language)
    return encoded(body)
