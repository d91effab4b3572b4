"""What stands in the topics beside the events that are to be accepted again: newer ones, and copies of themselves.

Read once for all of them, from the oldest one's place to the end, and after the writing once more from there: so the
number of newer ones is right although new ones come all the while.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from bridge.kafka.producer import Position
from bridge.kafka.reading import Place, Reader, Record, Span
from bridge.settings import Settings
from ops.link_moves import partition_of
from ops.output import number, progress
from ops.records import Fact, fact_of, places_of
from ops.replays import Again

Key = tuple[str, bytes | None]
"""Direction and key: a conversation, or a message with its statuses."""


class Seen(NamedTuple):
    """One event of a key that is asked for."""

    place: Place
    offset: int
    accepted_at: int  # ms since the epoch
    event_id: str


class Sources:
    """Reads the partitions of `events`, and answers for each of them."""

    def __init__(self, settings: Settings, events: Sequence[Again]) -> None:
        self._settings = settings
        self._events = events
        self._keys = {key_of(event) for event in events}
        self._together = {name for event in events for name in (event.replay_of, event.event_id)}
        self._seen: dict[Key, list[Seen]] = defaultdict(list)
        self._positions: dict[str, Position] = {}
        self._last_ms: dict[Key, int] = {}
        self._read_to: dict[Place, int] = {}

    async def read(self, reader: Reader) -> None:
        """Read what has not been read yet, to the ends at this moment. Raises Failed, KafkaUnavailable."""
        spans = await self._spans(reader)
        total = sum(span.length for span in spans.values())
        with progress("looking for newer ones") as advance:
            async for records, passed in reader.batches(spans):
                for record in records:
                    self._take(record)
                advance(passed, total)
        self._read_to = {place: span.end for place, span in spans.items()}

    def position(self, event: Again) -> Position | None:
        """Where the event, or a copy of it, stands already."""
        return self._positions.get(event.event_id)

    def last_ms(self, event: Again) -> int:
        """When the last one of its conversation was accepted; 0 when none is known."""
        return self._last_ms.get(key_of(event), 0)

    def newer(self, event: Again, position: Position | None) -> int:
        """How many of its key were accepted later than it first was, and stand before its new position (None: so far).

        Copies count once; what is accepted again together with it, in the old order, does not count.
        """
        return len(
            {
                seen.event_id
                for seen in self._seen[key_of(event)]
                if seen.event_id not in self._together
                and self._is_later(event, seen)
                and not _is_behind(seen, position)
            }
        )

    def _is_later(self, event: Again, seen: Seen) -> bool:
        if event.source is not None and seen.place.partition == event.source[0]:
            return seen.offset > event.source[1]
        return seen.accepted_at > event.after_ms

    def _take(self, record: Record) -> None:
        key = (record.place.topic.removeprefix(self._settings.topic_prefix), record.key)
        if key not in self._keys or record.key is None:
            return
        fact = fact_of(self._settings, record)
        event_id, accepted_at = fact.text("event_id"), _accepted_at(fact)
        self._seen[key].append(Seen(record.place, record.offset, accepted_at, event_id))
        self._last_ms[key] = max(accepted_at, self._last_ms.get(key, 0))
        self._positions.setdefault(event_id, Position(record.place.partition, record.offset))

    async def _spans(self, reader: Reader) -> dict[Place, Span]:
        if self._read_to:
            kept = await reader.kept(self._read_to)
            return {place: Span(self._read_to[place], span.end) for place, span in kept.items()}
        wanted = await self._wanted()
        kept = await reader.kept(wanted)
        spans = {}
        for place, (offset, since_ms) in wanted.items():
            firsts = [] if offset is None else [offset]
            if since_ms is not None:
                firsts.append((await reader.since({place: kept[place]}, since_ms))[place].first)
            spans[place] = Span(max(kept[place].first, min(firsts)), kept[place].end)
        return spans

    async def _wanted(self) -> dict[Place, tuple[int | None, int | None]]:
        """Each partition with the first offset, or the first moment, that matters there."""
        names = {event.direction for event in self._events}
        counts: dict[str, int] = defaultdict(int)
        for place in await places_of(self._settings, names):
            counts[place.topic] += 1
        wanted: dict[Place, tuple[int | None, int | None]] = {}
        for event in self._events:
            topic = self._settings.topic_prefix + event.direction
            today = Place(topic, partition_of(event.key or b"", counts[topic]))
            old = None if event.source is None else Place(topic, event.source[0])
            if old is not None and event.source is not None and old.partition < counts[topic]:
                offset, since_ms = wanted.get(old, (None, None))
                wanted[old] = (_least(offset, event.source[1] + 1), since_ms)
            if today != old:
                offset, since_ms = wanted.get(today, (None, None))
                wanted[today] = (offset, _least(since_ms, event.since_ms))
        return wanted


def key_of(event: Again) -> Key:
    """What it shares with its conversation."""
    return event.direction, event.key


def _is_behind(seen: Seen, position: Position | None) -> bool:
    return position is not None and seen.place.partition == position.partition and seen.offset > position.offset


def _least(one: int | None, other: int) -> int:
    return other if one is None else min(one, other)


def _accepted_at(fact: Fact) -> int:
    return number(fact.text("accepted_at")) or fact.record.timestamp_ms
