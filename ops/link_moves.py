"""Links go where their key belongs among more partitions, so that the worker of a partition still finds them there.

Of each live key that would be looked for elsewhere, the record is first written to its new partition and confirmed,
then a tombstone to the old one: whenever this is interrupted, the link is in one of the two or in both, and a second go
ends it. Times are kept, so that a moved link lives no longer than it would have.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from aiokafka.partitioner import DefaultPartitioner

from bridge.errors import KafkaUnavailable
from bridge.kafka.admin import TopicState
from bridge.kafka.producer import Producer
from bridge.kafka.reading import Place, Reader, Record, reading
from bridge.settings import Settings
from ops.output import Advance

CONFIRM_WITHIN_S = 20.0
AT_ONCE = 200  # records that wait for their confirmation


def partition_of(key: bytes, count: int) -> int:
    """Where gateway and agents write a key among `count` partitions."""
    return int(DefaultPartitioner()(key, list(range(count)), []))


async def move_links(settings: Settings, topics: Sequence[TopicState], advance: Advance) -> int:
    """Move every misplaced link of these topics, which have their new partitions already; returns how many.

    Raises KafkaUnavailable; what was moved stays moved.
    """
    producer = Producer(settings, confirm_within_s=CONFIRM_WITHIN_S, client_id="edna-amocrm-topics")
    await producer.start()
    try:
        if not await producer.wait_connected(CONFIRM_WITHIN_S):
            raise KafkaUnavailable("no connection to write the links with")
        moved = 0
        places = [(topic, Place(topic.name, number)) for topic in topics for number in range(topic.wanted)]
        async with reading(settings) as reader:
            for done, (topic, place) in enumerate(places):
                advance(done, len(places))
                moved += await _move_from(reader, producer, topic, place)
        advance(len(places), len(places))
        return moved
    finally:
        await producer.stop()


async def _move_from(reader: Reader, producer: Producer, topic: TopicState, place: Place) -> int:
    oldest = int(time.time() * 1000) - topic.topic.retention_ms
    live = await _live(reader, place)
    misplaced = [
        record
        for key, record in live.items()
        if partition_of(key, topic.wanted) != place.partition and record.timestamp_ms >= oldest
    ]
    for first in range(0, len(misplaced), AT_ONCE):
        chunk = misplaced[first : first + AT_ONCE]
        await asyncio.gather(*(_write(producer, topic, record) for record in chunk))
        await asyncio.gather(
            *(producer.send(place.topic, None, key=record.key, partition=place.partition) for record in chunk)
        )
    return len(misplaced)


async def _write(producer: Producer, topic: TopicState, record: Record) -> None:
    await producer.send(
        topic.name,
        record.value,
        key=record.key,
        headers=record.headers,
        partition=partition_of(record.key or b"", topic.wanted),
        timestamp_ms=record.timestamp_ms,
    )


async def _live(reader: Reader, place: Place) -> dict[bytes, Record]:
    """The last record of each key that is no tombstone."""
    live: dict[bytes, Record] = {}
    async for records, _passed in reader.batches(await reader.kept([place])):
        for record in records:
            if record.key is None:
                continue
            live.pop(record.key, None)
            if record.value is not None:
                live[record.key] = record
    return live
