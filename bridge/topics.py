"""The table of topics: the public contract of names, keys, events and retention.

Receipts, links and dead letters have the partition count of their source and use its partition numbers, so that whoever
is assigned a partition knows where its memory stands. Only `quarantine` has one partition.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel

from bridge.events import ChatLink, InboundMessage, MessageLink, OutboundMessage, Quarantined, Receipt, StatusUpdate

INBOUND: Final = "inbound"
OUTBOUND: Final = "outbound"
STATUS: Final = "status"
QUARANTINE: Final = "quarantine"
DIRECTIONS = (INBOUND, OUTBOUND, STATUS)

DAY_MS = 86_400_000
MIB = 1_048_576


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic: its name without the prefix, what its key is, what stands in it and how long it is kept."""

    name: str
    key: str
    event: type[BaseModel] | None
    retention_ms: int
    cleanup: str = "delete"
    retention_bytes: int = -1
    single_partition: bool = False

    def config(self) -> dict[str, str]:
        """The topic's configuration at the broker."""
        return {
            "cleanup.policy": self.cleanup,
            "retention.ms": str(self.retention_ms),
            "retention.bytes": str(self.retention_bytes),
        }

    def partitions(self, count: int) -> int:
        """How many partitions it has when the sources have `count`."""
        return 1 if self.single_partition else count


def receipts_of(direction: str) -> str:
    """The name of the topic that remembers what of a direction is done."""
    return f"{direction}.receipts"


def dead_letters_of(direction: str) -> str:
    """The name of the topic that keeps what of a direction cannot be delivered."""
    return f"{direction}.dlq"


STATUS_LINKS = "status.links"
INBOUND_LINKS = "inbound.links"

TOPICS: tuple[Topic, ...] = (
    Topic(INBOUND, "conversation id", InboundMessage, 7 * DAY_MS),
    Topic(OUTBOUND, "amojo chat id (hook v1, README form: conversation id)", OutboundMessage, 7 * DAY_MS),
    Topic(STATUS, "amojo message id decoded from edna's request id, else edna's id", StatusUpdate, 7 * DAY_MS),
    *(Topic(receipts_of(name), "as the source, same partition", Receipt, 7 * DAY_MS) for name in DIRECTIONS),
    Topic(STATUS_LINKS, "edna's out message id", MessageLink, 7 * DAY_MS, cleanup="compact,delete"),
    Topic(INBOUND_LINKS, "conversation id", ChatLink, 30 * DAY_MS, cleanup="compact,delete"),
    *(Topic(dead_letters_of(name), "as the source", None, 30 * DAY_MS) for name in DIRECTIONS),
    Topic(QUARANTINE, "none", Quarantined, 7 * DAY_MS, retention_bytes=256 * MIB, single_partition=True),
)
BY_NAME: Mapping[str, Topic] = {topic.name: topic for topic in TOPICS}
