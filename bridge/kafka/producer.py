"""A producer that never hangs, on top of aiokafka's idempotent one.

aiokafka's idempotent producer keeps a batch for ever, its `stop()` waits for ever while Kafka is away, and a sender
task that died is not revived. So each `send` has a deadline, and the first one that is missed ends that producer:
everything unconfirmed fails at once with KafkaUnavailable, its sender is cancelled, its sockets are closed without a
flush, and a new one is probed for in the background. A record that was reported as failed may still be in Kafka;
whoever sends it again uses the same event id, so that it counts once (I4).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from bridge.errors import KafkaUnavailable
from bridge.kafka.batches import BatchRecord, Headers, by_partition, written
from bridge.kafka.closing import ends_this_task
from bridge.kafka.security import client_arguments
from bridge.settings import Settings

__all__ = ["BatchRecord", "Headers", "Position", "Producer"]

log = structlog.get_logger(__name__)

PROBE_EVERY_S = 0.5
REQUEST_TIMEOUT_S = 15.0
CONNECT_WITHIN_S = 10.0
BATCH_BYTES = 65_536  # of one partition in one request
METADATA_AGE_MS = 30_000  # until added partitions are known to all; the default is 5 min of mixed old and new


@dataclass(frozen=True, slots=True)
class Position:
    """Where a confirmed record stands."""

    partition: int
    offset: int


class Producer:
    """Sends records with `acks=all` and waits for the broker, but never longer than `confirm_within_s`."""

    def __init__(
        self, settings: Settings, *, confirm_within_s: float, linger_ms: int = 0, client_id: str = "edna-amocrm"
    ) -> None:
        self.confirm_within_s = confirm_within_s
        self._arguments: dict[str, Any] = {
            **client_arguments(settings),
            "client_id": client_id,
            "acks": "all",
            "enable_idempotence": True,
            "linger_ms": linger_ms,
            "request_timeout_ms": int(REQUEST_TIMEOUT_S * 1000),
            "max_request_size": 4 * 1_048_576,
            "max_batch_size": BATCH_BYTES,
            "metadata_max_age_ms": METADATA_AGE_MS,
        }
        self._current: AIOKafkaProducer | None = None
        self._pending: set[asyncio.Future[Any]] = set()  # confirmations that somebody waits for
        self._turn = asyncio.Lock()
        self._probe: asyncio.Task[None] | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._stopped = False

    @property
    def connected(self) -> bool:
        """Whether a producer is at hand that has not missed a deadline."""
        return self._current is not None

    async def start(self) -> None:
        """Begin to connect in the background; returns at once and never raises because Kafka is away."""
        self._stopped = False
        if self._probe is None or self._probe.done():
            self._probe = asyncio.create_task(self._connect_until_there(), name="kafka-producer-probe")

    async def wait_connected(self, within_s: float) -> bool:
        """Wait for the first connection, at most `within_s`; tells whether it is there."""
        if self._probe is not None and not self.connected:
            await asyncio.wait({self._probe}, timeout=within_s)
        return self.connected

    async def renew(self, why: str, within_s: float) -> None:
        """Give this connection up and wait for another one. Raises KafkaUnavailable when there is none in time.

        For whoever has to go on after a ValueError: aiokafka's idempotent producer loses its sequence when a broker
        refuses a batch, so that the partition takes nothing of it any more.
        """
        if self._current is not None:
            self._give_up(self._current, why)
        if not await self.wait_connected(within_s):
            raise KafkaUnavailable("no connection to Kafka")

    async def send(
        self,
        topic: str,
        value: bytes | None,
        *,
        key: bytes | None = None,
        headers: Headers = (),
        partition: int | None = None,
        timestamp_ms: int | None = None,
    ) -> Position:
        """Write one record and return where it stands once all in-sync replicas have it. None is a tombstone.

        Calls are written to a partition in the order in which they were made. Raises KafkaUnavailable at the latest
        `confirm_within_s` after the call, or at once while there is no connection; the outcome is then unknown. Raises
        ValueError when Kafka can never take the record (too large).
        """
        producer = self._connected_one()
        async with self._deadline(producer):
            # In turn: of several calls that wait for room in a full batch, aiokafka could let a later one pass.
            async with self._turn:
                confirmation = await producer.send(
                    topic, value, key=key, partition=partition, headers=list(headers), timestamp_ms=timestamp_ms
                )
            metadata = await self._confirmed(confirmation)
        return Position(metadata.partition, metadata.offset)

    async def send_batch(
        self,
        topic: str,
        records: Sequence[BatchRecord],
        *,
        partition: int | None = None,
        within_s: float | None = None,
    ) -> None:
        """Write many records and return once Kafka has them all; those of one partition stand in this order.

        Without `partition` each goes where its key belongs, as with `send`. Costs a fraction of as many `send`s. Not to
        be mixed with `send` to the same partition, which may pass it. Raises as `send` does, after `within_s` instead
        of `confirm_within_s` if given; some of the records may be written then.
        """
        producer = self._connected_one()
        async with self._deadline(producer, within_s):
            parted: Mapping[int, Sequence[BatchRecord]]
            if partition is not None:
                parted = {partition: records}
            else:
                parted = by_partition(records, sorted(await producer.partitions_for(topic)))
            async with written(producer, topic, parted) as confirmation:
                await self._confirmed(confirmation)

    def _connected_one(self) -> AIOKafkaProducer:
        if self._current is None:
            raise KafkaUnavailable("no connection to Kafka")
        return self._current

    async def _confirmed(self, confirmation: asyncio.Future[Any]) -> Any:
        """Wait for Kafka's word, or for the end of this producer, which fails what it has not confirmed."""
        self._pending.add(confirmation)
        try:
            return await confirmation
        finally:
            self._pending.discard(confirmation)

    @contextlib.asynccontextmanager
    async def _deadline(self, producer: AIOKafkaProducer, within_s: float | None = None) -> AsyncIterator[None]:
        """Bound what is in it, and end the producer that misses its deadline or fails."""
        within_s = self.confirm_within_s if within_s is None else within_s
        try:
            async with asyncio.timeout(within_s):
                yield
        except TimeoutError:
            self._give_up(producer, f"no confirmation within {within_s:.1f} s")
            raise KafkaUnavailable(f"Kafka did not confirm within {within_s:.1f} s") from None
        except MessageSizeTooLargeError as error:
            raise ValueError(str(error)) from None
        except (KafkaError, AssertionError, asyncio.CancelledError) as error:  # it asserts that a partition exists,
            if ends_this_task(error):  # and lets cancellations of its own tasks through
                raise
            self._give_up(producer, repr(error))
            raise KafkaUnavailable(f"Kafka did not take the record: {error!r}") from None

    async def stop(self, within_s: float = 2.0) -> None:
        """Close the connection; what is unconfirmed after `within_s` is given up. Never hangs, never raises."""
        self._stopped = True
        if self._probe is not None:
            self._probe.cancel()
            await asyncio.gather(self._probe, return_exceptions=True)
        producer, self._current = self._current, None
        if producer is not None:
            with contextlib.suppress(TimeoutError, KafkaError, OSError):
                async with asyncio.timeout(within_s):
                    await producer.flush()
            self._fail_pending()
            await _abandon(producer)
        if self._closing:
            await asyncio.wait(self._closing, timeout=1.0)

    def _give_up(self, producer: AIOKafkaProducer, why: str) -> None:
        if producer is not self._current:
            return  # somebody else's missed deadline has ended it already
        log.warning("kafka.producer.given_up", why=why)
        self._current = None
        self._fail_pending()
        task = asyncio.create_task(_abandon(producer), name="kafka-producer-abandon")
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
        if not self._stopped:
            self._probe = asyncio.create_task(self._connect_until_there(), name="kafka-producer-probe")

    def _fail_pending(self) -> None:
        for confirmation in self._pending:
            if not confirmation.done():
                confirmation.set_exception(KafkaUnavailable("the connection to Kafka was lost before it confirmed"))

    async def _connect_until_there(self) -> None:
        told = False
        while True:
            producer = AIOKafkaProducer(**self._arguments)
            try:
                async with asyncio.timeout(CONNECT_WITHIN_S):
                    await producer.start()
            except (Exception, asyncio.CancelledError) as error:  # whatever it is: this has to find Kafka again
                await _abandon(producer)
                if ends_this_task(error):
                    raise
                if not told:
                    log.warning("kafka.producer.waiting", why=repr(error))
                    told = True
                await asyncio.sleep(PROBE_EVERY_S)
                continue
            self._current = producer
            log.info("kafka.producer.connected")
            return


async def _abandon(producer: AIOKafkaProducer) -> None:
    """Close a producer without a flush: cancel its sender, close its sockets. Bounded, never raises."""
    producer._closed = True  # or its destructor complains; its own stop() would flush, and so wait for ever
    sender = producer._sender.sender_task
    if sender is not None:
        sender.cancel()
    with contextlib.suppress(Exception):
        async with asyncio.timeout(1.0):
            await producer.client.close()
    if sender is not None:
        await asyncio.wait({sender}, timeout=1.0)
        if sender.done() and not sender.cancelled():
            sender.exception()  # taken, so that the loop does not report it
