"""The `edna-amocrm` command as a process: what it says of itself, and one line for everything that goes wrong."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys

import pytest
from typer.testing import CliRunner

import bridge
from bridge.kafka.admin import topic_configs
from bridge.topics import TOPICS
from ops.command import app
from sandbox.kafka import Broker
from tests.ops.process import Command, MakeSettings, refused

pytestmark = [pytest.mark.broker]

COMMANDS = (
    ("topics", "create"),
    ("topics", "describe"),
    ("lag",),
    ("trace",),
    ("dead-letters", "list"),
    ("dead-letters", "show"),
    ("dead-letters", "replay"),
    ("dead-letters", "drop"),
    ("quarantine", "list"),
    ("quarantine", "show"),
    ("quarantine", "replay"),
    ("spool", "status"),
    ("spool", "drain"),
    ("send-test",),
    ("doctor",),
    ("connect",),
    ("disconnect",),
    ("webhooks", "set"),
)


def test_topics_are_created_once_and_described(command: Command) -> None:
    missing = command("topics", "describe")
    assert missing.returncode == 1
    assert "is missing" in missing.stdout
    created = command("topics", "create")
    assert created.returncode == 0, created.stderr
    assert f"created {len(TOPICS)} topics" in created.stdout
    assert "all topics are there" in command("topics", "create").stdout
    described = command("topics", "describe")
    assert described.returncode == 0
    assert all(command.environment["TOPIC_PREFIX"] + topic.name in described.stdout for topic in TOPICS)


def test_fewer_partitions_are_refused_by_name(command: Command) -> None:
    assert command("topics", "create").returncode == 0
    assert "TOPIC_PARTITIONS=2" in refused(command("topics", "create", TOPIC_PARTITIONS="2"), 78)
    assert command("topics", "describe").returncode == 0


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_the_help_of_every_command_has_an_example(words: tuple[str, ...]) -> None:
    done = CliRunner().invoke(app, [*words, "--help"])
    assert done.exit_code == 0
    assert f"edna-amocrm {' '.join(words)}" in done.stdout.split("Example:")[1]


def test_it_tells_its_version(command: Command) -> None:
    assert command("--version").stdout == f"edna-amocrm {bridge.__version__}\n"


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("lag", "--bogus"), "--bogus"),
        (("nothing",), "nothing"),
        (("trace",), "EVENT_ID|PHONE"),
        (("trace", "x", "--since", "yesterday"), "--since"),
        (("dead-letters", "list", "--direction", "sideways"), "sideways"),
        (("dead-letters", "list", "--limit", "0"), "--limit"),
        (("dead-letters", "show", "inbound/3"), "DIRECTION/PARTITION/OFFSET"),
        (("dead-letters", "replay"), "--direction"),
        (("dead-letters", "drop", "inbound/0/0", "--class", "budget"), "not both"),
        (("dead-letters", "list", "--class", "permament"), "permament"),
        (("quarantine", "list", "--reason", "boredom"), "boredom"),
        (("quarantine", "replay"), "--reason"),
        (("quarantine", "replay", "1", "--reason", "unsupported"), "not both"),
        (("send-test", "--phone", "12345"), "--phone"),
        (("send-test", "--to", "nobody"), "nobody"),
        (("send-test", "--wait", "soon"), "--wait"),
    ],
)
def test_bad_arguments_are_one_line_and_exit_2(command: Command, words: tuple[str, ...], named: str) -> None:
    assert named in refused(command(*words), 2)


@pytest.mark.parametrize(
    "words",
    [
        ("topics", "create"),
        ("topics", "describe"),
        ("lag",),
        ("trace", "x"),
        ("dead-letters", "list"),
        ("dead-letters", "show", "inbound/0/0"),
        ("dead-letters", "replay", "inbound/0/0"),
        ("quarantine", "list"),
        ("send-test", "--to", "operator", "--phone", "79001234567"),
    ],
    ids=" ".join,
)
def test_an_absent_broker_is_one_line_and_exit_1(command: Command, words: tuple[str, ...]) -> None:
    line = refused(command(*words, KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1"), 1)
    assert line.endswith("check KAFKA_BOOTSTRAP_SERVERS")


def test_a_wrong_variable_is_one_line_and_exit_78(command: Command) -> None:
    line = refused(command("topics", "create", TOPIC_PARTITIONS="none"), 78)
    assert line.startswith("edna-amocrm: TOPIC_PARTITIONS: ")


@pytest.mark.parametrize("servers", ["kafka:port", "[::1"])
def test_servers_that_are_no_addresses_are_one_line_and_exit_78(command: Command, servers: str) -> None:
    line = refused(command("lag", KAFKA_BOOTSTRAP_SERVERS=servers), 78)
    assert line.startswith("edna-amocrm: KAFKA_BOOTSTRAP_SERVERS: ")


def test_a_fault_of_the_command_itself_is_one_line_that_holds_nothing_of_what_it_worked_on(command: Command) -> None:
    broken = """if True:
        import sys
        from ops import command
        def show(as_json):
            raise RuntimeError("very private")
        command.lag.show = show
        sys.argv = ["edna-amocrm", "lag"]
        command.run()"""
    done = subprocess.run(
        [sys.executable, "-c", broken], cwd=command.folder, env=command.environment, capture_output=True, text=True,
        check=False, timeout=90,
    )  # fmt: skip
    line = refused(done, 1)
    assert "RuntimeError" in line
    assert "report" in line
    assert "private" not in line


def test_missing_topics_are_one_line_that_names_the_remedy(command: Command) -> None:
    for words in (
        ("trace", "x"),
        ("dead-letters", "list"),
        ("dead-letters", "show", "inbound/0/0"),
        ("quarantine", "list"),
    ):
        assert "edna-amocrm topics create" in refused(command(*words), 1)


def test_topics_that_are_kept_otherwise_are_noted_and_no_error(
    command: Command, broker: Broker, make_settings: MakeSettings
) -> None:
    assert command("topics", "create").returncode == 0
    from aiokafka.admin import AIOKafkaAdminClient
    from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

    settings = make_settings()

    async def keep_for_an_hour() -> None:
        client = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap_servers)
        await client.start()
        name = command.environment["TOPIC_PREFIX"] + "inbound.dlq"
        await client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, {"retention.ms": "3600000"})])
        await client.close()
        async with asyncio.timeout(30):  # the broker follows its controller a moment later
            while (await topic_configs(settings, [name]))[name]["retention.ms"] != "3600000":
                await asyncio.sleep(0.05)

    asyncio.run(keep_for_an_hour())
    described = command("topics", "describe")
    assert described.returncode == 0
    assert "retention.ms is 3600000, not 2592000000" in described.stdout


async def test_ctrl_c_is_exit_130_without_a_word(command: Command) -> None:
    asked = asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await reader.read()
        writer.close()

    silent = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    async with silent:
        port = silent.sockets[0].getsockname()[1]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "ops", "lag", cwd=command.folder, stderr=subprocess.PIPE, stdout=subprocess.PIPE,
            env=command.environment | {"KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{port}"},
        )  # fmt: skip
        await asyncio.wait_for(asked.wait(), 30)
        process.send_signal(signal.SIGINT)
        out, err = await asyncio.wait_for(process.communicate(), 30)
    assert (process.returncode, out, err) == (130, b"", b"")
