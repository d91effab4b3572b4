"""What every side stands on: the broker, its topics, the vendor, and a folder that goes away afterwards."""

from __future__ import annotations

import contextlib
import json
import uuid
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import NewTopic

from bridge.kafka.admin import admin_client, create_topics
from bridge.kafka.security import client_arguments
from bridge.settings import Settings, load_settings
from tests.bench.children import Child, running
from tests.bench.payloads import CREDENTIALS

PREFIX = "bench-"
KAFKA_FIELDS = tuple(name for name in Settings.model_fields if name.startswith("kafka_"))
Record = tuple[bytes, bytes]


class Vendor:
    """The vendor's process, asked over HTTP."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self.url = url
        self._session = session

    async def begin(self, delay_ms: float, *, keep: bool = False) -> None:
        """Forget everything; answer after `delay_ms` from now on."""
        await self._ask(f"/begin?delay_ms={delay_ms}&keep={int(keep)}")

    async def seen(self) -> int:
        """How many calls came."""
        return int((await self._ask("/seen"))["seen"])

    async def most_at_once(self) -> int:
        """How many calls waited for their answer at once, at most; 0 without a delay."""
        return int((await self._ask("/seen"))["most_at_once"])

    async def times(self) -> list[int]:
        """When each call came, in nanoseconds of the monotonic clock."""
        times: list[int] = await self._ask("/times")
        return times

    async def ids(self) -> list[tuple[str, int]]:
        """The id in each call, and when it came."""
        return [(name, at) for name, at in await self._ask("/ids")]

    async def says_ready(self, url: str) -> bool:
        """Whether a part of the product answers its /ready with 200."""
        async with self._session.get(f"{url}/ready") as answer:
            return answer.status == 200

    async def _ask(self, target: str) -> Any:
        async with self._session.get(self.url + target) as answer:
            return json.loads(await answer.read())


@dataclass(frozen=True, slots=True)
class Ground:
    """The broker's address, the vendor, and the folder of this bench."""

    bootstrap_servers: str
    vendor: Vendor
    folder: Path

    def settings(self, prefix: str, **changes: Any) -> Settings:
        """The product's settings on this ground: what is not given is the default, whatever the environment says."""
        kafka = load_settings()
        values = {name: getattr(kafka, name) for name in KAFKA_FIELDS} | CREDENTIALS
        values |= {"topic_prefix": prefix, "edna_base_url": self.vendor.url, "amocrm_amojo_base_url": self.vendor.url}
        values |= {"kafka_bootstrap_servers": self.bootstrap_servers}
        return Settings(_env_file=None, **_defaults() | values | changes)

    @contextlib.asynccontextmanager
    async def topics(self, **changes: Any) -> AsyncIterator[Settings]:
        """The product's topics under a prefix of their own, for the time of the block."""
        settings = self.settings(f"{PREFIX}{uuid.uuid4().hex[:8]}.", **changes)
        await create_topics(settings)
        try:
            yield settings
        finally:
            await _delete(settings, settings.topic_prefix)

    @contextlib.asynccontextmanager
    async def topic(self) -> AsyncIterator[tuple[Settings, str]]:
        """One plain topic with as many partitions as the product's, for the time of the block."""
        name = f"{PREFIX}{uuid.uuid4().hex[:8]}"
        settings = self.settings(f"{name}.")
        async with admin_client(settings, within_s=30.0) as client:
            partitions, copies = settings.topic_partitions, settings.topic_replication_factor
            await client.create_topics([NewTopic(name, num_partitions=partitions, replication_factor=copies)])
        try:
            yield settings, name
        finally:
            await _delete(settings, name)

    def part(self, name: str, settings: Settings, *command: str) -> contextlib.AbstractAsyncContextManager[Child]:
        """A part of the product as its operators start it, on a free port."""
        return running(name, command, environment(settings), self.folder)

    def side(self, name: str, *command: str, **more: str) -> contextlib.AbstractAsyncContextManager[Child]:
        """A process of the bench."""
        return running(name, command, more, self.folder)


def environment(settings: Settings) -> dict[str, str]:
    """The settings as environment variables, with ports of the system's choice."""
    found = {name.upper(): getattr(settings, name) for name in Settings.model_fields}
    values = {
        name: str(getattr(value, "get_secret_value", lambda value=value: value)())
        for name, value in found.items()
        if value is not None
    }
    return values | {"INBOUND_PORT": "0", "OUTBOUND_PORT": "0", "STATUS_PORT": "0", "GATEWAY_PORT": "0"}


async def fill(settings: Settings, topic: str, records: Iterable[Record]) -> None:
    """Write (key, value) records as fast as a client can, in order within each key."""
    producer = AIOKafkaProducer(
        **client_arguments(settings), enable_idempotence=True, linger_ms=20, max_batch_size=262_144
    )
    await producer.start()
    try:
        written = [await producer.send(topic, value, key=key) for key, value in records]
        await producer.flush()
        for each in written:
            each.result()
    finally:
        await producer.stop()


async def count_records(settings: Settings, topics: Sequence[str]) -> int:
    """How many records stand in fresh topics: the sum of the ends of their partitions."""
    consumer = AIOKafkaConsumer(**client_arguments(settings))
    await consumer.start()
    try:
        wanted = [TopicPartition(name, number) for name in topics for number in range(settings.topic_partitions)]
        ends: dict[TopicPartition, int] = await consumer.end_offsets(wanted)
        return sum(ends.values())
    finally:
        await consumer.stop()


async def _delete(settings: Settings, prefix: str) -> None:
    """Delete all topics of one run, those that Faust made for itself included."""
    async with admin_client(settings, within_s=30.0) as client:
        await client.delete_topics([name for name in await client.list_topics() if name.startswith(prefix)])


def _defaults() -> dict[str, Any]:
    return {name: field.get_default(call_default_factory=True) for name, field in Settings.model_fields.items()}
