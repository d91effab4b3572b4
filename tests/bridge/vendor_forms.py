"""The vendors' webhooks in the forms that they send, each with what a test wants changed."""

from __future__ import annotations

from typing import Any

REQUEST_ID = "2c2dd5f1-5ad8-449d-9c38-b6bdf288f1e5"
CONTENT_KEYS = (
    "attachment location referral caption text payload story items contact product catalog order callPermissionReply"
)
OURS = "v1.default.345.79001234567"


def pulse(**changes: Any) -> dict[str, Any]:
    """A text in edna Pulse (edna.md §4)."""
    return {
        "id": 14558923001,
        "subject": "shop_wa",
        "subjectId": 345,
        "subscriber": {"id": 202, "identifier": "79001234567"},
        "userInfo": {"userName": "alex", "firstName": None, "lastName": None, "avatarUrl": None},
        "messageContent": {"type": "TEXT", "attachment": None, "text": "Привет"},
        "receivedAt": "2022-04-29T15:30:08Z",
        **changes,
    }


def pulse_content(kind: str, **content: Any) -> dict[str, Any]:
    """A message of any type in edna Pulse, with all the keys that edna writes."""
    return pulse(messageContent={"type": kind, **dict.fromkeys(CONTENT_KEYS.split()), **content})


def pulse_status(**changes: Any) -> dict[str, Any]:
    """A status in edna Pulse (edna.md §5)."""
    return {
        "requestId": REQUEST_ID,
        "messageId": 8681748,
        "subjectId": 2,
        "cascadeStageUUID": "001-test001",
        "status": "DELIVERED",
        "statusAt": "2025-01-30T11:07:55Z",
        "error": None,
        **changes,
    }


def legacy(**changes: Any) -> dict[str, Any]:
    """A text in the legacy API (edna.md §7)."""
    return {
        "id": 14558923001,
        "imSubject": "shop_wa",
        "imSubjectId": 345,
        "address": "79001234567",
        "receivedAt": "2022-04-29T18:30:08.000+0300",
        "imType": "whatsapp",
        "contentType": "text",
        "text": "Привет",
        "caption": None,
        "attachmentUrl": None,
        "attachmentName": None,
        "latitude": None,
        "longitude": None,
        "locationAddress": None,
        "payload": None,
        "userName": "alex",
        "firstName": None,
        "lastName": None,
        "avatarUrl": None,
        "apiKeyId": 7,
        "historyMessages": [],
        **changes,
    }


def legacy_status(**changes: Any) -> dict[str, Any]:
    """A status in the legacy API (edna.md §7)."""
    return {
        "imOutMessageId": REQUEST_ID,
        "dlvStatus": "read",
        "dlvStatusAt": "2020-01-10T19:03:52.355+0300",
        "dlvError": None,
        "rate": None,
        "reserveSms": None,
        **changes,
    }


def readme(**changes: Any) -> dict[str, Any]:
    """A text in the README form of edna."""
    return {
        "id": "msg-12345",
        "imType": "whatsapp",
        "subject": "79001234567",
        "text": "Здравствуйте, у меня вопрос!",
        "fromClient": True,
        **changes,
    }


def hook(inner: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """A text in amojo's hook v2 (amojo.md §6.4); `inner` changes the message, `changes` what is around it."""
    return {
        "account_id": "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee",
        "time": 1748946031,
        "message": {
            "receiver": {"id": "r-1", "name": "Анна", "client_id": OURS},
            "sender": {"id": "s-1", "name": "Олег"},
            "conversation": {"id": "k-1", "client_id": OURS},
            "timestamp": 1748946031,
            "msec_timestamp": 1748946031456,
            "message": {
                "id": "x-1",
                "type": "text",
                "text": "Добрый день",
                "markup": None,
                "tag": "",
                "media": "",
                "thumbnail": "",
                "file_name": "",
                "file_size": 0,
                **(inner or {}),
            },
            **changes,
        },
    }


def hook_v1(**changes: Any) -> dict[str, Any]:
    """A text in amojo's hook v1 (amojo.md §6.8)."""
    return {
        "receiver": OURS,
        "conversation_id": OURS,
        "msec_timestamp": 1748946031456,
        "type": "text",
        "text": "Добрый день",
        "markup": None,
        "tag": "",
        "media": "",
        "thumbnail": "",
        "file_name": "",
        "file_size": 0,
        "media_group_id": "",
        **changes,
    }


def readme_hook(**changes: Any) -> dict[str, Any]:
    """A text in the README form of amoCRM."""
    return {
        "message": {"id": "chat-msg-67890", "text": "Здравствуйте, чем могу помочь?", "date": 1678886400},
        "sender": {"id": "user-1", "name": "Иван Петров"},
        "conversation": {"id": "chat-xyz"},
        "account": {"id": "acc-123", "subdomain": "youraccount"},
        **changes,
    }
