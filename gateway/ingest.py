"""Where accepted events go: Kafka, confirmed, or KafkaUnavailable.

`accepted_at` is set and the record handed over with no `await` between, so that what is accepted later is also written
later (I2). Nothing counts as stored before Kafka has confirmed it (I1). A spool, where Kafka's silence need not be an
error, has its place here: behind `Ingest.store`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from prometheus_client import Counter

from bridge import topics
from bridge.errors import KafkaUnavailable, TooLarge
from bridge.events import Quarantined, encode
from bridge.ids import digest
from bridge.kafka.group_commit import GroupCommit
from bridge.kafka.producer import BatchRecord, Producer
from bridge.records import CE_TYPE_QUARANTINED, CE_TYPES, Record
from bridge.settings import Settings
from gateway import metrics
from gateway.acceptance import Acceptance, now_ms
from gateway.kafka_watch import KafkaWatch

CONFIRM_WITHIN_S = 2.0
AT_ONCE = 500  # records of one webhook; each has CONFIRM_WITHIN_S, and thousands at once would spend it in the queue


class _Written(NamedTuple):
    """A record that was handed over, and what counts it once Kafka has it."""

    confirmed: asyncio.Future[None]
    counter: Counter


class Ingest:
    """The way into Kafka, for all webhooks of a process."""

    def __init__(self, settings: Settings, producer: Producer, watch: KafkaWatch) -> None:
        self._commits = GroupCommit(producer)
        self._watch = watch
        self._prefix = settings.topic_prefix
        self._acceptance = Acceptance()
        self._accepted = {topic: metrics.ACCEPTED.labels(topic) for topic in topics.DIRECTIONS}
        self._sequence = 0
        source = f"{settings.instance}/{now_ms()}"
        self._constant_headers = [
            ("ce_specversion", b"1.0"),
            ("ce_source", source.encode()),
            ("content-type", b"application/json"),
        ]

    async def store(self, records: Sequence[Record], aside: Sequence[Quarantined] = ()) -> None:
        """Store all, in this order. Raises KafkaUnavailable when any is not confirmed, TooLarge when any never can be.

        Some may be stored when it raises; a repeat of the webhook makes the same event ids (I4).
        """
        if not self._watch.has_topics:
            raise KafkaUnavailable(self._watch.problem)
        if len(records) == 1 and not aside:
            await self._confirmed(self._accept(records[0]))
            return
        waiting: list[Record | Quarantined] = [*records, *aside]
        for first in range(0, len(waiting), AT_ONCE):
            await self._store_all(waiting[first : first + AT_ONCE])

    async def _store_all(self, chunk: Sequence[Record | Quarantined]) -> None:
        # All are stamped and handed over before anything is awaited.
        written = [self._accept(each) if isinstance(each, Record) else self._set_aside(each) for each in chunk]
        outcomes = await asyncio.gather(*map(self._confirmed, written), return_exceptions=True)
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
        headers = self._headers(event.event_id, CE_TYPES[type(event)], accepted_at)
        batch_record = BatchRecord(record.key.encode(), encode(stamped), headers)
        return _Written(self._commits.write(self._prefix + record.topic, batch_record), self._accepted[record.topic])

    def _set_aside(self, quarantined: Quarantined) -> _Written:
        event_id = f"quarantine.{digest(quarantined.reason, quarantined.path, quarantined.body)}"
        headers = self._headers(event_id, CE_TYPE_QUARANTINED, quarantined.accepted_at)
        confirmed = self._commits.write(
            self._prefix + topics.QUARANTINE, BatchRecord(None, encode(quarantined), headers)
        )
        return _Written(confirmed, metrics.QUARANTINED.labels(quarantined.reason.value))

    async def _confirmed(self, written: _Written) -> None:
        """Wait for Kafka's word about a record that was handed over."""
        started = time.perf_counter()
        try:
            await written.confirmed
        except KafkaUnavailable:
            metrics.UNCONFIRMED.inc()
            raise
        except ValueError:
            raise TooLarge("what this webhook becomes is larger than Kafka takes") from None
        metrics.PRODUCE_SECONDS.observe(time.perf_counter() - started)
        written.counter.inc()

    def _headers(self, event_id: str, ce_type: str, accepted_at: int) -> list[tuple[str, bytes]]:
        """CloudEvents names; nothing personal may stand here."""
        self._sequence += 1
        second, millisecond = divmod(accepted_at, 1000)
        return [
            ("ce_id", event_id.encode()),
            ("ce_type", ce_type.encode()),
            ("ce_sequence", b"%d" % self._sequence),
            ("ce_time", b"%s.%03dZ" % (_second(second), millisecond)),
            *self._constant_headers,
        ]


@lru_cache(maxsize=4)
def _second(at: int) -> bytes:
    """A second as ISO 8601 without a zone: the same for all that is accepted within it."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S").encode()
