"""Accepting events again, and marking what they came from.

First an event is confirmed in its topic, then the marker is written: a crash between the two leaves something open
whose event is found where it stands when it is run again, and which is only marked then (I1, I4). `accepted_at` is now,
and above the last one of the conversation, because to everybody who reads the topic it is a new acceptance (I2).
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from bridge.cloud_events import CloudEvents
from bridge.errors import KafkaUnavailable
from bridge.kafka.producer import Headers, Position, Producer
from bridge.kafka.reading import Place, reading
from bridge.settings import Settings
from ops.markers import Handling, marker_headers
from ops.output import progress
from ops.replays import Again
from ops.sources import Key, Sources, key_of

CONFIRM_WITHIN_S = 20.0
AT_ONCE = 100  # what is handled between two rounds of confirmations


@dataclass(frozen=True, slots=True)
class Handled:
    """What is handled as one: its events, and the marker that names it; `marked` false: part of it stays open."""

    of: str
    place: Place
    key: bytes | None
    events: Sequence[Again] = ()
    marked: bool = True


@dataclass(frozen=True, slots=True)
class Accepted:
    """One event that was accepted again. No `position`: it was not written, by a dry run or for `trouble`."""

    event: Again
    position: Position | None
    stood: bool  # it stood there before
    newer: int  # of its conversation, that it follows
    trouble: str = ""


def placed(accepted: Accepted) -> str | None:
    """Topic, partition and offset of where it stands now."""
    position = accepted.position
    return None if position is None else f"{accepted.event.direction}/{position.partition}/{position.offset}"


async def accept_again(settings: Settings, tasks: Sequence[Handled], *, dry_run: bool) -> list[Accepted]:
    """Accept all events in this order and mark what they came from; with `dry_run` only say what it would come to.

    Raises Failed, KafkaUnavailable; what was written by then is recognised when the same is run again.
    """
    events = [event for task in tasks for event in task.events]
    sources = Sources(settings, events)
    async with reading(settings) as reader:
        await sources.read(reader)
        if dry_run:
            return [
                Accepted(each, place := sources.position(each), place is not None, sources.newer(each, place))
                for each in events
            ]
        async with _writing(settings, sources) as writer:
            with progress("replaying") as advance:
                for first in range(0, len(tasks), AT_ONCE):
                    await writer.handle(tasks[first : first + AT_ONCE], "replayed")
                    advance(min(first + AT_ONCE, len(tasks)), len(tasks))
        await sources.read(reader)
    return [writer.outcome(event) for event in events]


async def mark(settings: Settings, tasks: Sequence[Handled], handling: Handling) -> None:
    """Write the markers alone. Raises KafkaUnavailable."""
    async with _writing(settings, Sources(settings, [])) as writer:
        with progress("marking") as advance:
            for first in range(0, len(tasks), AT_ONCE):
                await writer.handle(tasks[first : first + AT_ONCE], handling)
                advance(min(first + AT_ONCE, len(tasks)), len(tasks))


class Acceptor:
    """Writes events and markers, and remembers what came of it."""

    def __init__(self, settings: Settings, producer: Producer, sources: Sources) -> None:
        self._prefix = settings.topic_prefix
        self._producer = producer
        self._sources = sources
        self._last_ms: dict[Key, int] = {}
        self._written: dict[str, Position] = {}
        self._troubles: dict[str, str] = {}
        self._told: set[str] = set()
        self._cloud_events = CloudEvents(settings.instance, "ops")

    async def handle(self, tasks: Sequence[Handled], handling: Handling) -> None:
        """The events, and once they are confirmed, the markers."""
        new: dict[str, Again] = {}
        for event in (event for task in tasks for event in task.events):
            if self._sources.position(event) is None and event.event_id not in self._written:
                new.setdefault(event.event_id, event)
        await asyncio.gather(*(self._write(event) for event in new.values()))
        now = time.time_ns() // 1_000_000
        done = [task for task in tasks if task.marked and not self._troubled(task)]
        await asyncio.gather(
            *(
                self._producer.send(
                    task.place.topic,
                    b"",
                    key=task.key,
                    headers=marker_headers(task.of, handling, now),
                    partition=task.place.partition,
                )
                for task in done
            )
        )

    def outcome(self, event: Again) -> Accepted:
        """What came of an event, once the sources were read to their ends again."""
        position = self._written.get(event.event_id)
        stood = position is None or event.event_id in self._told
        self._told.add(event.event_id)
        position = position or self._sources.position(event)
        trouble = self._troubles.get(event.event_id, "")
        return Accepted(event, position, stood and not trouble, self._sources.newer(event, position), trouble)

    def _troubled(self, task: Handled) -> bool:
        return any(event.event_id in self._troubles for event in task.events)

    async def _write(self, event: Again) -> None:
        # No `await` before `send`: calls are written in the order in which they were made.
        accepted_at = self._accepted_at(event)
        headers = self._headers(event, accepted_at)
        topic = self._prefix + event.direction
        try:
            self._written[event.event_id] = await self._producer.send(
                topic, event.value(accepted_at), key=event.key, headers=headers
            )
        except ValueError:
            self._troubles[event.event_id] = "larger than Kafka takes"

    def _accepted_at(self, event: Again) -> int:
        key = key_of(event)
        last = max(event.after_ms, self._sources.last_ms(event), self._last_ms.get(key, 0))
        self._last_ms[key] = max(time.time_ns() // 1_000_000, last + 1)
        return self._last_ms[key]

    def _headers(self, event: Again, accepted_at: int) -> Headers:
        headers = self._cloud_events.headers(event.event_id, event.ce_type, accepted_at)
        return [*headers, ("replay-of", event.replay_of.encode())] if event.replay_of else headers


@contextlib.asynccontextmanager
async def _writing(settings: Settings, sources: Sources) -> AsyncIterator[Acceptor]:
    producer = Producer(settings, confirm_within_s=CONFIRM_WITHIN_S, client_id="edna-amocrm-ops")
    await producer.start()
    try:
        if not await producer.wait_connected(CONFIRM_WITHIN_S):
            raise KafkaUnavailable("no connection to write with")
        yield Acceptor(settings, producer, sources)
    finally:
        await producer.stop()
