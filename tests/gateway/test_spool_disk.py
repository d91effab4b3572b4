"""A disk that is full or slow, and records that Kafka never takes: 503 only when nothing else is left (I1)."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from aiokafka.admin import NewTopic

from bridge.kafka.admin import admin_client, create_topics
from gateway.spool import Spool
from gateway.spool_folder import claim
from gateway.spool_record import SpoolRecord
from sandbox.kafka.broker import free_port
from tests.broker.agents import read_all
from tests.gateway.forms import hook
from tests.gateway.load import Load, Starts, becomes, said, url_of
from tests.gateway.server import Gateway, MakeSettings
from tests.gateway.spools import opened, record

pytestmark = pytest.mark.broker


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 400 kB where we may mount one; else a folder, and SPOOL_MAX_BYTES has to do."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(folder)], capture_output=True, check=False
    )
    yield folder
    if mounted.returncode == 0:
        subprocess.run(["umount", "-l", str(folder)], check=True)


async def test_with_kafka_away_and_the_disk_full_it_is_503_and_nothing_that_was_answered_200_is_lost(
    make_settings: MakeSettings, topics: None, start: Starts, small_disk: Path, tmp_path: Path
) -> None:
    settings = make_settings(spool_dir=str(small_disk), spool_max_bytes=1_048_576)
    cut = tmp_path / "cut"
    gateway = await start(settings, "tests.gateway.cut_off", str(cut))
    await becomes(gateway, "direct")
    load = Load(settings, padding=8_000)
    await load.write(url_of(gateway), each=2)
    cut.touch()
    await load.write(url_of(gateway), each=40)
    assert set(load.refused) == {503}
    assert load.count > 30
    refused = await said(gateway)
    assert (refused["status"], refused["ready"]) == (503, False)
    assert "the spool takes nothing: " in refused["detail"]
    cut.unlink()
    before = len(load.refused)
    await becomes(gateway, "direct")
    fill(small_disk)
    await load.write(url_of(gateway), each=10)
    assert len(load.refused) == before, "with Kafka there a full disk is nobody's trouble"
    assert (await said(gateway))["status"] == 200
    await load.check(settings)


def fill(folder: Path) -> None:
    """Leave no room, if the file system is small enough for that."""
    with suppress(OSError), (folder / "filler").open("wb", buffering=0) as file:
        for _ in range(100):
            file.write(b"x" * 8_192)


async def test_a_disk_that_hangs_makes_nobody_wait_for_long(
    make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    works = threading.Event()
    fdatasync = os.fdatasync
    monkeypatch.setattr("os.fdatasync", lambda file: (works.wait(20), fdatasync(file)))
    async with Gateway(make_settings(kafka_bootstrap_servers=f"127.0.0.1:{free_port()}")) as gateway:
        await gateway.becomes_ready(mode="spool", kafka="away")
        started = time.monotonic()
        answer = await gateway.amocrm(hook("x-1"))
        assert time.monotonic() - started < 4
        assert answer.status == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert "the disk is slow" in answer.json["detail"]
        works.set()
        assert (await gateway.amocrm(hook("x-1"))).status == 200


async def test_of_batches_that_are_too_large_for_the_broker_the_records_pass_in_order(
    make_settings: MakeSettings, tmp_path: Path
) -> None:
    settings = make_settings()
    async with admin_client(settings) as client:
        small = NewTopic(f"{settings.topic_prefix}inbound", 4, 1, topic_configs={"max.message.bytes": "40000"})
        await client.create_topics([small])
    await create_topics(settings)
    left = opened(tmp_path / "spool" / "dead")
    left.append([record(number, size=150_000 if number == 20 else 10_000) for number in range(33)])
    left.close()
    async with Gateway(settings) as gateway:
        await gateway.becomes_ready()
        assert (await gateway.ask("GET", "/ready")).json["spool"]["rejected"] == 1
    passed = dict.fromkeys(each.headers[0][1] for each in await read_all(settings, "inbound"))
    assert list(passed) == [b"%d" % number for number in range(33) if number != 20]


async def test_a_record_that_kafka_refuses_for_ever_is_set_aside_and_the_others_pass_in_order(
    make_settings: MakeSettings, tmp_path: Path
) -> None:
    settings = make_settings()
    async with admin_client(settings) as client:
        small = NewTopic(f"{settings.topic_prefix}inbound", 4, 1, topic_configs={"max.message.bytes": "2000"})
        await client.create_topics([small])
    await create_topics(settings)
    root = tmp_path / "spool"
    root.mkdir()
    found = claim(root / "dead", create=True)
    assert found is not None
    left = Spool(found, 10_000_000)
    sizes = [5_000 if number in (7, 8, 30) else 10 for number in range(40)]
    headers = (("ce_id", b"some-event"),)
    left.append([
        SpoolRecord("inbound", b"key", b"%d " % number + os.urandom(size), headers, 1_000 + number)
        for number, size in enumerate(sizes)
    ])  # fmt: skip
    left.close()
    async with Gateway(settings) as gateway:
        await gateway.becomes_ready()
        ready = (await gateway.ask("GET", "/ready")).json
        assert (ready["spool"]["records"], ready["spool"]["rejected"]) == (0, 3)
        assert "3 records were set aside in" in ready["detail"]
        assert b"edna_amocrm_gateway_spool_rejected 3.0" in (await gateway.ask("GET", "/metrics")).body
    passed = dict.fromkeys(int(record.value.split()[0]) for record in await read_all(settings, "inbound"))
    assert list(passed) == [number for number, size in enumerate(sizes) if size == 10]
    kept = [path.read_bytes().split(b"\n", 1) for path in (root / settings.instance / "rejected").iterdir()]
    assert all(b"Kafka refuses it for ever" in reason and b"some-event" in reason for reason, _ in kept)
