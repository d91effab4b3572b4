"""Carries one event from its lane to its end: skipped by receipt, attempted until it is decided, remembered.

Never raises but to be cancelled. The lane goes on at the vendor's answer, while the acknowledgement waits for the
receipt to be confirmed by Kafka (I3, I4). A dead letter comes first, then the event that tells the other side, then the
receipt: whatever a crash leaves undone is done again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import structlog
from cachetools import LRUCache
from pydantic import ValidationError

from bridge.cloud_events import CloudEvents
from bridge.errors import KafkaUnavailable
from bridge.events import Event, Receipt, ReceiptOutcome, encode
from bridge.kafka.producer import Producer
from bridge.records import CE_TYPES, record_of
from bridge.settings import Settings
from bridge.topics import receipts_of
from streams import metrics
from streams.delivery.attempts import Attempts
from streams.delivery.dead_letters import DeadLetters
from streams.delivery.liveness import Liveness
from streams.delivery.memory import Memory
from streams.delivery.outcome import Carrier, DeadLettered, Delivered, Ending, Link, Skipped
from streams.delivery.partition import Held, Partition, Revoked
from streams.delivery.pulse import Pulse
from streams.delivery.receipt_writer import ReceiptWriter
from streams.delivery.receipts import MARGIN_MS, Receipts, reach_back_until_read

log = structlog.get_logger(__name__)

KAFKA_RETRY_S = 0.3
RECEIPT_OUTCOMES: dict[type[Any], ReceiptOutcome] = {
    Delivered: ReceiptOutcome.DELIVERED,
    Skipped: ReceiptOutcome.SKIPPED,
    DeadLettered: ReceiptOutcome.DEAD_LETTERED,
}


class Courier:
    """The path of one event, for all lanes of a worker."""

    def __init__(
        self,
        settings: Settings,
        carrier: Carrier,
        producer: Producer,
        receipts: Receipts,
        liveness: Liveness,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._carrier = carrier
        self._producer = producer
        self._receipts = receipts
        self.pulse = Pulse()
        self._dead_letters = DeadLetters(settings, carrier.name, producer)
        self._prefix = settings.topic_prefix
        self._cloud_events = CloudEvents(settings.instance, carrier.name)
        self._receipt_writer = ReceiptWriter(settings.topic_prefix + receipts_of(carrier.name), producer)
        self._unlinked: LRUCache[str, list[Link]] = LRUCache(settings.events_held)  # of events that are delivered
        self.attempts = Attempts(settings, carrier, liveness, self.pulse, self, clock)
        name = carrier.name
        self._delivered = metrics.DELIVERED.labels(name)
        self._repeated = metrics.REPEATED.labels(name)
        self._latency = metrics.LATENCY.labels(name)

    async def carry(self, held: Held) -> None:
        """See the module."""
        try:
            if not held.partition.ready.is_set():
                with self.pulse.waiting():
                    await held.partition.ready.wait()
            await self._carry(held)
        except Revoked:
            return
        except asyncio.CancelledError:
            raise
        except Exception:
            # A bug must not pass for a delivered event: the offset stays, and with it the event, until it is mended.
            log.exception("event.stuck", partition=held.partition.number, offset=held.offset)
            await asyncio.Event().wait()

    async def _carry(self, held: Held) -> None:
        started_ms = int(time.time() * 1000)
        memory = self._receipts.memory(held.partition)
        try:
            event = self._carrier.event.model_validate_json(held.value or b"")
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            field = ".".join(str(part) for part in first["loc"]) or "value"
            poison = DeadLettered("poison", f"{field}: {first['msg']}")
            if not await self._known(held, memory, _poison_id(held)):
                await self._bury(held, poison, started_ms)
                memory.note(_poison_id(held))
                await self._remember(held, None, poison)
            return
        if event.accepted_at - MARGIN_MS < memory.read_from_ms:
            with self.pulse.waiting():
                await reach_back_until_read(self._receipts, held.partition, event.accepted_at)
        if await self._known(held, memory, event.event_id):
            return
        ending = await self.attempts.decide(held, event, memory)
        if isinstance(ending, DeadLettered):
            await self._bury(held, ending, started_ms)
            await self._tell(held, event, ending)
        self._count(event, ending)
        # From here on a copy of the event behind this one is a repeat, confirmed receipt or not.
        memory.note(event.event_id)
        if isinstance(ending, Delivered):
            self._leave_to_link(event, ending.link)
        await self._remember(held, event, ending)

    async def _known(self, held: Held, memory: Memory, event_id: str) -> bool:
        """Whether the event is done already; then it is finished when Kafka has its receipt."""
        if not memory.knows(event_id):
            return False
        self._repeated.inc()
        receipt = memory.left_behind(event_id, held.partition.epoch)
        if receipt is None:
            held.partition.finish(held.offset)
        else:  # done in an epoch that ended before Kafka took the receipt: whoever comes after us must know as well
            await self._write(held, memory, receipt)
        return True

    async def refusal(self, held: Held, event: Event, vendor_id: str) -> None:
        """See `attempts.Remember`."""
        await self._write_now(held, event, event.event_id, ReceiptOutcome.REFUSED, vendor_id)

    async def part(self, held: Held, event: Event, part_id: str, link: Link | None) -> None:
        """See `attempts.Remember`."""
        self._leave_to_link(event, link)
        await self._linked(held.partition, event.event_id)
        await self._write_now(held, event, part_id, ReceiptOutcome.PART, None)

    async def _write_now(
        self, held: Held, event: Event, event_id: str, outcome: ReceiptOutcome, request_id: str | None
    ) -> None:
        receipt = Receipt(
            event_id=event_id,
            outcome=outcome,
            conversation_id=event.conversation_id,
            offset=held.offset,
            at=int(time.time() * 1000),
            request_id=request_id,
        )
        with self.pulse.waiting():
            await self._receipt_writer.write_now(held.partition, held.key, receipt)

    async def _bury(self, held: Held, ending: DeadLettered, first_at_ms: int) -> None:
        while True:
            try:
                await self._dead_letters.write(held, ending, first_at_ms)
            except KafkaUnavailable:
                await self._pause_for_kafka(held.partition)
            else:
                metrics.DEAD_LETTERED.labels(self._carrier.name, ending.kind).inc()
                return

    async def _tell(self, held: Held, event: Event, ending: DeadLettered) -> None:
        """The other side learns of a dead letter by an event of its own, so that only one agent calls that vendor."""
        told = self._carrier.told(event, ending)
        if told is None:
            return
        record = record_of(told)
        headers = self._cloud_events.headers(told.event_id, CE_TYPES[type(told)], told.accepted_at)
        topic = self._prefix + record.topic
        while True:
            try:
                await self._producer.send(topic, encode(told), key=record.key.encode(), headers=headers)
            except KafkaUnavailable:
                await self._pause_for_kafka(held.partition)
            else:
                return

    async def _pause_for_kafka(self, partition: Partition) -> None:
        if not partition.current:
            raise Revoked
        with self.pulse.waiting():
            await asyncio.sleep(KAFKA_RETRY_S)

    def _count(self, event: Event, ending: Ending) -> None:
        if isinstance(ending, Delivered):
            self._delivered.inc()
            self._latency.observe(max(0.0, time.time() - event.accepted_at / 1000))
        elif isinstance(ending, Skipped):
            metrics.SKIPPED.labels(self._carrier.name, ending.reason).inc()

    async def _remember(self, held: Held, event: Event | None, ending: Ending) -> None:
        """Hand over the receipt: the lane goes on, the acknowledgement waits for Kafka. Links come before it."""
        partition = held.partition
        now = int(time.time() * 1000)
        memory = self._receipts.memory(partition)
        fields = self._carrier.remembered(event, ending, memory) if event is not None else {}
        receipt = Receipt(
            event_id=event.event_id if event else _poison_id(held),
            outcome=RECEIPT_OUTCOMES[type(ending)],
            conversation_id=event.conversation_id if event else "",
            offset=held.offset,
            attempts=ending.attempts,
            latency_ms=max(0, now - event.accepted_at) if event else 0,
            at=now,
            **fields,
        )
        await self._write(held, memory, receipt)

    async def _write(self, held: Held, memory: Memory, receipt: Receipt) -> None:
        memory.unconfirmed(receipt, held.partition.epoch)  # first: links may outlast the epoch, and are left behind too
        await self._linked(held.partition, receipt.event_id)
        self._receipt_writer.write(
            held.partition, held.offset, held.key, receipt, lambda: memory.confirmed(receipt.event_id)
        )

    def _leave_to_link(self, event: Event, link: Link | None) -> None:
        if link is not None:
            self._unlinked.setdefault(event.event_id, []).append(link)

    async def _linked(self, partition: Partition, event_id: str) -> None:
        """Link what an event has left to be linked. If the partition goes meanwhile, that stays for its next epoch."""
        if event_id not in self._unlinked:
            return
        partition.unconfirmed += 1
        try:
            with self.pulse.waiting():
                for link in self._unlinked[event_id]:
                    await link()
        finally:
            partition.unconfirmed -= 1
        self._unlinked.pop(event_id, None)


def _poison_id(held: Held) -> str:
    return f"poison.{held.partition.number}.{held.offset}"
