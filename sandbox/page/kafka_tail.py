"""Reads every topic of the table as it grows, as nobody's consumer group. Kafka away is a state, never an exception."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Iterable
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from bridge.errors import ConfigurationError, KafkaUnavailable
from bridge.kafka.admin import TopicState, describe_topics
from bridge.kafka.closing import close, ends_this_task
from bridge.kafka.security import client_arguments
from bridge.settings import Settings

SHOWN_AT_FIRST = 60  # records, over all topics
VALUE_LIMIT = 16_384  # bytes of a value or header that are shown
LOOK_AT_TOPICS_EVERY_S = 3.0
AGAIN_AFTER_S = 1.0
POLL_MS = 250
CATCH_UP_WITHIN_S = 5.0

Record = dict[str, Any]


class KafkaTail:
    """`records` is told of new records in batches, `state` of how it stands: a word and what is missing."""

    def __init__(
        self, settings: Settings, records: Callable[[list[Record]], None], state: Callable[[str, list[str]], None]
    ) -> None:
        self._settings = settings
        self._records = records
        self._state = state
        self._next: dict[TopicPartition, int] = {}

    async def run(self) -> None:
        """Read until cancelled."""
        logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # an absent broker is said once, on the page
        while True:
            try:
                await self._session()
            except (KafkaUnavailable, KafkaError, ConfigurationError, OSError, TimeoutError):
                self._state("away", [])
            except asyncio.CancelledError as error:
                if ends_this_task(error):
                    raise
                self._state("away", [])
            await asyncio.sleep(AGAIN_AFTER_S)

    async def _session(self) -> None:
        """Read with one consumer until Kafka fails. Raises what that raises."""
        topics = await describe_topics(self._settings)
        consumer = AIOKafkaConsumer(
            **client_arguments(self._settings),
            enable_auto_commit=False,
            auto_offset_reset="latest",
            fetch_max_wait_ms=POLL_MS,
            client_id="edna-amocrm-sandbox-page",
        )
        try:
            async with asyncio.timeout(CATCH_UP_WITHIN_S * 2):
                await consumer.start()
                await self._assign(consumer, topics)
            while True:
                await self._read_for(consumer, LOOK_AT_TOPICS_EVERY_S)
                now = await describe_topics(self._settings)
                if _partitions(now) != _partitions(topics):
                    topics = now
                    await self._assign(consumer, topics)
                self._say(topics)
        finally:
            await close(consumer.stop, within_s=1.0)

    async def _assign(self, consumer: AIOKafkaConsumer, topics: list[TopicState]) -> None:
        """Take all partitions; those seen for the first time begin a little before their end."""
        wanted = _partitions(topics)
        if not wanted:
            self._say(topics)
            return
        consumer.assign(sorted(wanted))
        begins = await consumer.beginning_offsets(list(wanted))
        ends = await consumer.end_offsets(list(wanted))
        first = not self._next
        behind = {}
        for one in wanted:
            known = self._next.get(one)
            # A topic that was made anew begins at 0 again.
            fits = known is not None and begins[one] <= known <= ends[one]
            offset = known if fits and known is not None else max(begins[one], ends[one] - SHOWN_AT_FIRST)
            consumer.seek(one, offset)
            self._next[one] = offset
            if offset < ends[one]:
                behind[one] = ends[one]
        if first:
            found = await self._catch_up(consumer, behind)
            self._records(sorted(found, key=lambda record: record["at"])[-SHOWN_AT_FIRST:])
        self._say(topics)

    async def _catch_up(self, consumer: AIOKafkaConsumer, behind: dict[TopicPartition, int]) -> list[Record]:
        found: list[Record] = []
        deadline = asyncio.get_running_loop().time() + CATCH_UP_WITHIN_S
        while (
            any(self._next[one] < end for one, end in behind.items()) and asyncio.get_running_loop().time() < deadline
        ):
            found += await self._poll(consumer)
        return found

    async def _read_for(self, consumer: AIOKafkaConsumer, seconds: float) -> None:
        deadline = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < deadline:
            if not consumer.assignment():
                await asyncio.sleep(POLL_MS / 1000)
                continue
            found = await self._poll(consumer)
            if found:
                self._records(sorted(found, key=lambda record: record["at"]))

    async def _poll(self, consumer: AIOKafkaConsumer) -> list[Record]:
        found = []
        for partition, records in (await consumer.getmany(timeout_ms=POLL_MS)).items():
            for record in records:
                self._next[partition] = record.offset + 1
                found.append(described(record, self._settings.topic_prefix))
        return found

    def _say(self, topics: Iterable[TopicState]) -> None:
        missing = [state.name for state in topics if not state.partitions]
        self._state("missing" if missing else "ok", missing)


def described(record: Any, prefix: str) -> Record:
    """A record as the page shows it."""
    return {
        "topic": record.topic.removeprefix(prefix),
        "partition": record.partition,
        "offset": record.offset,
        "at": record.timestamp,
        "key": _text(record.key),
        "headers": [[name, _text(value)] for name, value in record.headers],
        "value": _value(record.value),
    }


def _partitions(topics: Iterable[TopicState]) -> set[TopicPartition]:
    return {TopicPartition(state.name, number) for state in topics for number in range(state.partitions)}


def _text(raw: bytes | None) -> str:
    return (raw or b"")[:VALUE_LIMIT].decode(errors="replace")


def _value(raw: bytes | None) -> Any:
    if raw is None or len(raw) > VALUE_LIMIT:
        return _text(raw)
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return _text(raw)
