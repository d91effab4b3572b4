"""The embedded broker, its jars, and the choice of a broker."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable
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
    embedded,
    jars,
)
from sandbox.kafka import container as container_module
from sandbox.kafka.broker import answers

pytestmark = [pytest.mark.broker]


async def until(condition: Callable[[], bool], within_s: float = 10.0) -> None:
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.05)


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


async def test_data_outlives_the_process_that_started_the_broker(tmp_path: Path) -> None:
    first, second = EmbeddedBroker(tmp_path / "kafka"), EmbeddedBroker(tmp_path / "kafka")
    try:
        await first.start()
        topic = await make_topic(first)
        await write(first, topic, b"kept")
        await first.stop()
        await second.start()  # on other ports
        assert await read(second, topic) == [b"kept"]
    finally:
        await first.kill()
        await second.dispose()


async def test_a_broker_that_died_by_itself_starts_again(tmp_path: Path) -> None:
    broker = EmbeddedBroker(tmp_path / "kafka")
    try:
        await broker.start()
        assert broker.pid is not None
        os.kill(broker.pid, signal.SIGKILL)
        await until(lambda: broker.pid is None)
        await broker.start()
        assert await answers(broker.bootstrap_servers)
    finally:
        await broker.dispose()


async def test_a_broker_dies_with_the_process_that_started_it_and_hears_no_ctrl_c(tmp_path: Path) -> None:
    code = (
        "import asyncio, sys, time; from pathlib import Path; from sandbox.kafka import EmbeddedBroker\n"
        "broker = EmbeddedBroker(Path(sys.argv[1])); asyncio.run(broker.start()); print(broker.pid, flush=True)\n"
        "time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "kafka")], stdout=subprocess.PIPE, text=True)
    try:
        assert parent.stdout is not None
        child = int(await asyncio.to_thread(parent.stdout.readline))
        assert os.getsid(child) == child != os.getsid(parent.pid)
    finally:
        parent.kill()
        parent.communicate()
    await until(lambda: not Path(f"/proc/{child}/exe").exists())


async def test_a_broker_that_cannot_start_shows_the_end_of_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker = EmbeddedBroker(tmp_path / "kafka")
    monkeypatch.setattr(embedded, "PROPERTIES", embedded.PROPERTIES + "offsets.topic.num.partitions=-1\n")
    with pytest.raises(ConfigurationError, match=r"(?s)could not format .*offsets\.topic\.num\.partitions"):
        await broker.start()
    data = tmp_path / "kafka" / "data"
    data.mkdir(exist_ok=True)
    (data / "meta.properties").write_text("")  # taken for formatted
    with pytest.raises(ConfigurationError, match=r"(?s)Kafka ended; .*offsets\.topic\.num\.partitions"):
        await broker.start()
    assert broker.pid is None


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
        (tmp_path / name).symlink_to(jars.cache_dir() / name)
    changed = sorted(listed)[3]
    (tmp_path / changed).unlink()
    shutil.copy(jars.cache_dir() / sorted(listed)[4], tmp_path / changed)
    with pytest.raises(ConfigurationError, match=changed):
        jars.classpath(tmp_path)


def test_a_jar_that_changes_after_it_was_checked_is_refused_by_name(tmp_path: Path) -> None:
    jars.classpath()
    for name in jars.committed():
        (tmp_path / name).symlink_to(jars.cache_dir() / name)
    jars.classpath(tmp_path)
    changed = sorted(jars.committed())[3]
    (tmp_path / changed).unlink()
    (tmp_path / changed).write_bytes(b"another")
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
        ({"TEST_BROKER": "embedded", "KAFKA_BOOTSTRAP_SERVERS": "broker:9092"}, None, EmbeddedBroker),
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
