"""A producer that has met its broker."""

from __future__ import annotations

from bridge.kafka.producer import Producer
from bridge.settings import Settings


async def connected(settings: Settings, confirm_within_s: float = 10.0) -> Producer:
    """Start one and wait for its connection."""
    producer = Producer(settings, confirm_within_s=confirm_within_s)
    await producer.start()
    assert await producer.wait_connected(10.0)
    return producer
