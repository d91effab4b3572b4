"""What of a record may be seen: phones and addresses keep their last four characters, texts and names are not shown.

What is not known to be harmless counts as personal, so that a key added later is hidden until somebody looks at it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bridge.ids import Conversation, joined

SHOWN = 4  # characters

HARMLESS_KEYS = frozenset(
    {
        "event_id", "account", "channel", "accepted_at", "timestamp", "message_id", "chat_id", "request_id", "stage",
        "status", "reason", "source", "reply_to", "type", "size", "outcome", "offset", "attempts", "latency_ms", "at",
        "edna_id", "amojo_id", "replay", "write_first",
    }
)  # fmt: skip
MASKED_KEYS = frozenset({"address", "phone"})

_PHONE = re.compile(r"(?<![\w.-])\+?\d{10,15}(?![\w-])")


def tail(value: str) -> str:
    """The last four characters of something longer."""
    return f"…{value[-SHOWN:]}" if len(value) > SHOWN else value


def conversation(conversation_id: str) -> str:
    """A conversation id without its address but the last four characters."""
    found = Conversation.parse(conversation_id)
    if found is None:
        return tail(conversation_id)
    return f"{joined('v1', found.account, found.channel)}.{tail(found.address)}"


def words(value: str) -> str:
    """A sentence in which phones are shortened."""
    return _PHONE.sub(lambda match: tail(match[0]), value)


def document(value: Any, key: str = "") -> Any:
    """JSON with what is personal hidden; its shape stays."""
    if isinstance(value, Mapping):
        return {name: document(member, str(name)) for name, member in value.items()}
    if isinstance(value, list):
        return [document(member, key) for member in value]
    if value is None or isinstance(value, bool) or value == "":
        return value
    if key == "conversation_id":
        return conversation(str(value))
    if key in MASKED_KEYS:
        return tail(str(value))
    if key in HARMLESS_KEYS:
        return words(value) if key == "reason" and isinstance(value, str) else value
    return f"‹{len(str(value))} characters, shown with --text›"
