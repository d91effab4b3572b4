"""Many records as batches: each goes where its key belongs, and those of a partition are written one after another.

Of one partition no batch follows another that is not confirmed. When Kafka refuses one, nothing that stands behind it
is written, so that whoever tries again with less keeps the order (I2).
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.partitioner import murmur2

KEYS_REMEMBERED = 20_000

Headers = Sequence[tuple[str, bytes]]


class BatchRecord(NamedTuple):
    """A record of a batch."""

    key: bytes | None
    value: bytes
    headers: Headers = ()


@contextlib.asynccontextmanager
async def written(
    producer: AIOKafkaProducer, topic: str, parted: Mapping[int, Sequence[BatchRecord]]
) -> AsyncIterator[asyncio.Future[Any]]:
    """Write records to their partitions; the future tells when all are confirmed. Nothing is written after the end."""
    following: list[asyncio.Task[None]] = []
    confirmations: list[asyncio.Future[Any]] = []
    try:
        for number, part in parted.items():
            first, *rest = _batches(producer, part)
            confirmation = await producer.send_batch(first, topic, partition=number)
            if rest:  # seldom: no task is made for what fits into one
                confirmation = asyncio.create_task(_one_by_one(producer, topic, number, confirmation, rest))
                confirmation.add_done_callback(_take_outcome)
                following.append(confirmation)
            confirmations.append(confirmation)
        yield asyncio.gather(*confirmations)
    finally:
        for task in following:
            task.cancel()


def by_partition(records: Sequence[BatchRecord], numbers: Sequence[int]) -> dict[int, list[BatchRecord]]:
    """Where each record belongs by its key, as aiokafka's own partitioner says; a record without one goes anywhere."""
    parted: dict[int, list[BatchRecord]] = {}
    anywhere = numbers[time.time_ns() % len(numbers)]
    for record in records:
        number = anywhere if record.key is None else numbers[_hashed(record.key) % len(numbers)]
        parted.setdefault(number, []).append(record)
    return parted


@lru_cache(maxsize=KEYS_REMEMBERED)
def _hashed(key: bytes) -> int:
    # Conversations come again, and aiokafka's hash is a Python loop over the bytes of the key.
    return int(murmur2(key)) & 0x7FFFFFFF


def _batches(producer: AIOKafkaProducer, records: Sequence[BatchRecord]) -> Iterator[Any]:
    """The records as full and closed batches: a closed one is sent at once, without the producer's linger."""
    now = time.time_ns() // 1_000_000
    batch = producer.create_batch()
    for record in records:
        wanted = {"timestamp": now, "key": record.key, "value": record.value, "headers": list(record.headers)}
        if batch.append(**wanted) is None:  # full, and closed by that
            yield batch
            batch = producer.create_batch()
            batch.append(**wanted)  # one record always fits
    batch.close()
    yield batch


async def _one_by_one(
    producer: AIOKafkaProducer, topic: str, partition: int, confirmation: asyncio.Future[Any], batches: Sequence[Any]
) -> None:
    """Write batches to a partition, each once the one before it is confirmed, the first after `confirmation`."""
    for batch in batches:
        await confirmation
        confirmation = await producer.send_batch(batch, topic, partition=partition)
    await confirmation


def _take_outcome(task: asyncio.Task[None]) -> None:
    """So that the loop does not report what somebody else has failed for already."""
    if not task.cancelled():
        task.exception()
