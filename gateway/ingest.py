"""Accepted events become records, and are handed over to be stored: in Kafka, or in the spool.

`accepted_at` is set and the record handed over with no `await` between, so that what is accepted later is also written
later (I2). Nothing counts as stored before Kafka has confirmed it or the disk has it (I1). A webhook of many elements
is answered within ANSWER_WITHIN_S as well, however its parts fare.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import NamedTuple

from prometheus_client import Counter

from bridge import topics
from bridge.cloud_events import CloudEvents
from bridge.errors import KafkaUnavailable, TooLarge
from bridge.events import Quarantined, encode
from bridge.ids import digest
from bridge.kafka.producer import BatchRecord
from bridge.records import CE_TYPE_QUARANTINED, CE_TYPES, Record
from bridge.settings import Settings
from gateway import metrics
from gateway.acceptance import Acceptance
from gateway.writer import Writer

CONFIRM_WITHIN_S = 2.0
AT_ONCE = 500  # records of one webhook; each has CONFIRM_WITHIN_S, and thousands at once would spend it in the queue
ANSWER_WITHIN_S = 4.5


class _Written(NamedTuple):
    """A record that was handed over, and what counts it once it is stored."""

    confirmed: asyncio.Future[None]
    counter: Counter


class Ingest:
    """The way in, for all webhooks of a process."""

    def __init__(self, settings: Settings, writer: Writer) -> None:
        self._writer = writer
        self._prefix = settings.topic_prefix
        self._acceptance = Acceptance()
        self._accepted = {topic: metrics.ACCEPTED.labels(topic) for topic in topics.DIRECTIONS}
        self._cloud_events = CloudEvents(settings.instance)

    async def store(self, records: Sequence[Record], aside: Sequence[Quarantined] = ()) -> None:
        """Store all, in this order. Raises KafkaUnavailable when any is not stored, TooLarge when any never can be.

        Some may be stored when it raises; a repeat of the webhook makes the same event ids (I4).
        """
        if len(records) == 1 and not aside:
            await self._stored(self._accept(records[0]))
            return
        waiting: list[Record | Quarantined] = [*records, *aside]
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                for first in range(0, len(waiting), AT_ONCE):
                    await self._store_all(waiting[first : first + AT_ONCE])
        except TimeoutError:
            raise KafkaUnavailable(f"not all of {len(waiting)} elements were stored in time") from None

    async def keep_refused(self, quarantined: Quarantined) -> None:
        """Store a webhook that is refused, in Kafka or not at all. Raises as `store` does."""
        await self._stored(self._set_aside(quarantined, only_kafka=True))

    async def _store_all(self, chunk: Sequence[Record | Quarantined]) -> None:
        # All are stamped and handed over before anything is awaited.
        written = [self._accept(each) if isinstance(each, Record) else self._set_aside(each) for each in chunk]
        outcomes = await asyncio.gather(*map(self._stored, written), return_exceptions=True)
        failures = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        for failure in failures:
            if not isinstance(failure, TooLarge):
                raise failure
        if failures:
            raise failures[0]

    def _accept(self, record: Record) -> _Written:
        event = record.event
        accepted_at = self._acceptance.next(event.conversation_id or record.key)
        stamped = event.model_copy(update={"accepted_at": accepted_at})
        headers = self._cloud_events.headers(event.event_id, CE_TYPES[type(event)], accepted_at)
        batch_record = BatchRecord(record.key.encode(), encode(stamped), headers)
        confirmed = self._writer.hand_over(self._prefix + record.topic, batch_record, accepted_at)
        return _Written(confirmed, self._accepted[record.topic])

    def _set_aside(self, quarantined: Quarantined, *, only_kafka: bool = False) -> _Written:
        event_id = f"quarantine.{digest(quarantined.reason, quarantined.path, quarantined.body)}"
        headers = self._cloud_events.headers(event_id, CE_TYPE_QUARANTINED, quarantined.accepted_at)
        record = BatchRecord(None, encode(quarantined), headers)
        topic = self._prefix + topics.QUARANTINE
        confirmed = self._writer.hand_over(topic, record, quarantined.accepted_at, only_kafka=only_kafka)
        return _Written(confirmed, metrics.QUARANTINED.labels(quarantined.reason.value))

    async def _stored(self, written: _Written) -> None:
        """Wait until a record that was handed over is stored."""
        started = time.perf_counter()
        try:
            await written.confirmed
        except KafkaUnavailable:
            metrics.UNSTORED.inc()
            raise
        except ValueError:
            raise TooLarge("what this webhook becomes is larger than Kafka takes") from None
        metrics.STORE_SECONDS.observe(time.perf_counter() - started)
        written.counter.inc()
