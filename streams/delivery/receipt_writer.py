"""Writes receipts in batches, and acknowledges what Kafka has confirmed (I3).

An event is finished only when its receipt is confirmed; its lane has long gone on by then. The receipts of a partition
are written one batch after another, so that they stand in the order in which the events ended: what is read back last
is the last word (I5). Partitions do not wait for each other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NamedTuple

import structlog

from bridge.errors import KafkaUnavailable
from bridge.events import Receipt, encode
from bridge.kafka.producer import BatchRecord, Producer
from streams.delivery.partition import Partition, Revoked

log = structlog.get_logger(__name__)

GATHER_S = 0.02  # a batch starts when the clock is at a multiple: those of all partitions go to Kafka in one request
KAFKA_RETRY_S = 0.3
HEADERS = (("ce_type", b"receipt"), ("content-type", b"application/json"))


class _Unconfirmed(NamedTuple):
    offset: int
    record: BatchRecord
    confirmed: Callable[[], None]


class ReceiptWriter:
    """See the module. `topic` is the receipts' topic of the direction."""

    def __init__(self, topic: str, producer: Producer) -> None:
        self._topic = topic
        self._producer = producer
        self._waiting: dict[Partition, list[_Unconfirmed]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def write(
        self,
        partition: Partition,
        offset: int,
        key: bytes | None,
        receipt: Receipt,
        confirmed: Callable[[], None] = lambda: None,
    ) -> None:
        """Write the receipt of an event in the background; finish the event and call `confirmed` when Kafka has it.

        Until then `partition.unconfirmed` counts it. While Kafka is away it is tried again for as long as the partition
        is ours; afterwards the event belongs to whoever has the partition.
        """
        partition.unconfirmed += 1
        unconfirmed = _Unconfirmed(offset, BatchRecord(key, encode(receipt), HEADERS), confirmed)
        waiting = self._waiting.get(partition)
        if waiting is not None:
            waiting.append(unconfirmed)
            return
        self._waiting[partition] = [unconfirmed]
        task = asyncio.create_task(self._write_all(partition))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def write_now(self, partition: Partition, key: bytes | None, receipt: Receipt) -> None:
        """Write what was learned on the way, and return when Kafka has it. Raises Revoked when the partition goes.

        Its event is not finished by that; its place among the partition's other receipts does not matter.
        """
        record = BatchRecord(key, encode(receipt), HEADERS)
        partition.unconfirmed += 1
        try:
            while partition.current:
                try:
                    await self._producer.send_batch(self._topic, [record], partition=partition.number)
                except KafkaUnavailable:
                    await asyncio.sleep(KAFKA_RETRY_S)
                else:
                    return
        finally:
            partition.unconfirmed -= 1
        raise Revoked

    async def _write_all(self, partition: Partition) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting[partition]:
            await asyncio.sleep(GATHER_S - loop.time() % GATHER_S)
            batch, self._waiting[partition] = self._waiting[partition], []
            try:
                await self._write_batch(partition, batch)
            finally:
                partition.unconfirmed -= len(batch)
        del self._waiting[partition]

    async def _write_batch(self, partition: Partition, batch: list[_Unconfirmed]) -> None:
        records = [unconfirmed.record for unconfirmed in batch]
        while partition.current:
            try:
                await self._producer.send_batch(self._topic, records, partition=partition.number)
            except KafkaUnavailable:
                await asyncio.sleep(KAFKA_RETRY_S)
            except Exception:
                # Not to be given up: without its receipt the event stays unacknowledged, and the partition with it.
                log.exception("receipts.unwritten", partition=partition.number, receipts=len(batch))
                await asyncio.sleep(KAFKA_RETRY_S)
            else:
                for unconfirmed in batch:
                    partition.finish(unconfirmed.offset)
                    unconfirmed.confirmed()
                return
