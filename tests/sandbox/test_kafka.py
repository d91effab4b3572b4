"""The embedded broker, its jars, and the choice of a broker."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from bridge.errors import ConfigurationError
from sandbox.kafka import (
    Broker,
    ContainerBroker,
    EmbeddedBroker,
    ExternalBroker,
    broker_for_run,
    broker_for_tests,
    jars,
)
from sandbox.kafka import container as container_module
from sandbox.kafka.broker import answers

pytestmark = [pytest.mark.broker]


async def write(broker: Broker, topic: str, value: bytes) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap_servers)
    await producer.start()
    await producer.send_and_wait(topic, value)
    await producer.stop()


async def read(broker: Broker, topic: str) -> list[bytes]:
    consumer = AIOKafkaConsumer(bootstrap_servers=broker.bootstrap_servers)
    await consumer.start()
    try:
        tp = TopicPartition(topic, 0)
        consumer.assign([tp])
        await consumer.seek_to_beginning(tp)
        end = (await consumer.end_offsets([tp]))[tp]
        found: list[bytes] = []
        while len(found) < end:
            found += [record.value for batch in (await consumer.getmany(timeout_ms=200)).values() for record in batch]
        return found
    finally:
        await consumer.stop()


async def make_topic(broker: Broker) -> str:
    name = f"kept-{uuid.uuid4().hex[:6]}"
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap_servers)
    await admin.start()
    await admin.create_topics([NewTopic(name, 1, 1)])
    await admin.close()
    return name


async def test_data_outlives_a_sigkill_on_the_same_port(own_broker: Broker) -> None:
    topic = await make_topic(own_broker)
    before = own_broker.bootstrap_servers
    await write(own_broker, topic, b"kept")
    await own_broker.kill()
    assert not await answers(before, within_s=1.0)
    await own_broker.start()
    assert own_broker.bootstrap_servers == before
    assert await read(own_broker, topic) == [b"kept"]


async def test_a_paused_broker_is_silent_and_a_resumed_one_goes_on(own_broker: Broker) -> None:
    await own_broker.pause()
    assert not await answers(own_broker.bootstrap_servers, within_s=1.0)
    await own_broker.resume()
    assert await answers(own_broker.bootstrap_servers, within_s=10.0)
    await own_broker.pause()
    await own_broker.stop()  # a paused one stops as well
    assert not await answers(own_broker.bootstrap_servers, within_s=1.0)


async def test_a_folder_and_a_port_belong_to_one_broker_at_a_time(tmp_path: Path) -> None:
    first = EmbeddedBroker(tmp_path / "one")
    await first.start()
    try:
        with pytest.raises(ConfigurationError, match="another Kafka works in"):
            await EmbeddedBroker(tmp_path / "one").start()
        port = int(first.bootstrap_servers.split(":")[1])
        with pytest.raises(ConfigurationError, match=f"port {port} is taken"):
            await EmbeddedBroker(tmp_path / "two", port).start()
    finally:
        await first.dispose()


def test_a_jar_with_other_content_is_refused_by_name(tmp_path: Path) -> None:
    jars.classpath()
    listed = jars.committed()
    for name in listed:
        os.link(jars.cache_dir() / name, tmp_path / name)
    changed = sorted(listed)[3]
    (tmp_path / changed).unlink()
    shutil.copy(jars.cache_dir() / sorted(listed)[4], tmp_path / changed)
    with pytest.raises(ConfigurationError, match=changed):
        jars.classpath(tmp_path)


def test_a_filled_cache_needs_no_network_and_no_resolver() -> None:
    jars.classpath()
    code = "import sys; from sandbox.kafka import jars; jars.classpath(); sys.exit('jgo' in sys.modules)"
    closed = {"HTTP_PROXY": "http://127.0.0.1:1", "HTTPS_PROXY": "http://127.0.0.1:1"}
    done = subprocess.run([sys.executable, "-c", code], env={**os.environ, **closed}, check=False, timeout=60)
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("environment", "obstacle", "kind"),
    [
        ({"KAFKA_BOOTSTRAP_SERVERS": "broker:9092"}, None, ExternalBroker),
        ({}, None, ContainerBroker),
        ({}, "no Docker engine answers", EmbeddedBroker),
        ({"TEST_BROKER": "embedded"}, None, EmbeddedBroker),
        ({"TEST_BROKER": "container"}, None, ContainerBroker),
    ],
)
def test_tests_choose_the_named_cluster_then_a_container_then_embedded(
    environment: dict[str, str], obstacle: str | None, kind: type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(container_module, "obstacle", lambda: obstacle)
    chosen = broker_for_tests(tmp_path, environment)
    assert type(chosen) is kind
    assert "(" in chosen.why


@pytest.mark.parametrize("environment", [{"TEST_BROKER": "container"}, {"TEST_BROKER": "redis"}])
def test_a_broker_that_cannot_be_had_is_named(
    environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(container_module, "obstacle", lambda: "no Docker engine answers")
    with pytest.raises(ConfigurationError, match="TEST_BROKER"):
        broker_for_tests(tmp_path, environment)


def test_a_run_is_embedded_unless_a_cluster_is_named(tmp_path: Path) -> None:
    assert type(broker_for_run(None, tmp_path)) is EmbeddedBroker
    assert type(broker_for_run("broker:9092", tmp_path)) is ExternalBroker
