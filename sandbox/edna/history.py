"""`POST /api/messages/history`: what was sent, newest first (edna.md §2.7); and read receipts."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sandbox.edna.account import Account, problem
from sandbox.edna.messages import Sent
from sandbox.vendor import Call, Reply, reply, text

HISTORY_PATH = "/api/messages/history"
CHANGE_STATUS_PATH = "/api/in-message/change-status"
LIMIT = 1000


def history(account: Account, _call: Call, document: dict[str, Any]) -> Reply:
    """A page of the messages that fit all given filters. What clients wrote is not in it here."""
    if not account.config.history:
        return problem(404, "not-found", "this key may not read the history")
    offset, limit = document.get("offset", 0), document.get("limit", LIMIT)
    if not all(isinstance(one, int) and not isinstance(one, bool) and one >= 0 for one in (offset, limit)):
        return problem(400, "request-not-valid", "offset and limit are whole numbers")
    if limit > LIMIT:
        return problem(400, "request-not-valid", f"limit is at most {LIMIT}")
    try:
        since, until = (_time(text(document, name)) for name in ("dateFrom", "dateTo"))
    except ValueError:
        return problem(400, "request-not-valid", "dateFrom and dateTo are times in ISO 8601 with a zone")
    fitting = [
        one
        for one in account.sent.values()
        if (since is None or one.at >= since) and (until is None or one.at <= until) and _fits(one, document)
    ]
    sort = document.get("sort")
    rising = isinstance(sort, list) and bool(sort) and text(sort[0], "direction").upper() == "ASC"
    fitting.sort(key=lambda one: one.message_id, reverse=not rising)
    page = [_described(one) for one in fitting[offset : offset + limit]]
    return reply(200, {"content": page, "hasNext": len(fitting) > offset + limit})


def change_status(account: Account, _call: Call, document: dict[str, Any]) -> Reply:
    """The operator has read what a client wrote; `id` is that of the webhook."""
    number = document.get("id")
    if not isinstance(number, int) or isinstance(number, bool) or document.get("status") != "READ":
        return problem(400, "request-not-valid", "id is a number and status READ")
    account.read.add(number)
    return reply(200, {"code": "ok"})


def _fits(sent: Sent, wanted: dict[str, Any]) -> bool:
    types, traffic = wanted.get("channelTypes"), wanted.get("trafficTypes")
    address = text(wanted, "subscriberFilter", "address").removeprefix("+")
    return (
        wanted.get("direction", "OUT") == "OUT"
        and (not address or address == sent.address.removeprefix("+"))
        and (not wanted.get("subjectId") or wanted["subjectId"] == sent.subject_id)
        and (not wanted.get("messageId") or wanted["messageId"] == sent.message_id)
        and (not isinstance(types, list) or not types or sent.im_type.upper() in types)
        and (not isinstance(traffic, list) or not traffic or _traffic(sent) in traffic)
    )


def _traffic(sent: Sent) -> str:
    return "HSM" if sent.template else "AD"


def _time(given: str) -> datetime | None:
    if not given:
        return None
    read = datetime.fromisoformat(given)
    if read.tzinfo is None:
        raise ValueError(given)
    return read


def _described(sent: Sent) -> dict[str, Any]:
    return {
        "messageId": sent.message_id,
        "comment": sent.comment,
        "direction": "OUT",
        "channelType": sent.im_type.upper(),
        "subjectId": sent.subject_id,
        "cascadeId": int(sent.cascade_id) if sent.cascade_id.isdecimal() else None,
        "address": sent.address,
        "deliveryStatus": sent.status,
        "content": json.dumps(sent.content, ensure_ascii=False),
    }
