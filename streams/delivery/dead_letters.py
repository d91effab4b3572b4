"""Dead letters: what can never be delivered is kept whole, with its reason, and the stream goes on (I1).

The original bytes, key and headers stand in the `.dlq` topic, in the partition with the number of the source, with
`dlq-*` headers that tell why. The reason holds nothing personal.
"""

from __future__ import annotations

import time

import structlog

from bridge.kafka.producer import Producer
from bridge.settings import Settings
from bridge.topics import dead_letters_of
from streams.delivery.outcome import DeadLettered
from streams.delivery.partition import Held

log = structlog.get_logger(__name__)

VERSION = "1"


class DeadLetters:
    """Writes the dead letters of one direction."""

    def __init__(self, settings: Settings, direction: str, producer: Producer) -> None:
        self._source = settings.topic_prefix + direction
        self._topic = settings.topic_prefix + dead_letters_of(direction)
        self._producer = producer

    async def write(self, held: Held, ending: DeadLettered, first_at_ms: int) -> None:
        """Write one and wait for Kafka. Raises KafkaUnavailable."""
        now = int(time.time() * 1000)
        facts = {
            "dlq-class": ending.kind,
            "dlq-reason": ending.reason,
            "dlq-http-status": "" if ending.status is None else str(ending.status),
            "dlq-attempts": str(ending.attempts),
            "dlq-first-at": str(first_at_ms),
            "dlq-last-at": str(now),
            "dlq-source": f"{self._source}/{held.partition.number}/{held.offset}",
            "dlq-version": VERSION,
        }
        headers = [*held.headers, *((name, value.encode()) for name, value in facts.items())]
        await self._producer.send(
            self._topic, held.value or b"", key=held.key, headers=headers, partition=held.partition.number
        )
        log.error(
            "event.dead_lettered",
            kind=ending.kind,
            reason=ending.reason,
            partition=held.partition.number,
            offset=held.offset,
            topic=self._topic,
        )
