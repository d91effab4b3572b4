"""The delivery of one direction: assignment, intake with its caps, draining and committing.

Three caps keep memory flat (I7): attempts in flight (in `attempts`), events held with their payload over all
partitions, and the un-acked span of each partition. Offsets are committed from the trackers only (I3); what Faust
thinks of acknowledgements is never asked.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Protocol

import structlog

from bridge.kafka.closing import ends_this_task
from bridge.kafka.producer import Producer
from bridge.settings import Settings
from streams import metrics
from streams.delivery.courier import Courier
from streams.delivery.lanes import Lanes
from streams.delivery.liveness import Liveness
from streams.delivery.outcome import Carrier
from streams.delivery.partition import Held, Partition
from streams.delivery.receipts import Receipts, load_until_read

log = structlog.get_logger(__name__)

RESUME_AT = 0.8
CONVERSATION_ALARM = 500  # events waiting in one lane
FULL_ALARM_S = 30.0  # a burst is over sooner
REVOKE_DRAIN_S = 3.0
STOP_DRAIN_S = 5.5
COMMIT_WITHIN_S = 1.0
COMMIT_EVERY_S = 1.0
DRAIN_POLL_S = 0.01


class Consumer(Protocol):
    """What the delivery needs of whoever reads the topic. Numbers are partitions of the one source topic."""

    async def committed(self, numbers: Iterable[int]) -> Mapping[int, int | None]:
        """The committed offset of each partition, None where there is none."""

    async def commit(self, offsets: Mapping[int, int]) -> None:
        """Commit explicitly. Raises when Kafka does not take it."""

    def pause(self, number: int) -> None:
        """Fetch no more of a partition; what was fetched already still comes."""

    def resume(self, number: int) -> None:
        """Fetch again."""


class Delivery:
    """See the module. All methods run in one event loop."""

    def __init__(
        self,
        settings: Settings,
        carrier: Carrier,
        consumer: Consumer,
        liveness: Liveness,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._carrier = carrier
        self._consumer = consumer
        self.liveness = liveness
        self.producer = Producer(settings, confirm_within_s=15.0, linger_ms=3, client_id=f"edna-amocrm-{carrier.name}")
        self.receipts = Receipts(settings, carrier.name)
        self.courier = Courier(settings, carrier, self.producer, self.receipts, liveness, clock)
        self.lanes = Lanes(self.courier.carry, self._released)
        self._partitions: dict[int, Partition] = {}
        self._epoch = 0
        self._held = 0
        self._room = asyncio.Event()
        self._room.set()
        self._clock = clock
        self._full_since = 0.0
        self._alarmed = False
        self._opening: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._committing = asyncio.Lock()
        self.stopping = False
        self.joined = False
        name = carrier.name
        self._accepted = metrics.ACCEPTED.labels(name)
        metrics.HELD.labels(name).set_function(lambda: self._held)
        metrics.LANES.labels(name).set_function(lambda: self.lanes.count)

    @property
    def full_s(self) -> float:
        """For how long (s) as many events have been in hand as may be: nothing is fetched meanwhile."""
        return 0.0 if self._room.is_set() else self._clock() - self._full_since

    @property
    def held(self) -> int:
        """Events in hand with their payload."""
        return self._held

    @property
    def partitions(self) -> Mapping[int, Partition]:
        """The partitions of the current assignment."""
        return self._partitions

    async def start(self) -> None:
        """Open connections and begin to commit once a second."""
        await self.producer.start()
        await self._carrier.start(self.producer)
        self._spawn(self._commit_forever())

    async def assign(self, numbers: Iterable[int]) -> None:
        """Partitions arrive: a new epoch begins. Their lanes open when their receipts have been read."""
        left = self._partitions.values()  # none when a revocation came before, as it always should
        for partition in left:
            partition.draining, partition.current = True, False
        self._epoch += 1
        arrived = [Partition(number, self._epoch) for number in sorted(numbers)]
        # Before anything is awaited: a record that came for an old one would be dropped, and the next one acknowledged.
        self._partitions = {partition.number: partition for partition in arrived}
        await self._drop(left)
        self.joined = True
        if not self._room.is_set():  # a new assignment begins unpaused
            for number in self._partitions:
                self._consumer.pause(number)
        if self._carrier.links is not None:
            self._carrier.links.assign(self._partitions)
        self._opening = self._spawn(self._open(arrived))
        log.info("partitions.assigned", epoch=self._epoch, partitions=[partition.number for partition in arrived])

    async def revoke(self) -> None:
        """Partitions go: no new attempt, a short drain, an explicit commit, the rest is dropped for its next owner."""
        await self._end_epoch(drain_s=REVOKE_DRAIN_S)

    async def take(
        self,
        number: int,
        offset: int,
        key: bytes | None,
        value: bytes | None,
        headers: Iterable[tuple[str, bytes]],
        timestamp_ms: int,
    ) -> None:
        """Hand a record to its lane; waits while too many events are held. Never raises but to be cancelled."""
        partition = self._partitions.get(number)
        if partition is None or partition.draining or not partition.tracker.accept(offset):
            return  # not ours any more, or read a second time: it stays uncommitted, or is in hand already
        self._accepted.inc()
        self._held += 1
        waiting = self.lanes.put(Held(partition, offset, key, value, tuple(headers), timestamp_ms))
        if waiting >= CONVERSATION_ALARM:
            self._pause(partition, "conversation")
        elif partition.tracker.span >= self._settings.unacked_span:
            self._pause(partition, "span")
        if self._held >= self._settings.events_held:
            self._hold()
            await self._room.wait()

    async def stop(self) -> None:
        """Drain, commit, close; within the stop budget whether Kafka and the vendor answer or not (I6)."""
        self.stopping = True
        await self._end_epoch(drain_s=STOP_DRAIN_S)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.5):
                await self._carrier.close()
        await self.producer.stop(within_s=0.3)

    async def commit(self) -> None:
        """Commit what the trackers allow. Raises what the consumer raises."""
        async with self._committing:
            offsets = {
                number: partition.tracker.committable
                for number, partition in self._partitions.items()
                if partition.tracker.committable is not None and partition.tracker.committable != partition.committed
            }
            if not offsets:
                return
            partitions = self._partitions
            await self._consumer.commit(offsets)
            for number, offset in offsets.items():
                partitions[number].committed = offset

    async def _open(self, partitions: list[Partition]) -> None:
        while True:
            try:
                committed = await self._consumer.committed([partition.number for partition in partitions])
            except (Exception, asyncio.CancelledError) as error:  # whatever it is: Kafka is away, ask again
                if ends_this_task(error):
                    raise
                log.warning("offsets.unread", why=repr(error))
                await asyncio.sleep(0.5)
                if not any(partition.current for partition in partitions):
                    return
            else:
                break
        for partition in partitions:
            partition.committed = committed.get(partition.number)
        if self._carrier.links is not None:
            await self._carrier.links.caught_up()
        await load_until_read(self.receipts, partitions)

    async def _end_epoch(self, drain_s: float) -> None:
        ending = self._partitions
        partitions = list(ending.values())
        if not partitions:
            return
        for partition in partitions:
            partition.draining = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(drain_s):
                while any(partition.busy for partition in partitions):  # noqa: ASYNC110 - counters of many tasks
                    await asyncio.sleep(DRAIN_POLL_S)
        try:
            async with asyncio.timeout(COMMIT_WITHIN_S):
                await self.commit()
        except (Exception, asyncio.CancelledError) as error:
            if ends_this_task(error):  # else the group would lose its member with this call
                raise
            # Not committed means done again, and known from the receipts.
            log.warning("offsets.uncommitted", why=repr(error))
        for partition in partitions:
            partition.current = False
        await self._drop(partitions)
        if self._partitions is ending:  # else the next assignment was quicker
            self._partitions = {}
        log.info("partitions.revoked", epoch=self._epoch)

    async def _drop(self, partitions: Iterable[Partition]) -> None:
        """Let go of what is left of an epoch: its lanes, and the reading of its receipts into what we remember."""
        if self._opening is not None:
            self._opening.cancel()
        await asyncio.gather(*(self.lanes.drop(partition) for partition in partitions))

    async def _commit_forever(self) -> None:
        while True:
            await asyncio.sleep(COMMIT_EVERY_S)
            try:
                self._look()
                async with asyncio.timeout(15.0):
                    await self.commit()
            except (Exception, asyncio.CancelledError) as error:
                if ends_this_task(error):
                    raise
                # Tried again in a second; what is uncommitted is only repeated.
                log.warning("offsets.uncommitted", why=repr(error))

    def _look(self) -> None:
        """Once a second: how far behind each partition is, which of them may go on, and whether the hand stays full."""
        for number, partition in self._partitions.items():
            metrics.SPAN.labels(self._carrier.name, number).set(partition.tracker.span)
            self._maybe_resume(partition)
        if self.full_s > FULL_ALARM_S and not self._alarmed:
            self._alarmed = True
            stuck = [channel.facts() for channel in self.courier.attempts.channels.open()]
            log.error("hand.full", held=self._held, seconds=round(self.full_s), breakers=stuck)

    def _hold(self) -> None:
        """Too many events in hand: neither take what was fetched nor fetch more, or it would pile up behind us."""
        if self._room.is_set():
            self._room.clear()
            self._full_since, self._alarmed = self._clock(), False
            for number in self._partitions:
                self._consumer.pause(number)

    def _released(self, _held: Held) -> None:
        self._held -= 1
        if not self._room.is_set() and self._held <= self._settings.events_held * RESUME_AT:
            self._room.set()
            for number, partition in self._partitions.items():
                if not partition.paused and not partition.draining:
                    self._consumer.resume(number)

    def _pause(self, partition: Partition, why: str) -> None:
        self._consumer.pause(partition.number)
        if not partition.paused:
            partition.paused = True
            metrics.PAUSED.labels(self._carrier.name, why).inc()
            log.error("partition.paused", partition=partition.number, why=why, span=partition.tracker.span)

    def _maybe_resume(self, partition: Partition) -> None:
        if (
            partition.paused
            and partition.tracker.span <= self._settings.unacked_span * RESUME_AT
            and self.lanes.longest(partition) <= CONVERSATION_ALARM * RESUME_AT
        ):
            partition.paused = False
            if self._room.is_set():
                self._consumer.resume(partition.number)

    def _spawn(self, coroutine: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
