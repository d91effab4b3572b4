"""The webhooks that edna sends: statuses and incoming messages, in each of its forms (edna.md §0, §4, §5, §7). Pure."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sandbox.edna.messages import Sent

Form = Literal["pulse", "array", "readme", "legacy"]
Json = dict[str, Any]

MSK = timedelta(hours=3)  # the legacy API tells the time of Moscow
# The keys of a message's content that newer webhooks always have (edna.md §4).
ABSENT = (
    "attachment", "location", "referral", "caption", "text", "payload", "story", "items", "contact", "product",
    "catalog", "order", "callPermissionReply",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ClientMessage:
    """What a client wrote. `channel` is edna's subjectId; in the README form the imType.

    `content` is the `messageContent` without the keys that are null; `user` the `userInfo` (None: null), `identifiers`
    further addresses, `more` further keys of the webhook: replies, `lastMessage`.
    """

    id: int | str
    channel: str
    address: str
    content: Json
    subject: str = ""
    im_type: str = "whatsapp"
    user: Json | None = None
    identifiers: list[Json] | None = None
    more: Json = field(default_factory=dict)

    @property
    def text(self) -> str:
        """Its words; empty when it has none."""
        return self.content.get("text") or self.content.get("caption") or ""


def incoming(message: ClientMessage, form: Form) -> bytes:
    """The body of an incoming message."""
    return encoded(INCOMING[form](message))


def status(sent: Sent, name: str, error: str | None, true_after_s: float = 0.0) -> bytes:
    """The body of a status; `name` in upper case. It came true, or will, so long (s) after now."""
    return encoded(STATUSES[sent.form](sent, name, error, true_after_s))


def _pulse(message: ClientMessage) -> Json:
    kind = "MAX_ID" if message.im_type.startswith("max") else "PHONE"
    known = message.address.isdigit()
    identifiers = [{"type": kind, "value": message.address}] if known else []
    return {
        "id": message.id,
        "subject": message.subject or f"sandbox_{message.channel}",
        "subjectId": int(message.channel),
        "subscriber": {
            "id": 1_000_000 + sum(message.address.encode()),
            "identifier": message.address,
            "identifiers": identifiers if message.identifiers is None else message.identifiers,
        },
        "userInfo": message.user,
        "messageContent": {"type": "TEXT", **dict.fromkeys(ABSENT), **message.content},
        "receivedAt": _now(),
        "replyOutMessageId": None,
        "replyOutMessageExternalRequestId": None,
        "replyInMessageId": None,
        "lastMessage": None,
        **message.more,
    }


def _readme(message: ClientMessage) -> Json:
    told = {
        "id": str(message.id),
        "imType": message.channel,
        "subject": message.address,
        "text": message.text,
        "fromClient": True,
    }
    attachment = message.content.get("attachment")
    return told | ({"attachment": attachment} if attachment else {})


def _legacy(message: ClientMessage) -> Json:
    content, user = message.content, message.user or {}
    attachment = content.get("attachment") or {}
    location = content.get("location") or {}
    kind = content.get("type", "TEXT")
    return {
        "id": message.id,
        "imSubject": message.subject or f"sandbox_{message.channel}",
        "imSubjectId": int(message.channel),
        "address": message.address,
        "receivedAt": _now(),
        "imType": message.im_type,
        "contentType": "button" if content.get("payload") else kind.lower(),
        "text": content.get("text"),
        "caption": content.get("caption"),
        "attachmentUrl": attachment.get("url"),
        "attachmentName": attachment.get("name"),
        "latitude": location.get("latitude"),
        "longitude": location.get("longitude"),
        "locationAddress": location.get("address"),
        "payload": content.get("payload"),
        "userName": user.get("userName"),
        "firstName": user.get("firstName"),
        "lastName": user.get("lastName"),
        "avatarUrl": user.get("avatarUrl"),
        "apiKeyId": 1,
        "historyMessages": None,
    }


def _cascade_status(sent: Sent, name: str, error: str | None, true_after_s: float) -> Json:
    cascade = int(sent.cascade_id) if sent.cascade_id.isdigit() else sent.cascade_id
    told = _direct_status(sent, name, error, true_after_s)
    return {
        "requestId": told.pop("requestId"),
        "messageId": told.pop("messageId"),
        "cascadeId": cascade,
        "cascadeStageUUID": sent.stage_uuid,
        **told,
    }


def _direct_status(sent: Sent, name: str, error: str | None, true_after_s: float) -> Json:
    return {
        "requestId": sent.request_id or None,
        "messageId": sent.message_id,
        "subject": sent.subject,
        "subjectId": sent.subject_id,
        "status": name,
        "statusAt": _now(true_after_s),
        "error": error,
        "comment": sent.comment,
        "paymentData": None,
    }


def _legacy_status(sent: Sent, name: str, error: str | None, true_after_s: float) -> Json:
    at = datetime.now(UTC) + timedelta(seconds=true_after_s) + MSK
    told_at = f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}+0300"
    word = name.lower().replace("_", "-")
    told = {"imOutMessageId": sent.request_id, "dlvStatus": word, "dlvStatusAt": told_at, "dlvError": error}
    return told | {"rate": None, "reserveSms": None}


def _readme_status(sent: Sent, name: str, _error: str | None, _true_after_s: float) -> Json:
    return {"id": sent.request_id, "status": name.lower()}


def _now(after_s: float = 0.0) -> str:
    return (datetime.now(UTC) + timedelta(seconds=after_s)).strftime("%Y-%m-%dT%H:%M:%SZ")


def encoded(document: Any) -> bytes:
    """The bytes of a webhook."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


INCOMING: dict[Form, Callable[[ClientMessage], Any]] = {
    "pulse": _pulse,
    "array": lambda message: [_pulse(message)],
    "readme": _readme,
    "legacy": _legacy,
}
STATUSES: dict[str, Callable[[Sent, str, str | None, float], Json]] = {
    "cascade": _cascade_status,
    "direct": _direct_status,
    "legacy": _legacy_status,
    "readme": _readme_status,
}
