"""Receipts: the durable memory of what is done (I4), written beside each source partition and read back from it.

When a partition arrives, its receipts are read from min(time of the first record at or after the committed offset, two
hours ago) minus five minutes; without a committed offset from the beginning. A repeat of a webhook within hours, and
everything above the committed offset, is thus recognised after any crash.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterable

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from bridge.events import Receipt
from bridge.kafka.closing import cancelled_by_us, close
from bridge.kafka.security import client_arguments
from bridge.settings import Settings
from bridge.topics import receipts_of
from streams.delivery.memory import Memory
from streams.delivery.partition import Partition

log = structlog.get_logger(__name__)

WINDOW_MS = 2 * 3_600_000
MARGIN_MS = 5 * 60_000
READ_TIMEOUT_MS = 1_000
EMPTY_READS = 5


class Receipts:
    """Reads back the receipts of one direction."""

    def __init__(self, settings: Settings, direction: str) -> None:
        self._settings = settings
        self._source = settings.topic_prefix + direction
        self._topic = settings.topic_prefix + receipts_of(direction)
        self._memories: dict[int, Memory] = {}

    def memory(self, partition: Partition) -> Memory:
        """What is known of a partition; complete once the partition is ready."""
        memory = self._memories.get(partition.number)
        if memory is None:
            memory = self._memories[partition.number] = Memory()
        return memory

    async def load(self, partitions: Iterable[Partition]) -> None:
        """Read the receipts of partitions that have just arrived. Raises KafkaError, OSError or TimeoutError."""
        by_tp = {TopicPartition(self._topic, partition.number): partition for partition in partitions}
        consumer = AIOKafkaConsumer(
            **client_arguments(self._settings),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=100,
            request_timeout_ms=15_000,
        )
        try:
            await consumer.start()
            starts, ends = await self._bounds(consumer, by_tp)
            pending = {tp for tp in by_tp if starts[tp] < ends[tp]}
            read = await self._read(consumer, pending, starts, ends, by_tp) if pending else 0
            for tp, partition in by_tp.items():
                memory = self.memory(partition)
                memory.next_offset = max(starts[tp], ends[tp])
            log.info("receipts.read", topic=self._topic, partitions=len(by_tp), receipts=read)
        finally:
            await close(consumer.stop, within_s=2.0)

    async def _bounds(
        self, consumer: AIOKafkaConsumer, by_tp: dict[TopicPartition, Partition]
    ) -> tuple[dict[TopicPartition, int], dict[TopicPartition, int]]:
        ends: dict[TopicPartition, int] = await consumer.end_offsets(list(by_tp))
        begins: dict[TopicPartition, int] = await consumer.beginning_offsets(list(by_tp))
        oldest = await self._oldest_needed(consumer, by_tp)
        starts = dict(begins)
        for tp, position in (await consumer.offsets_for_times(oldest)).items() if oldest else ():
            starts[tp] = ends[tp] if position is None else position.offset
        for tp, partition in by_tp.items():
            known = self.memory(partition).next_offset
            if known is not None:  # read already, in an earlier assignment: go on from there
                starts[tp] = max(begins[tp], min(known, ends[tp]))
        return starts, ends

    async def _oldest_needed(
        self, consumer: AIOKafkaConsumer, by_tp: dict[TopicPartition, Partition]
    ) -> dict[TopicPartition, int]:
        """From when (ms) receipts are needed, for the partitions that have a committed offset."""
        now = int(time.time() * 1000)
        committed = {tp: partition for tp, partition in by_tp.items() if partition.committed is not None}
        sources = {TopicPartition(self._source, partition.number): tp for tp, partition in committed.items()}
        oldest = dict.fromkeys(committed, now - WINDOW_MS)
        if not sources:
            return {}
        ends = await consumer.end_offsets(list(sources))
        begins = await consumer.beginning_offsets(list(sources))
        behind = {
            source: max(begins[source], committed[tp].committed or 0)
            for source, tp in sources.items()
            if (committed[tp].committed or 0) < ends[source]
        }
        empty_reads = 0
        while behind and empty_reads < EMPTY_READS:
            consumer.assign(list(behind))
            for source, offset in behind.items():
                consumer.seek(source, offset)
            batches = await consumer.getmany(timeout_ms=READ_TIMEOUT_MS, max_records=len(behind))
            for source, records in batches.items():
                if records:
                    behind.pop(source, None)
                    oldest[sources[source]] = min(oldest[sources[source]], records[0].timestamp)
            empty_reads += not batches  # there may be nothing readable: only a transaction's marks
        return {tp: max(0, at - MARGIN_MS) for tp, at in oldest.items()}

    async def _read(
        self,
        consumer: AIOKafkaConsumer,
        pending: set[TopicPartition],
        starts: dict[TopicPartition, int],
        ends: dict[TopicPartition, int],
        by_tp: dict[TopicPartition, Partition],
    ) -> int:
        consumer.assign(list(pending))
        for tp in pending:
            consumer.seek(tp, starts[tp])
        read = 0
        while pending:
            for tp, records in (await consumer.getmany(timeout_ms=READ_TIMEOUT_MS)).items():
                memory = self.memory(by_tp[tp])
                for record in records:
                    read += 1
                    with contextlib.suppress(ValidationError):  # not ours to judge: somebody wrote into our topic
                        memory.note_receipt(Receipt.model_validate_json(record.value))
                await asyncio.sleep(0)
            for tp in list(pending):
                if await consumer.position(tp) >= ends[tp]:
                    pending.discard(tp)
        return read


async def load_until_read(receipts: Receipts, partitions: list[Partition]) -> None:
    """Read the receipts of partitions, again and again while Kafka fails, and open their lanes then."""
    while any(partition.current for partition in partitions):
        try:
            await receipts.load(partitions)
        except (KafkaError, OSError, TimeoutError, asyncio.CancelledError) as error:
            if isinstance(error, asyncio.CancelledError) and cancelled_by_us():
                raise
            log.warning("receipts.unread", why=repr(error))
            await asyncio.sleep(0.5)
        else:
            for partition in partitions:
                partition.ready.set()
            return
