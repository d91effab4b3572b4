"""The webhooks of a test message, as the vendors would send them, with the proofs of the configuration."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bridge.amojo.signature import hook_signature
from bridge.compact import encoded
from bridge.errors import ConfigurationError
from bridge.events import ACCOUNT
from bridge.ids import Conversation, amojo_msgid, outbound_event_id
from bridge.settings import Settings
from bridge.topics import INBOUND, OUTBOUND

AUTHOR = "edna-amocrm send-test"


@dataclass(frozen=True, slots=True)
class Webhook:
    """One webhook and the event that it becomes. The path may hold a secret: it is never printed."""

    direction: str
    event_id: str
    path: str
    headers: Mapping[str, str]
    body: bytes


def from_client(settings: Settings, channel: str, address: str, text: str) -> Webhook:
    """A client's message: edna's own form where the channel is a number, else the README form."""
    number = time.time_ns() // 1000
    document: dict[str, Any]
    if channel.isdigit():
        edna_id = str(number)
        document = {
            "id": number,
            "subjectId": int(channel),
            "subscriber": {"identifier": address},
            "userInfo": {"userName": AUTHOR},
            "messageContent": {"type": "TEXT", "text": text},
        }
    else:
        edna_id = f"test-{number}"
        document = {"id": edna_id, "imType": channel, "subject": address, "text": text, "fromClient": True}
    path, headers = "/webhooks/edna", {"Content-Type": "application/json"}
    if settings.edna_webhook_key is not None:
        headers["Authorization"] = f"Token {settings.edna_webhook_key.get_secret_value()}"
    elif settings.edna_webhook_secret is not None:
        path += f"/{settings.edna_webhook_secret.get_secret_value()}"
    return Webhook(INBOUND, amojo_msgid(ACCOUNT, channel, edna_id), path, headers, encoded(document))


def from_operator(settings: Settings, channel: str, address: str, text: str) -> Webhook:
    """An operator's message, in the README form. Raises ConfigurationError without the secret that signs it."""
    if settings.amocrm_channel_secret is None:
        raise ConfigurationError(
            "send-test: AMOCRM_CHANNEL_SECRET is not set, which signs what an operator sends: put it into the "
            "environment or .env, or start `make run` in this folder, whose sandbox needs none"
        )
    message_id = str(uuid.uuid4())
    body = encoded(
        {
            "message": {"id": message_id, "text": text, "date": int(time.time())},
            "sender": {"id": "send-test", "name": AUTHOR},
            "conversation": {"id": Conversation(channel, address).id},
            "account": {"id": settings.amocrm_account_id or ""},
        }
    )
    signature = hook_signature(settings.amocrm_channel_secret.get_secret_value(), body)
    headers = {"Content-Type": "application/json", "X-Signature": signature}
    return Webhook(OUTBOUND, outbound_event_id(ACCOUNT, message_id), "/webhooks/amocrm", headers, body)
