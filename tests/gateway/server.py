"""The gateway as a real server on a free port, and what it has written, read back from Kafka."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp import web
from aiokafka import AIOKafkaConsumer, TopicPartition

from bridge.amojo.signature import hook_signature
from bridge.kafka.producer import Producer
from bridge.settings import Settings, secret
from gateway.__main__ import make_runner
from gateway.app import make_app
from gateway.ingest import CONFIRM_WITHIN_S


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gateway answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Stored:
    """One record in a topic."""

    partition: int
    offset: int
    key: str | None
    value: dict[str, Any]
    headers: dict[str, str]


class Gateway:
    """One gateway. Use as an async context manager."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._producer = Producer(settings, confirm_within_s=CONFIRM_WITHIN_S)
        self._runner = make_runner(make_app(settings, self._producer))
        self.port = 0

    async def __aenter__(self) -> Gateway:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = self._runner.addresses[0][1]
        self._session = aiohttp.ClientSession(f"http://127.0.0.1:{self.port}")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()
        await self._runner.cleanup()

    async def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """Send one request; underscores in header names are dashes."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self._session.request(method, path, data=body, headers=named) as answer:
            return Answer(answer.status, dict(answer.headers), await answer.read())

    async def edna(self, document: Any, path: str = "/webhooks/edna", **headers: str) -> Answer:
        """A webhook of edna."""
        return await self.ask("POST", path, encoded(document), **headers)

    async def amocrm(self, document: Any, path: str = "/webhooks/amocrm", **headers: str) -> Answer:
        """A webhook of amojo, signed as amojo does: without the newline that it ends in."""
        body = encoded(document)
        signature = hook_signature(secret(self.settings.amocrm_channel_secret), body)
        return await self.ask("POST", path, body + b"\n", **{"X_Signature": signature} | headers)

    async def becomes_ready(
        self, within_s: float = 20.0, *, mode: str = "direct", kafka: str = "connected", status: int = 200
    ) -> None:
        """Wait until `/ready` answers so and says these."""
        deadline = time.monotonic() + within_s
        wanted = (status, mode, kafka)
        while (said := await self._said()) != wanted:
            assert time.monotonic() < deadline, f"/ready says {said} and not {wanted} within {within_s} s"
            await asyncio.sleep(0.05)

    async def _said(self) -> tuple[int, str, str]:
        answer = await self.ask("GET", "/ready")
        return answer.status, answer.json["mode"], answer.json["kafka"]

    async def stored(self, topic: str) -> list[Stored]:
        """All records of a topic, by partition and offset."""
        name = self.settings.topic_prefix + topic
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.settings.kafka_bootstrap_servers, auto_offset_reset="earliest"
        )
        await consumer.start()
        try:
            count = 1 if topic == "quarantine" else self.settings.topic_partitions
            partitions = [TopicPartition(name, number) for number in range(count)]
            consumer.assign(partitions)
            ends = await consumer.end_offsets(partitions)
            found: list[Stored] = []
            while any([await consumer.position(each) < ends[each] for each in partitions]):
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    found += [_stored(record) for record in records]
        finally:
            await consumer.stop()
        return sorted(found, key=lambda each: (each.partition, each.offset))

    async def everything_stored(self) -> dict[str, int]:
        """How many records stand in each topic that the gateway writes."""
        return {topic: len(await self.stored(topic)) for topic in ("inbound", "outbound", "status", "quarantine")}


def _stored(record: Any) -> Stored:
    key = record.key.decode() if record.key is not None else None
    headers = {name: value.decode() for name, value in record.headers}
    return Stored(record.partition, record.offset, key, json.loads(record.value), headers)


def encoded(document: Any) -> bytes:
    """JSON as a vendor writes it; bytes stay what they are."""
    return document if isinstance(document, bytes) else json.dumps(document, ensure_ascii=False).encode()


MakeSettings = Callable[..., Settings]
