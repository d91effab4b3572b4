"""Writes links, each confirmed before what needs it may happen."""

from __future__ import annotations

import asyncio

from bridge.errors import KafkaUnavailable
from bridge.events import Frozen, encode
from bridge.kafka.producer import Producer
from bridge.settings import Settings

KAFKA_RETRY_S = 0.3
HEADERS = (("ce_type", b"link"), ("content-type", b"application/json"))


class LinkWriter:
    """The links of one topic."""

    def __init__(self, settings: Settings, topic: str, producer: Producer) -> None:
        self._topic = settings.topic_prefix + topic
        self._producer = producer

    async def write(self, key: str, link: Frozen) -> None:
        """Write a link, and return when Kafka has it; waits while Kafka is away. Writing it again is harmless."""
        while True:
            try:
                await self._producer.send(self._topic, encode(link), key=key.encode(), headers=HEADERS)
            except KafkaUnavailable:
                await asyncio.sleep(KAFKA_RETRY_S)
            else:
                return
