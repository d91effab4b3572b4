"""Webhooks as the vendors send them, and as the product's first description shows them."""

from __future__ import annotations

import time
from typing import Any

ACCOUNT_ID = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
SCOPE_ID = f"11111111-2222-4333-8444-555555555555_{ACCOUNT_ID}"
CONVERSATION = "v1.default.345.79001234567"
REQUEST_ID = "2c2dd5f1-5ad8-449d-9c38-b6bdf288f1e5"

README_MESSAGE = {
    "id": "msg-12345",
    "imType": "whatsapp",
    "subject": "79001234567",
    "text": "Здравствуйте, у меня вопрос!",
    "fromClient": True,
}
README_STATUS = {"id": "msg-abcde", "status": "read"}
README_ANSWER = {
    "message": {"id": "chat-msg-67890", "text": "Здравствуйте, чем могу помочь?", "date": 1678886400},
    "sender": {"id": "user-1", "name": "Иван Петров"},
    "conversation": {"id": "chat-xyz"},
    "account": {"id": "acc-123", "subdomain": "youraccount"},
}


def pulse(edna_id: int = 14558923001, text: str = "Привет", address: str = "79001234567") -> dict[str, Any]:
    """A client's message."""
    return {
        "id": edna_id,
        "subject": "shop_wa",
        "subjectId": 345,
        "subscriber": {"id": 202, "identifier": address},
        "userInfo": {"userName": "Анна"},
        "messageContent": {"type": "TEXT", "attachment": None, "text": text},
        "receivedAt": "2026-01-01T10:00:00Z",
    }


def pulse_status(status: str = "DELIVERED") -> dict[str, Any]:
    """What became of an operator's message."""
    return {"requestId": REQUEST_ID, "subjectId": 345, "status": status, "statusAt": "2026-01-01T10:00:05Z"}


def hook(message_id: str = "x-1", *, text: str = "Добрый день", **changes: Any) -> dict[str, Any]:
    """An operator's message."""
    now = int(time.time())
    return {
        "account_id": ACCOUNT_ID,
        "time": now,
        "message": {
            "receiver": {"id": "r-1", "name": "Анна"},
            "sender": {"id": "s-1", "name": "Олег"},
            "conversation": {"id": "k-1", "client_id": CONVERSATION},
            "timestamp": now,
            "msec_timestamp": now * 1000,
            "message": {"id": message_id, "type": "text", "text": text, "markup": None, "media": ""},
        },
        **changes,
    }
