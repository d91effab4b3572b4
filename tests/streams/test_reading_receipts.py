"""Which receipts are read back from a real broker, and which only when an event needs them (I4)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from bridge.events import Receipt, ReceiptOutcome, encode
from bridge.kafka.producer import Producer
from bridge.settings import Settings
from streams.delivery.partition import Partition
from streams.delivery.receipts import EMPTY_READS, Receipts

pytestmark = [pytest.mark.broker]

HOUR_MS = 3_600_000
WINDOW_MS, MARGIN_MS = 2 * HOUR_MS, 5 * 60_000
BACKLOG_MS = 11 * HOUR_MS
AGES_MS = {"days": 50 * HOUR_MS, "hours": 10 * HOUR_MS, "window": 3 * HOUR_MS // 2, "now": 0}  # oldest first


@pytest.fixture
async def written(make_settings: Callable[..., Settings], topics: None) -> tuple[Settings, int]:
    """Partition 0 has a source record of BACKLOG_MS ago, and a receipt of each age; and the time now, in ms."""
    settings, now = make_settings(), int(time.time() * 1000)
    producer = Producer(settings, confirm_within_s=20.0)
    await producer.start()
    assert await producer.wait_connected(20.0)
    source = settings.topic_prefix + "outbound"
    await producer.send(source, b"{}", partition=0, timestamp_ms=now - BACKLOG_MS)
    for name, age_ms in AGES_MS.items():
        receipt = Receipt(event_id=name, outcome=ReceiptOutcome.DELIVERED, offset=1, at=now - age_ms)
        await producer.send(f"{source}.receipts", encode(receipt), partition=0, timestamp_ms=now - age_ms)
    await producer.stop()
    return settings, now


async def loaded(settings: Settings, committed: int | None) -> tuple[Receipts, Partition]:
    """Receipts as a worker has them that was assigned the partition."""
    receipts, partition = Receipts(settings, "outbound"), Partition(0, epoch=1)
    partition.committed = committed
    await receipts.load([partition])
    return receipts, partition


def known(receipts: Receipts, partition: Partition) -> list[str]:
    memory = receipts.memory(partition)
    return [name for name in AGES_MS if memory.knows(name)]


async def test_all_are_read_without_a_commit_the_window_with_one_and_back_to_an_event_that_was_accepted_before(
    written: tuple[Settings, int],
) -> None:
    settings, now = written
    assert known(*await loaded(settings, None)) == [*AGES_MS]
    assert known(*await loaded(settings, 0)) == ["hours", "window", "now"], "since the event that is not acknowledged"
    receipts, partition = await loaded(settings, 1)
    assert known(receipts, partition) == ["window", "now"]
    memory = receipts.memory(partition)
    assert now - memory.read_from_ms == pytest.approx(WINDOW_MS + MARGIN_MS, abs=60_000)

    first = memory.first_offset
    await receipts.reach_back(partition, now)
    assert memory.first_offset == first, "it was read already"
    await receipts.reach_back(partition, now - AGES_MS["hours"])
    assert known(receipts, partition) == ["hours", "window", "now"]
    await receipts.reach_back(partition, 1)
    assert known(receipts, partition) == [*AGES_MS]
    assert (memory.first_offset, memory.read_from_ms) == (0, 0)


async def test_a_broker_that_is_slow_for_a_while_does_not_make_the_window_shorter(
    written: tuple[Settings, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, _ = written
    getmany = AIOKafkaConsumer.getmany
    silent: list[dict[TopicPartition, Any]] = [{}] * 8

    async def slow(self: AIOKafkaConsumer, *partitions: TopicPartition, **how: Any) -> Any:
        return silent.pop() if silent else await getmany(self, *partitions, **how)

    monkeypatch.setattr(AIOKafkaConsumer, "getmany", slow)
    assert known(*await loaded(settings, 0)) == ["hours", "window", "now"]
    silent += [{}] * EMPTY_READS
    with pytest.raises(TimeoutError, match="no record"):
        await loaded(settings, 0)


async def test_what_is_written_after_the_reading_is_read_with_the_next_assignment(
    written: tuple[Settings, int],
) -> None:
    settings, now = written
    receipts, _ = await loaded(settings, 1)
    producer = Producer(settings, confirm_within_s=20.0)
    await producer.start()
    assert await producer.wait_connected(20.0)
    receipt = Receipt(event_id="later", outcome=ReceiptOutcome.DELIVERED, offset=2, at=now)
    await producer.send(f"{settings.topic_prefix}outbound.receipts", encode(receipt), partition=0)
    await producer.stop()
    again = Partition(0, epoch=2)
    again.committed = 1
    await receipts.load([again])
    assert receipts.memory(again).knows("later")
    assert known(receipts, again) == ["window", "now"], "nothing was forgotten, and nothing older read"
