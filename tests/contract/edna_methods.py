"""Bodies of edna's sending methods as its documentation prints them, and the account that takes them."""

from __future__ import annotations

import copy
from typing import Any

from sandbox.edna.config import Channel

BOT, MAX, VIBER, OFF = (
    Channel("my_bot", 347, "max_bot"),
    Channel("79620000000_max_xx", 348, "max"),
    Channel("RETAIL_VB", 346, "viber"),
    Channel("closed_sms", 349, "sms", active=False),
)
CASCADES = {"2": VIBER, "3": BOT, "4": MAX, "5": OFF}
MAX_PATH, BOT_PATH = "/api/v1/out-messages/max", "/api/v1/out-messages/max-bot"
WHATSAPP_TEMPLATE, VIBER_TEMPLATE = "/api/v1/out-messages/whatsapp/template", "/api/v1/out-messages/viber/template"
LEGACY = "/api/imOutMessage"
OLD = "/api/old/imOutMessage"


def changed(document: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A copy with other fields; `...` leaves one out."""
    merged = {**copy.deepcopy(document), **changes}
    return {name: value for name, value in merged.items() if value is not ...}


def to_bot(**content: Any) -> dict[str, Any]:
    """A send to MAX Bot."""
    return {"sender": BOT.subject, "maxId": "194089500", "content": content or {"type": "TEXT", "text": "Привет"}}


def to_max(**content: Any) -> dict[str, Any]:
    """A send to MAX."""
    to = {"value": "390300000", "type": "MAX_ID"}
    return {"from": MAX.subject, "to": to, "content": content or {"type": "TEXT", "text": "Привет"}}


def template(**changes: Any) -> dict[str, Any]:
    """A send of the template 98 with both its values."""
    document = {
        "messageId": "01987f4a-069e-730e-bf59-cedc1e633490",
        "sender": "sandbox_channel",
        "phone": "79001234567",
        "templateId": 98,
        "textVariables": ["Анна", "завтра"],
        "options": {"comment": "a comment"},
    }
    return changed(document, **changes)


def legacy(**changes: Any) -> dict[str, Any]:
    """A send of the legacy API."""
    document = {
        "id": "dtest-001",
        "subject": "sandbox_channel",
        "address": "79001234567",
        "imType": "whatsapp",
        "contentType": "text",
        "text": "Привет",
    }
    return changed(document, **changes)
