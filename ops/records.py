"""Records of the topics as the commands read them: bounded by what stood there at the start, named by direction."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from pydantic_core import from_json

from bridge.kafka.admin import describe_topics
from bridge.kafka.reading import Place, Reader, Record, Span
from bridge.settings import Settings
from bridge.topics import DIRECTIONS, INBOUND, OUTBOUND, STATUS, dead_letters_of, receipts_of
from ops.output import Failed, number

Kind = Literal["message", "status", "receipt", "dead letter"]

ARROWS = {INBOUND: "→ operator", OUTBOUND: "→ client", STATUS: "⇢ operator"}

# What stands where: the topic's name without the prefix, its direction and its kind.
STANDS: dict[str, tuple[str, Kind]] = {
    **{direction: (direction, "status" if direction == STATUS else "message") for direction in DIRECTIONS},
    **{receipts_of(direction): (direction, "receipt") for direction in DIRECTIONS},
    **{dead_letters_of(direction): (direction, "dead letter") for direction in DIRECTIONS},
}


@dataclass(frozen=True)
class Fact:
    """One record with what it says. The body of something that is no JSON object is empty."""

    topic: str  # without the prefix
    direction: str
    kind: Kind
    record: Record

    @cached_property
    def body(self) -> dict[str, Any]:
        """The value as JSON."""
        try:
            found = from_json(self.record.value or b"")
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @cached_property
    def headers(self) -> dict[str, str]:
        """The headers as text."""
        return {name: (value or b"").decode("utf-8", "replace") for name, value in self.record.headers}

    @property
    def place(self) -> str:
        """Topic, partition and offset."""
        return f"{self.topic}/{self.record.place.partition}/{self.record.offset}"

    @property
    def at_ms(self) -> int:
        """When it happened: accepted, ended, or given up; of what does not tell, when Kafka took it."""
        said = self.headers.get("dlq-last-at") or self.text("at") or self.text("accepted_at")
        at_ms = number(said)
        return self.record.timestamp_ms if at_ms is None else at_ms

    def text(self, name: str) -> str:
        """A field of the body as text; "" when it is not there."""
        value = self.body.get(name)
        return "" if value is None else str(value)


def fact_of(settings: Settings, record: Record) -> Fact:
    """A record of one of the topics in STANDS."""
    topic = record.place.topic.removeprefix(settings.topic_prefix)
    direction, kind = STANDS[topic]
    return Fact(topic, direction, kind, record)


async def places_of(settings: Settings, names: Collection[str]) -> list[Place]:
    """All partitions of topics (without the prefix) as the broker has them. Raises Failed when one is missing."""
    states = [state for state in await describe_topics(settings) if state.topic.name in names]
    if missing := [state.name for state in states if not state.partitions]:
        raise Failed(f"{', '.join(missing)} missing: run `edna-amocrm topics create`")
    return [Place(state.name, number) for state in states for number in range(state.partitions)]


async def spans_of(reader: Reader, places: Iterable[Place], since_ms: int | None) -> dict[Place, Span]:
    """What these partitions keep at this moment, all or since a time (ms since the epoch)."""
    kept = await reader.kept(places)
    return kept if since_ms is None else await reader.since(kept, since_ms)
