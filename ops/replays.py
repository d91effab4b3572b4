"""What is accepted again: the event of a dead letter under an id that follows from where it stood. Pure.

The new event id is the old one with the place of the dead letter's source, so that a replay that is run twice, or is
interrupted and run again, makes the same event, which the agents know by its receipt (I4). The vendor's id stays as
well, and protects from doubles, unless the vendor has refused it for good.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from bridge.compact import encoded
from bridge.events import Event, InboundMessage, OutboundMessage, StatusUpdate
from bridge.ids import replay_event_id
from bridge.records import CE_TYPES
from bridge.topics import INBOUND, OUTBOUND, STATUS
from ops.letters import SOURCE, Letter
from ops.output import Failed

EVENTS: Mapping[str, type[Event]] = {INBOUND: InboundMessage, OUTBOUND: OutboundMessage, STATUS: StatusUpdate}
LAST_REPLAY = 9  # a request id has one digit for it
REFUSED_FOR_GOOD = frozenset({"permanent"})  # classes whose vendor id can never pass again


@dataclass(frozen=True, slots=True)
class Again:
    """An event on its way into its topic again.

    `after_ms` is when it was accepted or set aside, `source` the partition and offset where it stood, if it did: what
    came later is newer. No copy of it can have been accepted before `since_ms`. Times are ms since the epoch.
    """

    direction: str
    key: bytes | None
    body: Mapping[str, Any]
    replay_of: str | None
    after_ms: int
    since_ms: int
    source: tuple[int, int] | None = None

    @property
    def event_id(self) -> str:
        """Its id from now on."""
        return str(self.body["event_id"])

    @property
    def ce_type(self) -> str:
        """The type in its headers."""
        return CE_TYPES[EVENTS[self.direction]]

    def value(self, accepted_at: int) -> bytes:
        """The record's value. Keys that a newer writer gave the event stay."""
        return encoded({**self.body, "accepted_at": accepted_at})


def again_of(letter: Letter, prefix: str) -> Again:
    """The event of a dead letter as it is accepted again. Raises Failed, with the sentence why it cannot be."""
    fact = letter.fact
    try:
        event = EVENTS[fact.direction].model_validate_json(fact.record.value or b"")
    except ValidationError:
        raise Failed(f"{letter.address} holds no event that could be replayed: `drop` it") from None
    partition, offset = _source(letter, prefix)
    changes: dict[str, Any] = {"event_id": replay_event_id(event.event_id, partition, offset)}
    if isinstance(event, OutboundMessage) and letter.kind in REFUSED_FOR_GOOD:
        if event.replay >= LAST_REPLAY:
            raise Failed(
                f"{letter.address} was refused by edna under {LAST_REPLAY + 1} ids, and there is no further one: "
                "write to the client anew, and `drop` it"
            )
        changes["replay"] = event.replay + 1
    return Again(
        direction=fact.direction,
        key=fact.record.key,
        body={**fact.body, **changes},
        replay_of=event.event_id,
        after_ms=event.accepted_at,
        since_ms=event.accepted_at,
        source=(partition, offset),
    )


def _source(letter: Letter, prefix: str) -> tuple[int, int]:
    """Partition and offset in the source topic. Raises Failed."""
    said = letter.fact.headers.get(SOURCE, "")
    topic, *numbers = said.rsplit("/", 2)
    if topic != prefix + letter.fact.direction or len(numbers) != 2 or not all(map(_is_number, numbers)):
        raise Failed(f"{letter.address} does not say where in {prefix}{letter.fact.direction} it stood ({SOURCE})")
    return int(numbers[0]), int(numbers[1])


def _is_number(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) <= 18
