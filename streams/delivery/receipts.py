"""Receipts: the durable memory of what is done (I4), written beside each source partition and read back from it.

When a partition arrives, its receipts are read from min(time of the first record at or after the committed offset, two
hours ago) minus five minutes; without a committed offset from the beginning. A repeat of a webhook within hours, and
everything above the committed offset, is thus recognised after any crash. An event that was accepted before that, and
came late out of a spool, makes its lane wait until the receipts of its time have been read as well.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from pydantic import ValidationError

from bridge.events import Receipt
from bridge.kafka.closing import close, ends_this_task
from bridge.kafka.security import client_arguments
from bridge.settings import Settings
from bridge.topics import receipts_of
from streams.delivery.memory import Memory
from streams.delivery.partition import Partition, Revoked

log = structlog.get_logger(__name__)

WINDOW_MS = 2 * 3_600_000
MARGIN_MS = 5 * 60_000
READ_TIMEOUT_MS = 1_000
EMPTY_READS = 15  # in a row: Kafka does not answer


class Silence:
    """Reads that bring nothing although something is there. What is asked for is never taken for absent instead."""

    def __init__(self) -> None:
        self._reads = 0

    def broken_by(self, batches: Mapping[TopicPartition, object]) -> None:
        """Count a read. Raises TimeoutError at EMPTY_READS in a row without a record."""
        self._reads = 0 if batches else self._reads + 1
        if self._reads >= EMPTY_READS:
            raise TimeoutError(f"no record for {EMPTY_READS * READ_TIMEOUT_MS / 1000:g} s")


class Receipts:
    """Reads back the receipts of one direction."""

    def __init__(self, settings: Settings, direction: str) -> None:
        self._settings = settings
        self._source = settings.topic_prefix + direction
        self._topic = settings.topic_prefix + receipts_of(direction)
        self._memories: dict[int, Memory] = {}
        self._reaching_back: dict[int, asyncio.Lock] = {}

    def memory(self, partition: Partition) -> Memory:
        """What is known of a partition; complete once the partition is ready."""
        memory = self._memories.get(partition.number)
        if memory is None:
            memory = self._memories[partition.number] = Memory()
        return memory

    async def load(self, partitions: Iterable[Partition]) -> None:
        """Read the receipts of partitions that have just arrived.

        Raises KafkaError, OSError, TimeoutError, or whatever else aiokafka lets out.
        """
        by_tp = {TopicPartition(self._topic, partition.number): partition for partition in partitions}
        async with self._consumer() as consumer:
            starts, ends, oldest = await self._bounds(consumer, by_tp)
            spans = {tp: (starts[tp], ends[tp]) for tp in by_tp}
            read = await self._read(consumer, spans, {tp: self.memory(partition) for tp, partition in by_tp.items()})
            for tp, partition in by_tp.items():
                memory = self.memory(partition)
                if memory.first_offset is None:
                    memory.first_offset, memory.read_from_ms = starts[tp], oldest.get(tp, 0)
                memory.next_offset = max(starts[tp], ends[tp])
                memory.ours_since_ms = int(time.time() * 1000)
            log.info("receipts.read", topic=self._topic, partitions=len(by_tp), receipts=read)

    async def reach_back(self, partition: Partition, accepted_at: int) -> None:
        """Read the receipts since an acceptance (ms) that lies before what was read. Raises as `load` does."""
        lock = self._reaching_back.setdefault(partition.number, asyncio.Lock())
        async with lock:  # what many late events need is read once
            memory = self.memory(partition)
            since = max(0, accepted_at - MARGIN_MS)
            if since >= memory.read_from_ms:
                return
            tp = TopicPartition(self._topic, partition.number)
            async with self._consumer() as consumer:
                begin = (await consumer.beginning_offsets([tp]))[tp]
                position = (await consumer.offsets_for_times({tp: since}))[tp]
                end = memory.first_offset or 0
                start = end if position is None else max(begin, position.offset)
                older = Memory()
                read = await self._read(consumer, {tp: (start, end)}, {tp: older})
            memory.take_older(older)
            memory.first_offset, memory.read_from_ms = min(start, end), since
            log.info("receipts.reached_back", topic=self._topic, partition=partition.number, receipts=read)

    @contextlib.asynccontextmanager
    async def _consumer(self) -> AsyncIterator[AIOKafkaConsumer]:
        consumer = AIOKafkaConsumer(
            **client_arguments(self._settings),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=100,
            request_timeout_ms=15_000,
        )
        try:
            await consumer.start()
            yield consumer
        finally:
            await close(consumer.stop, within_s=2.0)

    async def _bounds(
        self, consumer: AIOKafkaConsumer, by_tp: dict[TopicPartition, Partition]
    ) -> tuple[dict[TopicPartition, int], dict[TopicPartition, int], dict[TopicPartition, int]]:
        """Where reading begins and ends, and of what time (ms) the first is; without a time: the very beginning."""
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
        return starts, ends, oldest

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
        if not behind:
            return {tp: at - MARGIN_MS for tp, at in oldest.items()}
        silence = Silence()
        consumer.assign(list(behind))
        for source, offset in behind.items():
            consumer.seek(source, offset)
        while behind:
            batches = await consumer.getmany(*behind, timeout_ms=READ_TIMEOUT_MS, max_records=len(behind))
            silence.broken_by(batches)
            for source, records in batches.items():
                behind.pop(source, None)
                oldest[sources[source]] = min(oldest[sources[source]], records[0].timestamp)
            for source in list(behind):  # there may be nothing readable: only a transaction's marks
                if await consumer.position(source) >= ends[source]:
                    del behind[source]
        return {tp: max(0, at - MARGIN_MS) for tp, at in oldest.items()}

    async def _read(
        self,
        consumer: AIOKafkaConsumer,
        spans: dict[TopicPartition, tuple[int, int]],
        memories: dict[TopicPartition, Memory],
    ) -> int:
        """Take spans of receipts, from the first offset to before the second, into memories; returns how many."""
        pending = {tp for tp, (start, end) in spans.items() if start < end}
        if not pending:
            return 0
        consumer.assign(list(pending))
        for tp in pending:
            consumer.seek(tp, spans[tp][0])
        read, silence = 0, Silence()
        while pending:
            batches = await consumer.getmany(timeout_ms=READ_TIMEOUT_MS)
            silence.broken_by(batches)
            for tp, records in batches.items():
                for record in records:
                    if record.offset >= spans[tp][1]:
                        break
                    read += 1
                    with contextlib.suppress(ValidationError):  # not ours to judge: somebody wrote into our topic
                        memories[tp].note_receipt(Receipt.model_validate_json(record.value))
                await asyncio.sleep(0)
            for tp in list(pending):
                if await consumer.position(tp) >= spans[tp][1]:
                    pending.discard(tp)
        return read


async def load_until_read(receipts: Receipts, partitions: list[Partition]) -> None:
    """Read the receipts of partitions, again and again while Kafka fails, and open their lanes then."""
    if await _until_read(lambda: receipts.load(partitions), partitions):
        for partition in partitions:
            partition.ready.set()


async def reach_back_until_read(receipts: Receipts, partition: Partition, accepted_at: int) -> None:
    """Read the receipts since an acceptance (ms), again and again while Kafka fails. Raises Revoked."""
    if not await _until_read(lambda: receipts.reach_back(partition, accepted_at), [partition]):
        raise Revoked


async def _until_read(read: Callable[[], Awaitable[None]], partitions: list[Partition]) -> bool:
    while any(partition.current for partition in partitions):
        try:
            await read()
        except (Exception, asyncio.CancelledError) as error:  # whatever it is: the lanes wait for this
            if ends_this_task(error):
                raise
            log.warning("receipts.unread", why=repr(error))
            await asyncio.sleep(0.5)
        else:
            return True
    return False
