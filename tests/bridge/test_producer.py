"""The producer never hangs: what Kafka does not confirm fails in time, and it comes back by itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import NewTopic

from bridge.errors import KafkaUnavailable
from bridge.kafka.admin import admin_client, create_topics
from bridge.kafka.producer import BatchRecord, Position, Producer
from bridge.settings import Settings
from sandbox.kafka import Broker
from tests.bridge.producers import connected
from tests.broker.agents import read_all

pytestmark = [pytest.mark.broker]


async def test_records_of_one_key_keep_the_order_of_the_calls(
    make_settings: Callable[..., Settings], topics: None
) -> None:
    settings = make_settings()
    producer = await connected(settings)
    filler = b"x" * 3_000  # several batches, so that calls wait for room
    sends = [producer.send(settings.topic_prefix + "inbound", filler, key=b"one") for _ in range(200)]
    positions: list[Position] = await asyncio.gather(*sends)
    offsets = [position.offset for position in positions]
    assert offsets == sorted(offsets)
    assert len({position.partition for position in positions}) == 1
    await producer.stop()


async def test_a_paused_broker_fails_every_send_in_time_and_a_resumed_one_serves_again(
    own_broker: Broker, make_settings: Callable[..., Settings]
) -> None:
    settings = make_settings(kafka_bootstrap_servers=own_broker.bootstrap_servers)
    await create_topics(settings)
    topic = settings.topic_prefix + "inbound"
    producer = await connected(settings, confirm_within_s=1.0)
    await producer.send(topic, b"before", key=b"k")
    await own_broker.pause()
    started = time.monotonic()
    outcomes = await asyncio.gather(
        *(producer.send(topic, b"lost", key=b"k") for _ in range(20)), return_exceptions=True
    )
    assert all(isinstance(outcome, KafkaUnavailable) for outcome in outcomes)
    assert time.monotonic() - started < 2.0
    assert not producer.connected
    await own_broker.resume()
    deadline = time.monotonic() + 20
    while True:
        try:
            await producer.send(topic, b"after", key=b"k")
        except KafkaUnavailable:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.1)
        else:
            break
    await own_broker.pause()
    started = time.monotonic()
    await producer.stop(within_s=0.5)
    assert time.monotonic() - started < 4.0
    await own_broker.resume()


async def test_with_kafka_away_start_returns_at_once_and_sends_fail_at_once(
    make_settings: Callable[..., Settings],
) -> None:
    producer = Producer(make_settings(kafka_bootstrap_servers="127.0.0.1:1"), confirm_within_s=2.0)
    started = time.monotonic()
    await producer.start()
    with pytest.raises(KafkaUnavailable):
        await producer.send("t", b"v")
    await producer.stop()
    assert time.monotonic() - started < 1.0


async def test_a_batch_larger_than_one_request_stands_whole_and_in_order(
    make_settings: Callable[..., Settings], topics: None
) -> None:
    settings = make_settings()
    producer = await connected(settings)
    values = [b"%05d" % number + b"x" * 1_000 for number in range(500)]
    topic = settings.topic_prefix + "inbound"
    headers = (("ce_type", b"test"),)
    await producer.send_batch(topic, [BatchRecord(b"key", value, headers) for value in values[:300]], partition=2)
    await producer.send_batch(topic, [BatchRecord(None, value) for value in values[300:]], partition=2)
    await producer.stop()
    records = await read_all(settings, "inbound")
    assert [record.value for record in records] == values
    assert {record.partition for record in records} == {2}
    assert [(record.key, record.headers) for record in records[:300]] == [(b"key", headers)] * 300


async def test_a_batch_fails_in_time_while_the_broker_is_silent_and_passes_afterwards(
    own_broker: Broker, make_settings: Callable[..., Settings]
) -> None:
    settings = make_settings(kafka_bootstrap_servers=own_broker.bootstrap_servers)
    await create_topics(settings)
    producer = await connected(settings, confirm_within_s=1.0)
    topic, batch = settings.topic_prefix + "inbound", [BatchRecord(b"key", b"x" * 40_000)] * 4
    await own_broker.pause()
    started = time.monotonic()
    with pytest.raises(KafkaUnavailable):
        await producer.send_batch(topic, batch, partition=0)
    assert time.monotonic() - started < 3.0
    await own_broker.resume()
    assert await producer.wait_connected(30.0)
    await producer.send_batch(topic, batch, partition=0)
    await producer.stop()


async def test_a_batch_goes_where_single_records_of_the_same_key_go(
    make_settings: Callable[..., Settings], topics: None
) -> None:
    settings = make_settings()
    producer = await connected(settings)
    topic = settings.topic_prefix + "inbound"
    keys = [f"v1.default.345.7900{number:07d}".encode() for number in range(60)]
    single = {key: (await producer.send(topic, b"single", key=key)).partition for key in keys}
    await producer.send_batch(topic, [BatchRecord(key, b"batch") for key in keys])
    await producer.stop()
    batched = {
        record.key: record.partition for record in await read_all(settings, "inbound") if record.value == b"batch"
    }
    assert batched == single
    assert len(set(single.values())) > 1


async def test_when_kafka_refuses_a_part_of_a_batch_nothing_that_stands_behind_it_is_written(
    make_settings: Callable[..., Settings],
) -> None:
    settings = make_settings(topic_partitions=1)
    topic = settings.topic_prefix + "inbound"
    async with admin_client(settings) as client:  # less than a request, so that the first is refused whole
        await client.create_topics([NewTopic(topic, 1, 1, topic_configs={"max.message.bytes": "40000"})])
    producer = await connected(settings)
    values = [b"%d" % number + b"x" * 10_000 for number in range(9)]
    with pytest.raises(ValueError, match="MessageSizeTooLargeError"):
        await producer.send_batch(topic, [BatchRecord(b"key", value) for value in values])
    await producer.stop()
    assert await read_all(settings, "inbound") == []


async def test_a_probe_for_kafka_goes_on_whatever_goes_wrong(
    make_settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    start, left = AIOKafkaProducer.start, 2

    async def odd(producer: AIOKafkaProducer) -> None:
        nonlocal left
        left -= 1
        if left >= 0:
            raise RuntimeError("nobody expected this")
        await start(producer)

    monkeypatch.setattr(AIOKafkaProducer, "start", odd)
    producer = await connected(make_settings())
    await producer.stop()
    assert left < 0


async def test_a_cancellation_inside_the_client_is_no_end_of_who_sends(
    make_settings: Callable[..., Settings], topics: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_settings()
    producer = await connected(settings)
    topic = settings.topic_prefix + "inbound"
    with monkeypatch.context() as patched:

        async def cancelled(*_: Any, **__: Any) -> Any:
            future = asyncio.get_running_loop().create_future()
            future.cancel()
            return future

        patched.setattr(AIOKafkaProducer, "send_batch", cancelled)
        with pytest.raises(KafkaUnavailable):
            await producer.send_batch(topic, [BatchRecord(b"key", b"value")])
    assert await producer.wait_connected(10.0), "another one was made"
    await producer.send_batch(topic, [BatchRecord(b"key", b"value")])
    await producer.stop()
