"""The webhooks that edna sends (edna.md §4, §5) and those of the README form (§0). Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

Form = Literal["pulse", "array", "readme"]


@dataclass(frozen=True, slots=True)
class ClientMessage:
    """What a client wrote. `channel` is edna's subjectId; in the README form the imType."""

    id: int | str
    channel: str
    address: str
    text: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """A send that was accepted. `request_id` is what its statuses carry (empty: null); `readme` tells the form."""

    request_id: str
    message_id: int
    cascade_id: str
    subject: str
    subject_id: int
    conversation: str
    comment: str | None
    readme: bool


def incoming(message: ClientMessage, form: Form) -> bytes:
    """The body of an incoming message."""
    if form == "readme":
        return _encoded(
            {
                "id": str(message.id),
                "imType": message.channel,
                "subject": message.address,
                "text": message.text,
                "fromClient": True,
            }
        )
    pulse = _pulse(message)
    return _encoded([pulse] if form == "array" else pulse)


def status(sent: Sent, name: str, error: str | None, true_after_s: float = 0.0) -> bytes:
    """The body of a status; `name` in upper case. It came true, or will, so long (s) after now."""
    if sent.readme:
        return _encoded({"id": sent.request_id, "status": name.lower()})
    return _encoded(
        {
            "requestId": sent.request_id or None,
            "messageId": sent.message_id,
            "cascadeId": int(sent.cascade_id) if sent.cascade_id.isdigit() else sent.cascade_id,
            "cascadeStageUUID": None,
            "subject": sent.subject,
            "subjectId": sent.subject_id,
            "status": name,
            "statusAt": _now(true_after_s),
            "error": error,
            "comment": sent.comment,
            "paymentData": None,
        }
    )


def _pulse(message: ClientMessage) -> dict[str, Any]:
    absent = (
        "attachment location referral caption payload story items contact product catalog order callPermissionReply"
    )
    info = {"userName": message.name, "firstName": None, "lastName": None, "avatarUrl": None}
    return {
        "id": message.id,
        "subject": f"sandbox_{message.channel}",
        "subjectId": int(message.channel),
        "subscriber": {
            "id": 1_000_000 + sum(message.address.encode()),
            "identifier": message.address,
            "identifiers": [{"type": "PHONE", "value": message.address}] if message.address.isdigit() else [],
        },
        "userInfo": info if message.name else None,
        "messageContent": {"type": "TEXT", "text": message.text, **dict.fromkeys(absent.split())},
        "receivedAt": _now(),
        "replyOutMessageId": None,
        "replyOutMessageExternalRequestId": None,
        "replyInMessageId": None,
        "lastMessage": None,
    }


def _now(after_s: float = 0.0) -> str:
    return (datetime.now(UTC) + timedelta(seconds=after_s)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _encoded(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
