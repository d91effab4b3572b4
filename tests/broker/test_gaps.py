"""Offsets that are not there: deleted records and a transaction's marks hold nothing up and skip nothing (I1, I3)."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from bridge.ids import Conversation
from bridge.settings import Settings
from tests.broker.agents import Agent, eventually, outbound, produce, read_all, record
from tests.broker.vendor import Vendor

pytestmark = [pytest.mark.broker]


def message(words: str) -> tuple[str, bytes]:
    """An operator's message of the one conversation."""
    message_id = str(uuid.uuid5(uuid.NAMESPACE_URL, words))
    return record(outbound(message_id, Conversation("345", "79000000001"), words))


async def produce_in_transaction(settings: Settings, words: str) -> None:
    """Write a message as somebody else might: Kafka puts a mark behind it, which takes an offset."""
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_bootstrap_servers, transactional_id=uuid.uuid4().hex)
    await producer.start()
    try:
        key, value = message(words)
        async with producer.transaction():
            await producer.send_and_wait(f"{settings.topic_prefix}outbound", value, key=key.encode())
    finally:
        await producer.stop()


async def delete_up_to(settings: Settings, partition: int, offset: int) -> None:
    """Delete what stands before an offset, as retention does."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap_servers)
    await admin.start()
    try:
        tp = TopicPartition(f"{settings.topic_prefix}outbound", partition)
        await admin.delete_records({tp: RecordsToDelete(before_offset=offset)})
    finally:
        await admin.close()


async def lag(agent: Agent) -> float | None:
    """How many records wait behind the committed offsets; None while it is not known."""
    lags = [value for name, value in (await agent.metrics()).items() if name.startswith("edna_amocrm_lag{")]
    return sum(lags) if lags else None


async def test_deleted_records_and_marks_of_transactions_neither_hold_up_nor_skip_what_is_there(
    tuned: Callable[..., Settings], topics: None, vendor: Vendor, agent: Callable[..., Agent]
) -> None:
    given = tuned()
    sender = agent("outbound", given)
    await sender.start()
    await produce(given, "outbound", [message("0")])
    await produce_in_transaction(given, "1")
    await produce(given, "outbound", [message("2")])
    await eventually("what stands around a mark", lambda: vendor.texts() == ["0", "1", "2"])
    assert (await sender.terminate())[0] == 0
    await produce(given, "outbound", [message(f"{n}") for n in range(3, 8)])
    await produce_in_transaction(given, "8")
    partition = next(each.partition for each in await read_all(given, "outbound"))
    # Offsets: 0 and 1, a mark at 2, then message "2" at 3, and so on; "6" stands at 7, and 4 is committed.
    await delete_up_to(given, partition, 7)
    await sender.start()
    await produce(given, "outbound", [message("9")])
    await eventually("the last", lambda: "9" in vendor.texts())
    assert vendor.texts() == ["0", "1", "2", "6", "7", "8", "9"]
    deadline = time.monotonic() + 10
    while (lags := await lag(sender)) != 0:
        assert time.monotonic() < deadline, lags
        await asyncio.sleep(0.1)
