"""The journals of the fakes as the checker takes them. Pure.

Ids are written here once more instead of taken from the bridge: a wrong id must show as one message lost and another
unexpected. Their form is the contract: msgid `edna.<account>.<channel>.<edna id>`, conversation
`v1.<account>.<channel>.<address>`, request id = amojo's message id, or its 32 digits with a suffix.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote, unquote

from tests.checker import Accepted, Arrived, Status

Entry = dict[str, Any]

ACCOUNT = "default"
CODES = {1: "delivered", 2: "read", -1: "failed"}  # amojo.md §4
# edna.md §5: what a status webhook says, as amojo can be told it.
STATUSES = {
    "SENT": "sent",
    "DELIVERED": "delivered",
    "READ": "read",
    **dict.fromkeys(("UNDELIVERED", "FAILED", "CANCELLED", "EXPIRED"), "failed"),
}
_SUFFIXED = re.compile(r"([0-9a-f]{32})-\d?(?:r\d)?")


def entries(ndjson: str | bytes) -> list[Entry]:
    """The entries of a `GET /journal`."""
    return [json.loads(line) for line in ndjson.splitlines() if line.strip()]


def accepted_from_edna(journal: Iterable[Entry]) -> list[Accepted]:
    """The clients' messages that the fake edna sent; one that was never answered 200 is not confirmed."""
    found = []
    for place, entry in enumerate(_of(journal, "sent", "incoming")):
        document = json.loads(entry["body"])
        for one in document if isinstance(document, list) else [document]:
            channel, address, words = _client_message(one)
            conversation = _joined("v1", ACCOUNT, channel, address)
            found.append(
                Accepted(
                    direction="inbound",
                    conversation=conversation,
                    id=_joined("edna", ACCOUNT, channel, str(one["id"])),
                    sequence=place,
                    at=entry["at"],
                    text=words,
                    recipient=conversation,
                    confirmed=entry["status"] == 200,
                )
            )
    return found


def arrived_at_amojo(journal: Iterable[Entry]) -> list[Arrived]:
    """The calls of `new_message`, refused ones included."""
    found = []
    for entry in _of(journal, "received", "new_message"):
        payload = _object(_document(entry).get("payload"))
        conversation = _text(payload.get("conversation_id"))
        found.append(
            Arrived(
                direction="inbound",
                conversation=conversation,
                id=_text(payload.get("msgid")),
                outcome=entry["outcome"],
                started_ms=entry["started"],
                at_ms=entry["at"],
                text=_text(_object(payload.get("message")).get("text")),
                recipient=conversation,
            )
        )
    return found


def accepted_from_amojo(journal: Iterable[Entry]) -> list[Accepted]:
    """The operators' messages that the fake amojo sent as hooks v2, once each."""
    found = []
    for place, entry in enumerate(_of(journal, "sent", "operator")):
        message = json.loads(entry["body"])["message"]
        conversation = message["conversation"].get("client_id")
        phone = message["receiver"].get("phone", "")
        found.append(
            Accepted(
                direction="outbound",
                conversation=conversation or message["conversation"]["id"],
                id=message["message"]["id"],
                sequence=place,
                at=entry["at"],
                text=message["message"]["text"],
                recipient=_address(conversation) if conversation else re.sub(r"\D", "", phone),
                confirmed=entry["status"] == 200,
            )
        )
    return found


def arrived_at_edna(journal: Iterable[Entry]) -> list[Arrived]:
    """The sends of the cascade and of the README form, refused ones included. The latter have no id."""
    found = []
    for entry in _of(journal, "received", "schedule", "send"):
        document = _document(entry)
        contents = list(_object(document.get("content")).values())
        cascade = entry["kind"] == "schedule"
        address = _object(document.get("subscriberFilter")).get("address") if cascade else document.get("subject")
        words = _object(contents[0]).get("text") if contents else document.get("text")
        found.append(
            Arrived(
                direction="outbound",
                conversation=_text(address),
                id=message_id(_text(document.get("requestId"))),
                outcome=entry["outcome"],
                started_ms=entry["started"],
                at_ms=entry["at"],
                text=_text(words),
                recipient=_text(address),
            )
        )
    return found


def statuses_from_edna(journal: Iterable[Entry]) -> list[Status]:
    """The statuses that were answered 200 and name a message of ours; the README form's name ids that edna chose."""
    found = []
    for entry in _of(journal, "sent", "status"):
        document = json.loads(entry["body"])
        name = STATUSES.get(_text(document.get("status")).upper())
        if name and document.get("requestId") and entry["status"] == 200:
            found.append(Status(message_id(document["requestId"]), name, entry["at"]))
    return found


def statuses_at_amojo(journal: Iterable[Entry]) -> list[Status]:
    """The calls of `delivery_status` in both dialects, in the order in which they began."""
    found = []
    for entry in _of(journal, "received", "delivery_status"):
        document = _document(entry)
        code = document.get("status_code", document.get("delivery_status"))
        name = CODES.get(code) if isinstance(code, int) else None
        found.append(Status(entry["path"].split("/")[-2], name or str(code), entry["started"], entry["outcome"]))
    return found


def message_id(request_id: str) -> str:
    """amojo's message id of a request id; a request id of another form as it is."""
    match = _SUFFIXED.fullmatch(request_id)
    return str(uuid.UUID(match[1])) if match else request_id


def _of(journal: Iterable[Entry], direction: str, *kinds: str) -> Iterator[Entry]:
    return (entry for entry in journal if entry["direction"] == direction and entry["kind"] in kinds)


def _client_message(one: Entry) -> tuple[str, str, str]:
    """Channel, address and text of an incoming message, in edna's own form or in that of the README."""
    if "messageContent" in one:
        identifier = one["subscriber"]["identifier"]
        return str(one["subjectId"]), identifier.removeprefix("+"), one["messageContent"]["text"] or ""
    return one["imType"], one["subject"].removeprefix("+"), one["text"]


def _document(entry: Entry) -> Entry:
    """The body of a call; a call may be nonsense, and then has nothing in it."""
    try:
        return _object(json.loads(entry["body"]))
    except ValueError:
        return {}


def _object(value: Any) -> Entry:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _joined(*parts: str) -> str:
    return ".".join(quote(part, safe="").replace(".", "%2E") for part in parts)


def _address(conversation: str) -> str:
    return unquote(conversation.rpartition(".")[2])
