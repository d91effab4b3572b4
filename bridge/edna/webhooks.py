"""From edna's JSON to events, recognised by shape in the order of edna.md §11. Pure.

Two dialects make events: edna Pulse (edna.md §4, §5) and the README form (edna.md §0). The legacy API and what Pulse
sends besides texts and statuses are real, and are set aside as unsupported. Events are made with `accepted_at` 0: the
gateway knows the conversation only then, and stamps them (I2). The same JSON always makes the same event id (I4).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bridge.errors import Unusable
from bridge.events import ACCOUNT, Content, ContentType, InboundMessage, MessageStatus, Person, StatusUpdate
from bridge.ids import Conversation, amojo_msgid, decode_request_id, status_event_id
from bridge.phones import e164
from bridge.settings import Settings
from bridge.shapes import (
    Ignored,
    JsonObject,
    SetAside,
    identifier,
    member,
    milliseconds,
    text,
    unknown,
    unsupported,
    word,
)

Recognised = InboundMessage | StatusUpdate | Ignored | SetAside

# edna.md §5; compared in lower case, as prose and payloads differ.
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
}
FAILURE_PREFIX = "error"
REASON_LIMIT = 200  # characters

PULSE_STATUS_KEYS = frozenset({"requestId", "statusAt", "cascadeId", "messageId", "subjectId"})
TEMPLATE_KEYS = frozenset({"channelType", "language", "category"})
CATEGORY_EVENTS = "message_matcher."


@dataclass(frozen=True, slots=True)
class Reading:
    """What a parser needs to know of the configuration: the channel of the README form and where phones are from."""

    im_type: str
    region: str
    account: str = ACCOUNT

    @classmethod
    def of(cls, settings: Settings) -> Reading:
        """The reading that the settings ask for."""
        return cls(settings.edna_im_type, settings.phone_region)


def parse(document: Any, reading: Reading) -> Recognised:
    """What one JSON value from edna says. Raises Unusable when a known shape lacks what it needs."""
    if not isinstance(document, dict):
        return unknown("not an object")
    for fits, read in SHAPES:
        if fits(document):
            return read(document, reading)
    return unknown("of no shape that edna is known to send")


def _pulse_incoming(document: JsonObject, reading: Reading) -> Recognised:
    content = document.get("messageContent")
    if not isinstance(content, dict):
        raise Unusable("messageContent", "must be an object")
    kind = identifier(content.get("type"), "messageContent.type").upper()
    if kind != "TEXT":
        return unsupported("messageContent of another type than TEXT")
    said = text(content.get("text"))
    if not said.strip():
        return unsupported("a TEXT without text")
    edna_id = identifier(document.get("id"), "id")
    subscriber = member(document, "subscriber")
    address = identifier(text(subscriber.get("identifier")).strip().removeprefix("+"), "subscriber.identifier")
    info = member(document, "userInfo")
    person = Person(
        name=word(info.get("userName"))
        or " ".join(filter(None, (word(info.get("firstName")), word(info.get("lastName")))))
        or None,
        phone=_phone_of(subscriber, address, reading.region),
        avatar=word(info.get("avatarUrl")) or None,
    )
    quoted = decoded(word(document.get("replyOutMessageExternalRequestId")))
    return _inbound(
        reading,
        edna_id,
        Conversation(identifier(document.get("subjectId"), "subjectId"), address, reading.account),
        said,
        person,
        timestamp=milliseconds(document.get("receivedAt")),
        reply_to=quoted,
    )


def _readme_incoming(document: JsonObject, reading: Reading) -> Recognised:
    if document.get("fromClient") in (False, "false", "False"):  # 0 equals False
        return Ignored("echo")
    if document.get("attachment"):
        return unsupported("an attachment")
    edna_id = identifier(document.get("id"), "id")
    address = identifier(word(document.get("subject")).removeprefix("+"), "subject")
    said = text(document.get("text"))
    if not said.strip():
        raise Unusable("text", "is missing or empty")
    channel = identifier(word(document.get("imType")) or reading.im_type, "imType")
    person = Person(phone=e164(address, reading.region))
    return _inbound(reading, edna_id, Conversation(channel, address, reading.account), said, person)


def _inbound(
    reading: Reading,
    edna_id: str,
    conversation: Conversation,
    said: str,
    person: Person,
    *,
    timestamp: int | None = None,
    reply_to: str | None = None,
) -> InboundMessage:
    return InboundMessage(
        event_id=amojo_msgid(reading.account, conversation.channel, edna_id),
        account=reading.account,
        channel=conversation.channel,
        address=conversation.address,
        conversation_id=conversation.id,
        accepted_at=0,
        timestamp=timestamp,
        message_id=edna_id,
        sender=person,
        content=Content(type=ContentType.TEXT, text=said),
        reply_to=reply_to,
    )


def _pulse_status(document: JsonObject, reading: Reading) -> Recognised:
    said = identifier(document.get("status"), "status")
    request_id = word(document.get("requestId"))
    if not request_id:
        return Ignored("status without requestId")  # cannot be matched (edna.md §5)
    return _status(
        reading,
        identifier(request_id, "requestId"),
        said,
        channel=word(document.get("subjectId"))[:REASON_LIMIT],
        stage=word(document.get("cascadeStageUUID"))[:REASON_LIMIT] or None,
        at=word(document.get("statusAt"))[:REASON_LIMIT],
        error=word(document.get("error"))[:REASON_LIMIT],
    )


def _readme_status(document: JsonObject, reading: Reading) -> Recognised:
    request_id = identifier(document.get("id"), "id")
    return _status(reading, request_id, identifier(document.get("status"), "status"), channel=reading.im_type)


def _status(
    reading: Reading,
    request_id: str,
    said: str,
    *,
    channel: str,
    stage: str | None = None,
    at: str = "",
    error: str = "",
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
        status=status,
        reason=(error or lowered) if worth_a_reason else None,
    )


def _phone_of(subscriber: JsonObject, address: str, region: str) -> str | None:
    # `identifiers` may be missing or in any order; PHONE only when edna knows it (edna.md §4).
    listed = subscriber.get("identifiers")
    named = [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
    for entry in named:
        if word(entry.get("type")).upper() == "PHONE" and (phone := e164(word(entry.get("value")), region)):
            return phone
    if any(word(entry.get("value")).removeprefix("+") == address for entry in named):
        return None  # edna says that it is something else, however much it looks like a phone
    return e164(address, region)


def decoded(request_id: str) -> str | None:
    """The amojo message id that a request id of ours names, else None."""
    attempt = decode_request_id(request_id) if request_id.isascii() else None
    return attempt.message_id if attempt else None


def _legacy_status(_document: JsonObject, _reading: Reading) -> Recognised:
    return unsupported("a status of the legacy API")


def _legacy_incoming(_document: JsonObject, _reading: Reading) -> Recognised:
    return unsupported("a message of the legacy API")


def _template_event(_document: JsonObject, _reading: Reading) -> Recognised:
    return unsupported("an event of a template")


def _has(document: JsonObject, *keys: str) -> bool:
    return all(word(document.get(key)) for key in keys)


def _others(document: JsonObject, *keys: str) -> bool:
    return any(key not in keys and value is not None and value != "" for key, value in document.items())


Fits = Callable[[JsonObject], bool]
Read = Callable[[JsonObject, Reading], Recognised]

# edna.md §11, in its order; the last three are shapes without what tells them: the sender reads what is missing.
SHAPES: tuple[tuple[Fits, Read], ...] = (
    (lambda d: d.get("messageContent") is not None, _pulse_incoming),
    (lambda d: "dlvStatus" in d or "imOutMessageId" in d, _legacy_status),
    (lambda d: "imSubject" in d or "imSubjectId" in d or _has(d, "contentType", "address", "imType"), _legacy_incoming),
    (lambda d: _has(d, "status") and not PULSE_STATUS_KEYS.isdisjoint(d), _pulse_status),
    (lambda d: "fromClient" in d or _has(d, "imType", "subject"), _readme_incoming),
    (lambda d: _has(d, "id", "status") and not _others(d, "id", "status"), _readme_status),
    (lambda d: d.keys() >= TEMPLATE_KEYS or text(d.get("type")).startswith(CATEGORY_EVENTS), _template_event),
    (lambda d: "subscriber" in d or "messageContent" in d, _pulse_incoming),
    (lambda d: "requestId" in d, _pulse_status),
    (lambda d: "status" in d and d.keys() <= {"id", "status"}, _readme_status),
)
