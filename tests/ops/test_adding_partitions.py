"""`topics create` with a higher TOPIC_PARTITIONS: nothing is lost, whatever happens in the middle."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from bridge.ids import Conversation
from bridge.kafka.admin import describe_topics
from bridge.kafka.reading import Place, Record, reading
from bridge.settings import Settings
from bridge.topics import DIRECTIONS, INBOUND, INBOUND_LINKS, STATUS_LINKS
from ops.link_moves import partition_of
from tests.broker.agents import Agent, environment, eventually, inbound, produce, record
from tests.broker.vendor import Vendor
from tests.gateway.forms import pulse
from tests.gateway.server import Gateway
from tests.ops.process import Command, MakeSettings, refused

pytestmark = [pytest.mark.broker]

BEFORE, AFTER = 4, 7  # 4 are what the settings of tests ask for
MORE = {"TOPIC_PARTITIONS": str(AFTER)}


async def counts(settings: Settings) -> dict[str, int]:
    return {state.topic.name: state.partitions for state in await describe_topics(settings)}


async def links_of(settings: Settings, topic: str, count: int) -> dict[bytes, list[tuple[int, bytes]]]:
    """The live links by key, each with the partitions that it stands in."""
    last: dict[tuple[bytes, int], Record] = {}
    async with reading(settings) as reader:
        places = [Place(settings.topic_prefix + topic, number) for number in range(count)]
        async for records, _passed in reader.batches(await reader.kept(places)):
            last |= {(each.key or b"", each.place.partition): each for each in records}
    live: dict[bytes, list[tuple[int, bytes]]] = {}
    for (key, partition), each in last.items():
        if each.value is not None:
            live.setdefault(key, []).append((partition, each.value))
    return live


async def write_links(settings: Settings, count: int) -> dict[bytes, bytes]:
    """Links of both kinds, some overwritten and some taken back; returns the live ones of each topic."""
    links = [(f"key-{number}", f"value-{number}".encode()) for number in range(count)]
    for topic in (STATUS_LINKS, INBOUND_LINKS):
        await produce(settings, topic, [("key-0", b"old"), *links])
    return {key.encode(): value for key, value in links}


async def finish_up_to_the_end(settings: Settings) -> None:
    """Commit the end of every partition, as agents would that have delivered all."""
    for direction in DIRECTIONS:
        topic = settings.topic_prefix + direction
        consumer = AIOKafkaConsumer(
            group_id=topic, bootstrap_servers=settings.kafka_bootstrap_servers, enable_auto_commit=False
        )
        await consumer.start()
        tps = [TopicPartition(topic, number) for number in range(BEFORE)]
        consumer.assign(tps)
        await consumer.commit(await consumer.end_offsets(tps))
        await consumer.stop()


async def test_all_topics_grow_and_every_live_link_stands_where_its_key_belongs(
    make_settings: MakeSettings, topics: None, command: Command
) -> None:
    settings = make_settings()
    wanted = await write_links(settings, 300)
    done = await asyncio.to_thread(command, "topics", "create", **MORE)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"all topics have {AFTER} partitions now; ")
    assert await counts(settings) == {name: 1 if name == "quarantine" else AFTER for name in await counts(settings)}
    for topic in (STATUS_LINKS, INBOUND_LINKS):
        found = await links_of(settings, topic, AFTER)
        assert found == {key: [(partition_of(key, AFTER), value)] for key, value in wanted.items()}
    again = await asyncio.to_thread(command, "topics", "create", **MORE)
    assert again.stdout == "all topics are there\n"


async def test_a_moved_link_keeps_its_time(make_settings: MakeSettings, topics: None, command: Command) -> None:
    settings = make_settings()
    await write_links(settings, 50)
    written_by = int(time.time() * 1000)
    await asyncio.sleep(0.01)
    assert (await asyncio.to_thread(command, "topics", "create", **MORE)).returncode == 0
    async with reading(settings) as reader:
        places = [Place(settings.topic_prefix + STATUS_LINKS, number) for number in range(BEFORE, AFTER)]
        moved = [each async for records, _ in reader.batches(await reader.kept(places)) for each in records]
    assert moved
    assert all(each.timestamp_ms <= written_by for each in moved)


async def test_a_member_of_a_group_refuses_it_and_nothing_is_changed(
    make_settings: MakeSettings, topics: None, command: Command
) -> None:
    settings = make_settings()
    topic = f"{settings.topic_prefix}status"
    consumer = AIOKafkaConsumer(
        topic, group_id=topic, client_id="an-agent", bootstrap_servers=settings.kafka_bootstrap_servers
    )
    await consumer.start()
    try:
        line = refused(await asyncio.to_thread(command, "topics", "create", **MORE), 1)
    finally:
        await consumer.stop()
    assert topic in line
    assert "an-agent" in line
    assert set((await counts(settings)).values()) == {1, BEFORE}
    assert (await asyncio.to_thread(command, "topics", "create", **MORE)).returncode == 0


async def test_waiting_events_refuse_it_unless_they_are_allowed_and_are_counted_then(
    make_settings: MakeSettings, topics: None, command: Command
) -> None:
    settings = make_settings()
    await produce(settings, INBOUND, [record(inbound(number, Conversation("345", "1"), "x")) for number in range(3)])
    line = refused(await asyncio.to_thread(command, "topics", "create", **MORE), 1)
    assert f"3 event(s) wait in {settings.topic_prefix}inbound/" in line
    assert set((await counts(settings)).values()) == {1, BEFORE}
    done = await asyncio.to_thread(command, "topics", "create", "--allow-waiting", **MORE)
    assert done.returncode == 0, done.stderr
    assert "3 events wait since before the sources had grown (3 in inbound)" in done.stdout
    assert (await counts(settings))[INBOUND] == AFTER


async def killed_while(
    command: Command, settings: Settings, reached: Callable[[], Awaitable[bool]]
) -> asyncio.subprocess.Process:
    """`topics create` with more partitions, killed as soon as it has got so far."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ops", "topics", "create", cwd=command.folder, env=command.environment | MORE,
        stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    while process.returncode is None and not await reached():
        await asyncio.sleep(0)
    if process.returncode is None:
        os.kill(process.pid, signal.SIGKILL)
    await process.wait()
    return process


@pytest.mark.parametrize("stage", ["receipts have grown", "links are being moved"])
async def test_killed_in_the_middle_it_is_finished_by_another_go_although_events_wait_by_then(
    make_settings: MakeSettings, topics: None, command: Command, stage: str
) -> None:
    settings = make_settings()
    wanted = await write_links(settings, 6_000)
    await finish_up_to_the_end(settings)

    async def receipts_have_grown() -> bool:
        return (await counts(settings))["inbound.receipts"] == AFTER

    async with reading(settings) as reader:
        new = [Place(settings.topic_prefix + STATUS_LINKS, number) for number in range(BEFORE, AFTER)]

        async def links_are_being_moved() -> bool:
            if not await receipts_have_grown():
                return False
            return any(span.length for span in (await reader.kept(new)).values())

        reached = receipts_have_grown if stage == "receipts have grown" else links_are_being_moved
        process = await killed_while(command, settings, reached)
    assert process.returncode == -signal.SIGKILL, "it was over before it could be killed"
    assert (await counts(settings))[INBOUND] == BEFORE
    assert f"finish it with TOPIC_PARTITIONS={AFTER}" in refused(
        await asyncio.to_thread(command, "topics", "create"), 78
    )
    await produce(settings, INBOUND, [record(inbound(1, Conversation("345", "1"), "x"))])  # a gateway goes on

    done = await asyncio.to_thread(command, "topics", "create", **MORE)
    assert done.returncode == 0, done.stderr
    assert "1 events wait" in done.stdout
    assert set((await counts(settings)).values()) == {1, AFTER}
    for topic in (STATUS_LINKS, INBOUND_LINKS):
        found = await links_of(settings, topic, AFTER)
        assert found == {key: [(partition_of(key, AFTER), value)] for key, value in wanted.items()}


async def test_a_running_gateway_stores_on_and_agents_started_afterwards_deliver_everything(
    make_settings: MakeSettings, topics: None, command: Command, tmp_path: Path
) -> None:
    settings = make_settings()
    vendor = await Vendor().start()
    sent: list[str] = []
    await write_links(settings, 2_000)  # so that there is a middle
    async with Gateway(settings) as gateway:
        await gateway.becomes_ready()

        async def send(number: int) -> None:
            text = f"n{number}"
            answer = await gateway.edna(pulse(number, text, f"7900{number % 40:07}"))
            assert answer.status == 200, answer.body
            sent.append(text)

        enlarging = asyncio.create_task(asyncio.to_thread(command, "topics", "create", **MORE))
        number = 0
        while not enlarging.done():
            if (await counts(settings))["inbound.receipts"] == AFTER:  # begun, so that what waits does not refuse it
                await send(number := number + 1)
            await asyncio.sleep(0.01)
        done = await enlarging
        assert done.returncode == 0, done.stderr
        assert number, "nothing was sent in the middle"
        await gateway_sees_the_difference(gateway)
        for _ in range(40):
            await send(number := number + 1)
        ready = await gateway.ask("GET", "/ready")
        assert ready.status == 200
        assert "set TOPIC_PARTITIONS to what is there" in ready.json["detail"]
    async with Gateway(make_settings(topic_partitions=AFTER)) as gateway:
        await gateway.becomes_ready()
        for _ in range(80):
            await send(number := number + 1)
    grown = make_settings(
        topic_partitions=AFTER, amocrm_amojo_base_url=vendor.url, amocrm_auto_connect=False, attempts_in_flight=64
    )
    agents = [Agent("inbound", grown, tmp_path), Agent("inbound", grown, tmp_path)]
    try:
        await asyncio.gather(*(agent.start() for agent in agents))
        await eventually("all delivered", lambda: set(vendor.texts()) >= set(sent))
        assert sorted(vendor.texts()) == sorted(sent)
        lag = command.json("lag")["directions"][0]
        assert all(member["client_id"].startswith("edna-amocrm-inbound-") for member in lag["members"])
        filled = {place["partition"] for place in lag["partitions"] if place["end"]}
        assert filled & set(range(BEFORE, AFTER))
    finally:
        for agent in agents:
            await agent.stop()
        await vendor.stop()


async def gateway_sees_the_difference(gateway: Gateway) -> None:
    deadline = time.monotonic() + 20
    while not (await gateway.ask("GET", "/ready")).json["missing_topics"]:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.1)


async def test_a_gateway_that_starts_on_another_number_ends_with_the_remedy(
    make_settings: MakeSettings, topics: None, tmp_path: Path
) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", cwd=tmp_path, env=environment(make_settings(topic_partitions=AFTER)),
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, said = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 78
    assert "or add partitions with `edna-amocrm topics create`" in said.decode().splitlines()[-1]
