"""What the sides carry: operators' messages in Kafka, edna's calls, and both vendors' webhooks.

The bare sides send bytes of the same sizes under the same keys, so that only the work around them differs.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bridge.amojo.signature import hook_signature
from bridge.edna.channels import NOTHING_TOLD
from bridge.edna.requests import send_requests
from bridge.events import ACCOUNT, Content, ContentType, OutboundMessage, Person
from bridge.ids import Conversation, amojo_msgid, outbound_event_id
from bridge.settings import CASCADE_PATH, Settings

CHANNEL = "345"
CONVERSATIONS = 2_000
ACCOUNT_ID = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
CHANNEL_ID = "11111111-2222-4333-8444-555555555555"
CHANNEL_SECRET = "benchsecretbenchsecretbenchsecretbenchse"
API_KEY = "bench-api-key"
WEBHOOK_KEY = "bench-webhook-key"
SENTENCE = "Здравствуйте! Ваш заказ собран, курьер приедет завтра с 10 до 14 часов. "
OPERATOR_TEXT = SENTENCE * 2
CLIENT_TEXT = SENTENCE * 6  # a webhook of about 1 KB

CREDENTIALS: dict[str, Any] = {
    "edna_api_key": API_KEY,
    "edna_webhook_key": WEBHOOK_KEY,
    "edna_send_path": CASCADE_PATH,
    "edna_cascade_id": "1",
    "amocrm_channel_id": CHANNEL_ID,
    "amocrm_channel_secret": CHANNEL_SECRET,
    "amocrm_account_id": ACCOUNT_ID,
    "amocrm_auto_connect": False,
}

EDNA_HEADERS = {"X-API-KEY": API_KEY, "Content-Type": "application/json", "Accept": "application/json"}


@dataclass(frozen=True, slots=True)
class Webhook:
    """One webhook, and the id under which its message comes out at the other vendor."""

    comes_out_as: str
    path: str
    headers: dict[str, str]
    body: bytes


def address_of(number: int) -> str:
    """The client of the conversation in whose turn message `number` is: neighbours belong to different ones."""
    return f"79{number % CONVERSATIONS:09d}"


def operator_message(number: int) -> OutboundMessage:
    """One record of the outbound topic, with an id of its own."""
    conversation = Conversation(CHANNEL, address_of(number))
    message_id = str(uuid.uuid4())
    now = int(time.time() * 1000)
    return OutboundMessage(
        event_id=outbound_event_id(conversation.account, message_id),
        channel=conversation.channel,
        address=conversation.address,
        conversation_id=conversation.id,
        accepted_at=now,
        timestamp=now,
        message_id=message_id,
        chat_id=f"chat-{conversation.address}",
        sender=Person(name="Олег"),
        content=Content(type=ContentType.TEXT, text=OPERATOR_TEXT),
    )


def edna_call(number: int, settings: Settings) -> bytes:
    """The body that the outbound agent would send to edna for message `number`."""
    event = operator_message(number)
    route = NOTHING_TOLD.route(event.channel, settings)
    assert route is not None
    return send_requests(event, route)[0].body


def edna_webhook(number: int) -> Webhook:
    """A client's message from edna Pulse. Ids rise from the clock, so that no run repeats another."""
    edna_id = time.time_ns() // 1_000_000 * 100_000 + number
    body = {
        "id": edna_id,
        "subject": "shop_wa",
        "subjectId": int(CHANNEL),
        "subscriber": {"id": 202, "identifier": address_of(number)},
        "userInfo": {"userName": "Анна"},
        "messageContent": {"type": "TEXT", "attachment": None, "text": CLIENT_TEXT},
        "receivedAt": "2026-01-01T10:00:00Z",
    }
    headers = {"Content-Type": "application/json", "Authorization": f"Token {WEBHOOK_KEY}"}
    return Webhook(amojo_msgid(ACCOUNT, CHANNEL, str(edna_id)), "/webhooks/edna", headers, _encoded(body))


def amojo_webhook(number: int) -> Webhook:
    """An operator's message from amojo, signed."""
    message_id = str(uuid.uuid4())
    now = int(time.time())
    address = address_of(number)
    client_id = Conversation(CHANNEL, address).id
    body = {
        "account_id": ACCOUNT_ID,
        "time": now,
        "message": {
            "receiver": {"id": f"r-{address}", "name": "Анна", "client_id": client_id},
            "sender": {"id": "s-1", "name": "Олег"},
            "conversation": {"id": f"chat-{address}", "client_id": client_id},
            "timestamp": now,
            "msec_timestamp": now * 1000,
            "message": {"id": message_id, "type": "text", "text": CLIENT_TEXT, "markup": None, "media": ""},
        },
    }
    encoded = _encoded(body)
    headers = {"Content-Type": "application/json", "X-Signature": hook_signature(CHANNEL_SECRET, encoded)}
    return Webhook(message_id, f"/webhooks/amocrm/{CHANNEL_ID}_{ACCOUNT_ID}", headers, encoded)


WEBHOOKS: dict[str, Callable[[int], Webhook]] = {"edna": edna_webhook, "amojo": amojo_webhook}


def id_in_call(body: bytes) -> str:
    """The id by which a call of a vendor is known: edna's request id, or amojo's msgid."""
    document = json.loads(body)
    found = document["requestId"] if "requestId" in document else document["payload"]["msgid"]
    return str(found)


def _encoded(body: dict[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
