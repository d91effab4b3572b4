"""The legacy "im" API: sends under an id of ours, and asking how they fared (edna.md §7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.edna.account import Account
from sandbox.edna.checks import NAME_LIMIT, REQUEST_ID_LIMIT
from sandbox.edna.config import Channel
from sandbox.edna.messages import Sent, shown
from sandbox.edna.templates import matched
from sandbox.vendor import Call, Outline, Reply, reply, text

SEND_PATHS = ("/api/imOutMessage", "/api/old/imOutMessage")
HSM_PATHS = ("/api/imOutHSM", "/api/old/imOutHSM")
FILES = frozenset({"image", "document", "video", "audio"})
PRIORITIES = frozenset({"realtime", "high", "normal", "low"})

Check = Callable[[Account, dict[str, Any]], str]


def outline(account: Account, document: Any) -> Outline:
    """The conversation is channel/address."""
    channel = _channel(account, document if isinstance(document, dict) else {})
    number = str(channel.subject_id) if channel else text(document, "subject")
    address = text(document, "address").removeprefix("+")
    return Outline("legacy", f"{number}/{address}", text(document, "id"), number, text(document, "text"))


def send(account: Account, call: Call, document: dict[str, Any]) -> Reply:
    """Accept a send, once for each id."""
    own_id = text(document, "id")
    code = next((found for check in CHECKS if (found := check(account, document))), "")
    channel = _channel(account, document)
    if code or channel is None:
        taken = code == NOT_UNIQUE and own_id in account.sent
        return reply(
            account.config.legacy_error_status, {"id": own_id, "code": code}, "duplicate" if taken else "refused"
        )
    kind = document["contentType"].lower()
    names = ("text", "attachmentUrl", "attachmentName", "caption", "latitude", "longitude", "locationAddress")
    content = {"type": kind.upper(), **{name: document[name] for name in names if document.get(name)}}
    url = text(document, "attachmentUrl")
    place = {"latitude": document.get("latitude"), "longitude": document.get("longitude")}
    sent = Sent(
        request_id=own_id,
        message_id=account.fresh_id(),
        cascade_id="",
        subject=channel.subject,
        subject_id=channel.subject_id,
        conversation=call.outline.conversation,
        comment=text(document, "comment") or None,
        form="legacy",
        im_type=channel.im_type,
        address=text(document, "address"),
        content=content,
        kind=kind.upper(),
        url=url,
        template=matched(document, account.templates(channel)) is not None,
        # A file's words are in its name here (edna.md §2.1).
        shown=shown(
            kind.upper(), "" if url else text(document, "text"), url, text(document, "attachmentName"), **place
        ),
    )
    if account.config.window == "reject" and account.deliveries.out_of_window(sent):
        return reply(account.config.legacy_error_status, {"id": own_id, "code": NO_MATCH}, "refused")
    account.take(sent)
    return reply(200, {"id": own_id, "code": "ok"}, shown=sent.shown)


def asked(account: Account, own_id: str) -> Reply:
    """How a message fared: `GET …/imOutMessage/{id}`."""
    sent = account.sent.get(own_id)
    if sent is None:
        return reply(account.config.legacy_error_status, {"code": "error-not-found"}, "refused")
    told = {"imOutMessageId": own_id, "dlvStatus": sent.status.lower(), "dlvStatusAt": None, "dlvError": None}
    return reply(200, told | {"code": "ok"})


def _channel(account: Account, document: dict[str, Any]) -> Channel | None:
    im_type = text(document, "imType") or "whatsapp"
    return account.named(document.get("subject"), im_type.lower())


def _own_id(account: Account, document: dict[str, Any]) -> str:
    own_id = document.get("id")
    if not isinstance(own_id, str) or not 0 < len(own_id) <= REQUEST_ID_LIMIT:
        return "error-syntax"
    return NOT_UNIQUE if own_id in account.sent else ""


def _subject(account: Account, document: dict[str, Any]) -> str:
    if not isinstance(document.get("subject"), str):
        return "error-subject-format"
    return "" if _channel(account, document) else "error-subject-unknown"


def _address(_account: Account, document: dict[str, Any]) -> str:
    address = text(document, "address")
    if not address:
        return "error-address-not-specified"
    return "" if address.removeprefix("+").isdecimal() else "error-address-format"


def _priority(_account: Account, document: dict[str, Any]) -> str:
    return "" if document.get("priority", "normal") in PRIORITIES else "error-priority-format"


def _content(_account: Account, document: dict[str, Any]) -> str:
    kind = document.get("contentType")
    if not kind:
        return "error-content-type-not-specified"
    if not isinstance(kind, str) or kind not in {"text", "location", *FILES}:
        return "error-content-type-format"
    if kind == "text":
        return "" if text(document, "text") else "error-content-format"
    if kind == "location":
        names = {"latitude": "error-latitude-not-specified", "longitude": "error-longtitude-not-specified"}  # sic
        return next((code for name, code in names.items() if not text_or_number(document.get(name))), "")
    if not text(document, "attachmentUrl"):
        return "error-attachment-url-not-specified"
    return "error-content-format" if len(text(document, "attachmentName")) > NAME_LIMIT else ""


def text_or_number(value: Any) -> bool:
    """Whether it is a number, or a text that is one."""
    try:
        return not isinstance(value, bool) and value is not None and float(value) == float(value)
    except (TypeError, ValueError):
        return False


NOT_UNIQUE = "error-id-not-unique"
NO_MATCH = "error-content-do-not-match-hsm-template"
CHECKS: tuple[Check, ...] = (_own_id, _subject, _address, _priority, _content)
