"""What stands in some partitions now: every record once, from the beginning or a moment to the ends seen at the start.

Bounded: what is written meanwhile is not read. Reading joins no group and commits nothing. Partitions have to be ones
that were listed before: asking for a topic by name creates it on clusters with auto-creation.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from bridge.errors import KafkaUnavailable
from bridge.kafka.closing import close
from bridge.kafka.security import client_arguments
from bridge.kafka.unavailable import unavailable
from bridge.settings import Settings

ANSWER_WITHIN_S = 20.0  # without any progress
FETCH_WAIT_MS = 200


@dataclass(frozen=True, slots=True)
class Place:
    """A partition of a topic, by the topic's full name."""

    topic: str
    partition: int


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it stands in Kafka."""

    place: Place
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, slots=True)
class Span:
    """Offsets of one partition: `first` is the first to be read, `end` the one after the last."""

    first: int
    end: int

    @property
    def length(self) -> int:
        """How many offsets; an upper bound of the records (compaction leaves gaps)."""
        return max(0, self.end - self.first)


class Reader:
    """Reads partitions through one connection. Made by `reading`."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer

    async def kept(self, places: Iterable[Place]) -> dict[Place, Span]:
        """All that each partition keeps at this moment."""
        tps = {TopicPartition(place.topic, place.partition): place for place in places}
        if not tps:
            return {}
        begins = await self._consumer.beginning_offsets(list(tps))
        ends = await self._consumer.end_offsets(list(tps))
        return {place: Span(begins[tp], ends[tp]) for tp, place in tps.items()}

    async def since(self, spans: Mapping[Place, Span], since_ms: int) -> dict[Place, Span]:
        """The spans, begun at the first record that is not older than `since_ms` (epoch)."""
        tps = {TopicPartition(place.topic, place.partition): place for place in spans}
        if not tps:
            return {}
        found = await self._consumer.offsets_for_times(dict.fromkeys(tps, since_ms))
        return {
            place: Span(spans[place].end if found[tp] is None else found[tp].offset, spans[place].end)
            for tp, place in tps.items()
        }

    async def batches(self, spans: Mapping[Place, Span]) -> AsyncIterator[tuple[list[Record], int]]:
        """Records in batches, each with how many offsets have been passed so far; in order within a partition.

        Raises KafkaUnavailable when Kafka brings nothing for ANSWER_WITHIN_S.
        """
        pending = {
            TopicPartition(place.topic, place.partition): (place, span) for place, span in spans.items() if span.length
        }
        total = sum(span.length for _, span in pending.values())
        self._consumer.assign(list(pending))
        for tp, (_, span) in pending.items():
            self._consumer.seek(tp, span.first)
        left, moved_at = total, time.monotonic()
        while pending:
            records = [
                _record(pending[tp][0], each)
                for tp, batch in (await self._consumer.getmany(timeout_ms=FETCH_WAIT_MS)).items()
                for each in batch
                if tp in pending and each.offset < pending[tp][1].end
            ]
            before, left = left, await self._left(pending)
            if left < before:
                moved_at = time.monotonic()
            elif time.monotonic() - moved_at > ANSWER_WITHIN_S:
                raise KafkaUnavailable(f"Kafka brought nothing for {ANSWER_WITHIN_S:.0f} s")
            yield records, total - left

    async def follow(self, places: Iterable[Place]) -> None:
        """Begin to follow what is written from now on; `more` brings it."""
        tps = [TopicPartition(place.topic, place.partition) for place in places]
        ends = await self._consumer.end_offsets(tps)
        self._consumer.assign(tps)
        for tp in tps:
            self._consumer.seek(tp, ends[tp])

    async def more(self) -> list[Record]:
        """What has been written meanwhile to what is followed; waits FETCH_WAIT_MS for it."""
        fetched = await self._consumer.getmany(timeout_ms=FETCH_WAIT_MS)
        return [_record(Place(tp.topic, tp.partition), record) for tp, batch in fetched.items() for record in batch]

    async def _left(self, pending: dict[TopicPartition, tuple[Place, Span]]) -> int:
        """How many offsets are still to be passed; partitions that are done leave `pending`."""
        left = 0
        for tp, (_, span) in list(pending.items()):
            to_go = span.end - await self._consumer.position(tp)
            if to_go > 0:
                left += to_go
            else:
                del pending[tp]
                self._consumer.pause(tp)
        return left


@contextlib.asynccontextmanager
async def reading(settings: Settings) -> AsyncIterator[Reader]:
    """A reader; raises KafkaUnavailable when Kafka does not answer, here or in the body."""
    consumer = AIOKafkaConsumer(
        **client_arguments(settings),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=FETCH_WAIT_MS,
        request_timeout_ms=int(ANSWER_WITHIN_S * 1000),
    )
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            await consumer.start()
        yield Reader(consumer)
    except (TimeoutError, OSError, KafkaError) as error:
        raise unavailable(settings, error) from None
    finally:
        await close(consumer.stop, within_s=2.0)


def _record(place: Place, record: Any) -> Record:
    return Record(place, record.offset, record.timestamp, record.key, record.value, tuple(record.headers))
