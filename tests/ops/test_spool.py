"""`edna-amocrm spool`: what gateways left on disk is shown, and drained unless a gateway has it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from bridge.kafka.admin import create_topics
from gateway.spool import Spool
from gateway.spool_folder import claim, folders_in
from gateway.spool_record import SpoolRecord
from gateway.spool_segment import paths_in
from sandbox.kafka.broker import free_port
from tests.broker.agents import read_all
from tests.ops.process import Command, MakeSettings, refused

pytestmark = [pytest.mark.broker]

COUNT = 1_200


def filled(root: Path, name: str, count: int, *, topic: str = "inbound") -> Spool:
    """A folder with records in it, locked by this process."""
    root.mkdir(exist_ok=True)
    found = claim(root / name, create=True)
    assert found is not None
    spool = Spool(found, 100_000_000)
    moment = time.time_ns() // 1_000_000 - 60_000
    headers = (("ce_id", b"some-event"),)
    spool.append([SpoolRecord(topic, b"k", b"%s %d" % (name.encode(), n), headers, moment + n) for n in range(count)])
    return spool


async def test_folders_of_the_dead_are_shown_and_drained_in_order_and_a_running_gateways_is_refused(
    make_settings: MakeSettings, topics: None, command: Command, tmp_path: Path
) -> None:
    root = tmp_path / "spool"
    filled(root, "dead", COUNT).close()
    running = filled(root, "running", 3)
    found = {each["folder"]: each for each in command.json("spool", "status")["folders"]}
    assert [(found[name]["running"], found[name]["records"]) for name in ("dead", "running")] == [
        (False, COUNT),
        (True, 3),
    ]
    assert 58 < found["dead"]["oldest_s"] < 120
    table = command("spool", "status").stdout
    assert "gone" in table
    assert "runs" in table
    assert "running is not drained here" in refused(command("spool", "drain", "running"), 1)
    assert "no folder nobody" in refused(command("spool", "drain", "nobody"), 1)

    done = command("spool", "drain")
    assert (done.returncode, done.stdout) == (1, f"{COUNT} drained into Kafka\n"), done
    assert "running is not drained here (3 wait): a running gateway has it" in done.stderr
    assert [record.value.decode() for record in await read_all(make_settings(), "inbound")] == [
        f"dead {number}" for number in range(COUNT)
    ]
    assert folders_in(root) == [root / "running"]
    running.close()
    assert command("spool", "drain", "running").stdout == "3 drained into Kafka\n"
    assert command("spool", "drain").stdout == "nothing waits\n"
    assert command("spool", "status", SPOOL_DIR="spool").stdout == f"no gateway has a spool in {tmp_path / 'spool'}\n"


async def test_what_is_damaged_is_set_aside_and_said(
    make_settings: MakeSettings, topics: None, command: Command, tmp_path: Path
) -> None:
    root = tmp_path / "spool"
    filled(root, "dead", 5).close()
    (path,) = paths_in(root / "dead")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    done = command("spool", "drain", "dead")
    assert done.returncode == 0, done.stderr
    assert "1 were not taken" in done.stderr
    assert len(await read_all(make_settings(), "inbound")) == 4
    (folder,) = command.json("spool", "status")["folders"]
    assert (folder["records"], folder["rejected"]) == (0, 1)


async def test_without_kafka_or_topics_nothing_is_taken_out(
    make_settings: MakeSettings, command: Command, tmp_path: Path
) -> None:
    filled(tmp_path / "spool", "dead", 5).close()
    assert "edna-amocrm topics create" in refused(command("spool", "drain"), 78)
    away = command("spool", "drain", KAFKA_BOOTSTRAP_SERVERS=f"127.0.0.1:{free_port()}")
    assert "check KAFKA_BOOTSTRAP_SERVERS" in refused(away, 1)
    (folder,) = command.json("spool", "status")["folders"]
    assert folder["records"] == 5
    await create_topics(make_settings())
    assert command("spool", "drain").returncode == 0
    assert len(await read_all(make_settings(), "inbound")) == 5
