"""From events to amojo's JSON. Pure: the same event always makes the same bytes, so that a repeat is one (I4)."""

from __future__ import annotations

from bridge.amojo.messages import Bound, Link, msgid, new_message, sender
from bridge.amojo.statuses import delivery_status
from bridge.compact import encoded
from bridge.events import InboundMessage

__all__ = ["Bound", "Link", "chat", "connect", "delivery_status", "msgid", "new_message"]


def chat(event: InboundMessage) -> bytes:
    """The body of `POST /chats`, with which amojo tells the id of a chat that it has (amojo.md §1.5)."""
    return encoded({"conversation_id": event.conversation_id, "user": sender(event)})


def connect(account_id: str, title: str, version: str) -> bytes:
    """The body of `connect` (amojo.md §1.3): always with the hook version, as its default is the old one."""
    return encoded({"account_id": account_id, "title": title, "hook_api_version": version})
