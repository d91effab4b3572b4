"""Group commit on a real broker: in order, confirmed, bounded, and one bad record fails alone."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable

import pytest

from bridge.errors import KafkaUnavailable
from bridge.kafka.admin import create_topics
from bridge.kafka.group_commit import GroupCommit, Write
from bridge.kafka.producer import BatchRecord
from bridge.settings import Settings
from sandbox.kafka import Broker
from tests.bridge.producers import connected
from tests.broker.agents import read_all

pytestmark = [pytest.mark.broker]


def written_by(commits: GroupCommit, topic: str, record: BatchRecord) -> asyncio.Future[None]:
    """Hand a record over; its confirmation."""
    write = Write.of(topic, record)
    commits.write(write)
    return write.confirmed


async def test_what_is_written_under_load_stands_once_and_in_the_order_of_the_calls(
    make_settings: Callable[..., Settings], topics: None
) -> None:
    settings = make_settings()
    producer = await connected(settings)
    commits = GroupCommit(producer)
    topic = settings.topic_prefix + "inbound"
    written = []
    for number in range(2_000):
        key = b"conversation %d" % (number % 50)
        written.append(written_by(commits, topic, BatchRecord(key, b"%d" % number, (("ce_id", b"%d" % number),))))
        if number % 20 == 0:
            await asyncio.sleep(0.001)  # groups form while others are on their way
    await asyncio.gather(*written)
    await producer.stop()
    by_key: dict[bytes, list[int]] = defaultdict(list)
    for record in await read_all(settings, "inbound"):
        assert record.headers == (("ce_id", record.value),)
        by_key[record.key].append(int(record.value))
    assert sorted(number for numbers in by_key.values() for number in numbers) == list(range(2_000))
    assert all(numbers == sorted(numbers) for numbers in by_key.values())


async def test_a_record_that_kafka_never_takes_fails_alone(
    make_settings: Callable[..., Settings], topics: None
) -> None:
    settings = make_settings()
    producer = await connected(settings)
    commits = GroupCommit(producer)
    topic = settings.topic_prefix + "outbound"
    written = [
        written_by(commits, topic, BatchRecord(b"one", value)) for value in (b"before", b"x" * 3_000_000, b"after")
    ]
    outcomes = await asyncio.gather(*written, return_exceptions=True)
    await producer.stop()
    assert [type(outcome) for outcome in outcomes] == [type(None), ValueError, type(None)]
    values = [record.value for record in await read_all(settings, "outbound")]
    assert list(dict.fromkeys(values)) == [b"before", b"after"]


async def test_a_silent_broker_fails_every_waiting_record_in_time_and_later_ones_pass(
    own_broker: Broker, make_settings: Callable[..., Settings]
) -> None:
    settings = make_settings(kafka_bootstrap_servers=own_broker.bootstrap_servers)
    await create_topics(settings)
    producer = await connected(settings, confirm_within_s=1.0)
    commits = GroupCommit(producer)
    topic = settings.topic_prefix + "inbound"
    await written_by(commits, topic, BatchRecord(b"key", b"first"))
    await own_broker.pause()
    started = time.monotonic()
    written = []
    for number in range(30):
        written.append(written_by(commits, topic, BatchRecord(b"key", b"%d" % number)))
        await asyncio.sleep(0.01)
    outcomes = await asyncio.gather(*written, return_exceptions=True)
    assert all(isinstance(outcome, KafkaUnavailable) for outcome in outcomes)
    assert time.monotonic() - started < 3.0
    await own_broker.resume()
    assert await producer.wait_connected(30.0)
    await written_by(commits, topic, BatchRecord(b"key", b"last"))
    await producer.stop()
