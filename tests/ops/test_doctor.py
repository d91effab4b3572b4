"""`edna-amocrm doctor` on a real Kafka, beside real parts and the fakes: rows, exit codes, and nothing secret."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

import pytest

from bridge.events import QuarantineReason, encode
from bridge.kafka.admin import missing_topics
from ops.checks import kafka
from ops.checks.check import Check
from sandbox import credentials
from sandbox.faults import Fault
from sandbox.kafka.broker import free_port
from tests.broker.agents import Agent, eventually, outbound, produce, record
from tests.gateway.server import Gateway
from tests.ops.fakes import amojo_fake, edna_fake
from tests.ops.patients import KNOWN, examined, run
from tests.ops.process import Command, MakeSettings, refused
from tests.ops.stories import ANNA, Writer

pytestmark = pytest.mark.broker

PHONE = ANNA.address


@pytest.fixture
async def shown_topics(make_settings: MakeSettings, topics: None) -> None:
    """The topics of this test, once the broker shows them: it confirms them some moments before."""
    deadline = time.monotonic() + 20.0
    while missing := await missing_topics(make_settings()):
        assert time.monotonic() < deadline, missing
        await asyncio.sleep(0.02)


async def test_kafka_that_is_away_is_one_row_with_the_variable(make_settings: MakeSettings) -> None:
    rows = await examined(kafka.examine, make_settings(kafka_bootstrap_servers=f"127.0.0.1:{free_port()}"))
    assert set(rows) == {kafka.KAFKA}
    assert rows[kafka.KAFKA].verdict == "wrong"
    assert "KAFKA_BOOTSTRAP_SERVERS" in rows[kafka.KAFKA].remedy


async def test_missing_and_differing_topics_are_told_and_nothing_is_created(
    make_settings: MakeSettings, shown_topics: None
) -> None:
    absent = await examined(kafka.examine, make_settings(topic_prefix="another."))
    again = await examined(kafka.examine, make_settings(topic_prefix="another."))
    for rows in (absent, again):
        assert rows[kafka.KAFKA].detail.endswith("version 4 or newer")
        assert (rows[kafka.TOPICS].verdict, rows[kafka.TOPICS].remedy) == ("wrong", kafka.CREATE)
        assert "another.inbound is missing" in rows[kafka.TOPICS].detail
        assert "group inbound" not in rows
    differing = await examined(kafka.examine, make_settings(topic_partitions=5))
    assert "4 partitions, not 5" in differing[kafka.TOPICS].detail
    assert "TOPIC_PARTITIONS" in differing[kafka.TOPICS].remedy


async def test_a_factor_that_the_cluster_cannot_hold_is_wrong(make_settings: MakeSettings) -> None:
    rows = await examined(kafka.examine, make_settings(topic_replication_factor=3))
    assert rows["replication"].verdict == "wrong"
    assert "1 broker" in rows["replication"].detail


async def test_what_waits_for_a_person_or_for_an_agent_is_counted(
    make_settings: MakeSettings, shown_topics: None
) -> None:
    settings = make_settings()
    empty = await examined(kafka.examine, settings)
    wanted = {kafka.LETTERS: "ok", kafka.ASIDES: "ok", "group inbound": "warning"}
    assert wanted == {name: row.verdict for name, row in empty.items() if name in wanted}, empty.get("consumer groups")
    async with Writer(settings) as writer:
        await writer.question(1, ANNA)
        for number in range(2):
            event = outbound(f"m-{number}", ANNA, "x")
            await writer.dead_letter("outbound", "chat", encode(event), kind=("permanent", "budget")[number])
        await writer.aside(QuarantineReason.UNSUPPORTED, "/webhooks/edna", b"{}", int(time.time() * 1000))
    rows = await examined(kafka.examine, settings)
    assert rows[kafka.LETTERS] == Check(
        kafka.LETTERS, "warning", "2 open (budget 1, permanent 1)", "see `edna-amocrm dead-letters list`"
    )
    assert rows[kafka.ASIDES].detail == "1 open (unsupported 1)"
    assert "group inbound" in rows, rows
    assert rows["group inbound"].verdict == "wrong"  # an event waits, and nobody works
    assert "python -m streams inbound" in rows["group inbound"].remedy
    assert rows["group outbound"].verdict == "warning"


async def test_a_world_that_is_well_ends_with_0_and_an_open_breaker_with_1(
    make_settings: MakeSettings, shown_topics: None, known_command: Command, tmp_path: Path
) -> None:
    async with amojo_fake() as amojo, edna_fake() as edna:
        amojo.vendor.scope.connected = True
        settings = make_settings(**KNOWN, edna_base_url=edna.url, amocrm_amojo_base_url=amojo.url)
        agent = Agent("outbound", settings, tmp_path)
        async with Gateway(settings) as gateway:
            await gateway.becomes_ready()
            await agent.start()
            environment = {
                "EDNA_BASE_URL": edna.url,
                "AMOCRM_AMOJO_BASE_URL": amojo.url,
                "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
                "TOPIC_PREFIX": settings.topic_prefix,
                "TOPIC_PARTITIONS": str(settings.topic_partitions),
                "SPOOL_DIR": settings.spool_dir,
                "PUBLIC_BASE_URL": f"http://127.0.0.1:{gateway.port}",
                "GATEWAY_PORT": str(gateway.port),
                "OUTBOUND_URL": str(agent.url),
                **{f"{name}_PORT": str(free_port()) for name in ("INBOUND", "STATUS")},
            }
            done = await run(known_command, "doctor", **environment)
            assert done.returncode == 0, done
            assert done.stderr == ""
            assert "wrong" not in done.stdout.splitlines()[-1]
            assert "it is ready and works on 4 partitions" in done.stdout

            edna.faults.set(Fault("/api/cascade/schedule", status=401))
            await produce(settings, "outbound", [record(outbound("m-1", ANNA, "Личное"))])
            await eventually("a breaker opens", lambda: "breaker.open" in agent.log)
            done = await run(known_command, "doctor", "--json", **environment)
        await agent.stop()
    assert done.returncode == 1, done
    told = json.loads(done.stdout)
    wrong = [each for each in told["checks"] if each["verdict"] == "wrong"]
    assert [each["name"] for each in wrong] == ["outbound: breaker"], wrong
    assert wrong[0]["detail"].startswith("channel 345: ")
    assert wrong[0]["detail"].endswith("refused: edna answered 401")
    assert "EDNA_API_KEY" in wrong[0]["remedy"]
    assert told["ok"] is False
    for secret in (credentials.EDNA_API_KEY, credentials.EDNA_WEBHOOK_KEY, credentials.AMOCRM_CHANNEL_SECRET, PHONE):
        assert secret not in done.stdout + done.stderr


async def test_a_wrong_variable_is_one_line_and_exit_78(known_command: Command) -> None:
    assert "TOPIC_PARTITIONS" in refused(await run(known_command, "doctor", TOPIC_PARTITIONS="none"), 78)
