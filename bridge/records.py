"""Which topic an event goes to, under which key and type: the same whoever writes it."""

from __future__ import annotations

from dataclasses import dataclass

from bridge import topics
from bridge.events import Event, InboundMessage, OutboundMessage, StatusUpdate

CE_TYPES: dict[type[Event], str] = {
    InboundMessage: "inbound.message",
    OutboundMessage: "outbound.message",
    StatusUpdate: "status.update",
}
CE_TYPE_QUARANTINED = "webhook.quarantined"


@dataclass(frozen=True, slots=True)
class Record:
    """One event on its way into a topic. `topic` is without the prefix, `event.accepted_at` still 0."""

    topic: str
    key: str
    event: Event


def record_of(event: Event) -> Record:
    """The topic and the key of an event (`bridge.topics`)."""
    if isinstance(event, InboundMessage):
        return Record(topics.INBOUND, event.conversation_id, event)
    if isinstance(event, OutboundMessage):
        return Record(topics.OUTBOUND, event.chat_id or event.conversation_id, event)
    if isinstance(event, StatusUpdate):
        return Record(topics.STATUS, event.message_id or event.request_id, event)
    raise TypeError(f"no topic for {type(event).__name__}")
