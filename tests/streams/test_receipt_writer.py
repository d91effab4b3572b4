"""An event is finished when Kafka has its receipt, not sooner, not for an epoch that is over."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from bridge.errors import KafkaUnavailable
from bridge.events import Receipt, ReceiptOutcome
from bridge.kafka.producer import BatchRecord, Producer
from bridge.settings import Settings
from streams.delivery import receipt_writer
from streams.delivery.partition import Partition
from streams.delivery.receipt_writer import ReceiptWriter
from tests.broker.agents import eventually


class Kafka(Producer):
    """Confirms when the test says so."""

    def __init__(self) -> None:
        super().__init__(Settings(_env_file=None), confirm_within_s=1.0)
        self.written: list[tuple[int, list[str]]] = []
        self.confirms = asyncio.Event()
        self.failures = 0
        self.failure: Exception = KafkaUnavailable("the test says so")

    async def send_batch(
        self,
        topic: str,
        records: Sequence[BatchRecord],
        *,
        partition: int | None = None,
        within_s: float | None = None,
    ) -> None:
        assert topic == "t.outbound.receipts"
        assert partition is not None
        self.written.append((partition, [Receipt.model_validate_json(record.value).event_id for record in records]))
        if self.failures:
            self.failures -= 1
            raise self.failure
        await self.confirms.wait()


def receipt(name: str, offset: int) -> Receipt:
    return Receipt(event_id=name, outcome=ReceiptOutcome.DELIVERED, offset=offset, at=1)


def accepted(number: int, *offsets: int) -> Partition:
    partition = Partition(number, epoch=1)
    for offset in offsets:
        partition.tracker.accept(offset)
    return partition


async def test_events_are_finished_when_their_batch_is_confirmed_and_not_before() -> None:
    kafka = Kafka()
    writer = ReceiptWriter("t.outbound.receipts", kafka)
    partition = accepted(3, 10, 11, 12)
    writer.write(partition, 10, b"key", receipt("a", 10))
    writer.write(partition, 11, b"key", receipt("b", 11))
    await eventually("the batch is on its way", lambda: kafka.written == [(3, ["a", "b"])])
    writer.write(partition, 12, b"key", receipt("c", 12))
    assert partition.unconfirmed == 3
    assert partition.tracker.committable is None
    kafka.confirms.set()
    await eventually("all are confirmed", lambda: partition.unconfirmed == 0)
    assert partition.tracker.committable == 13
    assert kafka.written == [(3, ["a", "b"]), (3, ["c"])], "the order of the receipts is that of the ends"


async def test_partitions_do_not_wait_for_each_other() -> None:
    kafka = Kafka()
    writer = ReceiptWriter("t.outbound.receipts", kafka)
    for number in (0, 1):
        writer.write(accepted(number, 5), 5, None, receipt(f"of {number}", 5))
    await eventually("both are on their way", lambda: len(kafka.written) == 2)


@pytest.mark.parametrize("failure", [KafkaUnavailable("away"), RuntimeError("a bug")], ids=["away", "bug"])
async def test_a_receipt_that_kafka_did_not_take_is_written_again(
    monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    monkeypatch.setattr(receipt_writer, "KAFKA_RETRY_S", 0.01)
    kafka = Kafka()
    kafka.failures, kafka.failure = 2, failure
    kafka.confirms.set()
    writer = ReceiptWriter("t.outbound.receipts", kafka)
    partition = accepted(0, 7)
    writer.write(partition, 7, None, receipt("a", 7))
    await eventually("it is confirmed", lambda: partition.tracker.committable == 8)
    assert kafka.written == [(0, ["a"])] * 3


async def test_a_receipt_that_is_confirmed_after_the_epoch_finishes_nothing() -> None:
    kafka = Kafka()
    writer = ReceiptWriter("t.outbound.receipts", kafka)
    partition = accepted(0, 7)
    writer.write(partition, 7, None, receipt("a", 7))
    await eventually("it is on its way", lambda: len(kafka.written) == 1)
    partition.current = False
    kafka.confirms.set()
    await eventually("it is over", lambda: partition.unconfirmed == 0)
    assert partition.tracker.committable is None


async def test_nothing_is_written_any_more_for_a_partition_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receipt_writer, "KAFKA_RETRY_S", 0.01)
    kafka = Kafka()
    kafka.failures = 1_000_000
    writer = ReceiptWriter("t.outbound.receipts", kafka)
    partition = accepted(0, 7)
    writer.write(partition, 7, None, receipt("a", 7))
    await eventually("it is tried", lambda: len(kafka.written) > 2)
    partition.current = False
    await eventually("it is given up", lambda: partition.unconfirmed == 0)
    tried = len(kafka.written)
    await asyncio.sleep(0.05)
    assert len(kafka.written) == tried
