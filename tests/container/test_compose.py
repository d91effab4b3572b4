"""The compose file as people use it: messages cross, nothing is root, agents scale, parts stop, Kafka remembers."""

from __future__ import annotations

import json
import time
import uuid
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from tests.conftest import CREDENTIALS
from tests.container.docker import PARTS, Project, docker, eventually, fetch, filled_sample, inside, inspected

pytestmark = [pytest.mark.container, pytest.mark.timeout(900)]

PYTHON_PARTS = (*PARTS, "sandbox")
PARTITIONS = 12
CONVERSATIONS = 24  # so many that two agents of a direction surely both have some
STOP_WITHIN_S = 10.0
READY = "from urllib.request import urlopen; print(urlopen('http://127.0.0.1:28002/ready').read().decode())"


def client_writes(project: Project, address: str, text: str) -> None:
    document = {"channel": "345", "address": address, "text": text}
    status, answer = fetch(project.url("EDNA_FAKE_PORT", "/client/messages"), document)
    assert status == 200, answer


def operator_writes(project: Project, address: str, text: str) -> str:
    document = {"conversation_id": f"v1.default.345.{address}", "text": text}
    status, answer = fetch(project.url("AMOJO_FAKE_PORT", "/operator/messages"), document)
    assert status == 200, answer
    return str(json.loads(answer)["id"])


def operator_sees(project: Project) -> set[str]:
    messages = [json.loads(entry["body"]) for entry in project.journal("AMOJO_FAKE_PORT", "new_message")]
    return {message["payload"]["message"]["text"] for message in messages}


def client_gets(project: Project) -> dict[str, str]:
    """Request id → body of everything that edna was asked to send."""
    bodies = [entry["body"] for entry in project.journal("EDNA_FAKE_PORT", "schedule")]
    return {json.loads(body)["requestId"]: body for body in bodies}


def statuses_told(project: Project) -> set[str]:
    """The ids of the messages whose status amojo was told; an id is the last but one part of the path."""
    return {entry["path"].split("/")[-2] for entry in project.journal("AMOJO_FAKE_PORT", "delivery_status")}


def test_a_message_crosses_each_way_and_its_status_comes_back(sandboxed: Project) -> None:
    asked, answered = f"Есть чай? {uuid.uuid4()}", f"Есть. {uuid.uuid4()}"
    client_writes(sandboxed, "79001110001", asked)
    eventually("the operator sees the client's message", lambda: asked in operator_sees(sandboxed))
    message = operator_writes(sandboxed, "79001110001", answered)
    sent = eventually("edna is asked to send the answer", lambda: client_gets(sandboxed).get(message))
    assert answered in sent
    eventually("the operator is told that it was delivered", lambda: message in statuses_told(sandboxed))


def test_the_command_sends_its_test_message_through_the_containers(sandboxed: Project) -> None:
    said = inside(sandboxed.container("gateway"), "edna-amocrm", "send-test")
    assert said.count("delivered after 1 attempt") == 2, said


def test_parts_without_credentials_say_that_they_talk_to_fakes(sandboxed: Project) -> None:
    for part in PARTS:
        assert "EDNA_API_KEY, AMOCRM_CHANNEL_ID" in sandboxed.logs(part), part
        assert "FAKES" in sandboxed.logs(part), part


@pytest.mark.parametrize("part", PYTHON_PARTS)
def test_a_part_is_not_root_and_cannot_write_outside_tmp(sandboxed: Project, part: str) -> None:
    container = sandboxed.container(part)
    facts = inspected(container)
    assert facts["HostConfig"]["ReadonlyRootfs"]
    assert facts["HostConfig"]["CapDrop"] == ["ALL"]
    assert facts["HostConfig"]["SecurityOpt"] == ["no-new-privileges:true"]
    assert inside(container, "id", "-u").strip() == "10001"
    for folder in ("/app", "/opt/venv", "/var/lib"):
        said = inside(container, "sh", "-c", f"echo x >{folder}/x", codes=(1, 2))
        assert "Read-only file system" in said, said
    inside(container, "sh", "-c", "echo x >/tmp/x && rm /tmp/x")


def test_kafka_is_not_root_either(sandboxed: Project) -> None:
    assert inside(sandboxed.container("kafka"), "id", "-u").strip() != "0"


def test_nothing_is_published_beyond_this_machine(sandboxed: Project) -> None:
    bindings = [
        (service, binding["HostIp"], binding["HostPort"])
        for service in (*PYTHON_PARTS, "kafka")
        for bound in inspected(sandboxed.container(service))["HostConfig"]["PortBindings"].values()
        for binding in bound
    ]
    assert {host for _, host, _ in bindings} == {"127.0.0.1"}
    assert sorted(int(port) for _, _, port in bindings) == sorted(sandboxed.ports.values())


def test_two_agents_of_a_direction_share_its_partitions_and_messages_go_on(sandboxed: Project) -> None:
    def shares() -> list[set[int]]:
        said = [json.loads(inside(one, "python", "-c", READY)) for one in sandboxed.containers("outbound")]
        return [set(facts["partitions"]) for facts in said]

    try:
        sandboxed.up("--no-recreate", "--scale", "outbound=2")
        first, second = eventually("both have partitions", lambda: all(found := shares()) and found)
        assert first.isdisjoint(second)
        assert first | second == set(range(PARTITIONS))
        addresses = [f"7900222{number:04}" for number in range(CONVERSATIONS)]
        for address in addresses:
            client_writes(sandboxed, address, f"Алло {address}")
        eventually("all clients are known", lambda: {f"Алло {one}" for one in addresses} <= operator_sees(sandboxed))
        sent = {operator_writes(sandboxed, address, "Слушаю вас") for address in addresses}
        eventually("all of them arrive", lambda: sent <= client_gets(sandboxed).keys())
    finally:
        sandboxed.up("--no-recreate", "--scale", "outbound=1")


@pytest.mark.parametrize("part", PYTHON_PARTS)
def test_a_part_stops_in_order_in_less_than_ten_seconds(sandboxed: Project, part: str) -> None:
    container = sandboxed.container(part)
    started = time.monotonic()
    docker("stop", container)
    took = time.monotonic() - started
    state = inspected(container)["State"]
    sandboxed.up("--no-recreate")
    assert state["ExitCode"] == 0, sandboxed.logs(part)
    assert not state["OOMKilled"]
    assert took < STOP_WITHIN_S


async def ends_of_inbound(project: Project) -> dict[int, int]:
    """The end of each partition, asked on the port of this machine."""
    consumer = AIOKafkaConsumer(bootstrap_servers=f"127.0.0.1:{project.ports['KAFKA_HOST_PORT']}")
    await consumer.start()
    try:
        partitions = [TopicPartition("sandbox.edna-amocrm.inbound", number) for number in range(PARTITIONS)]
        return {one.partition: end for one, end in (await consumer.end_offsets(partitions)).items()}
    finally:
        await consumer.stop()


async def test_kafka_keeps_its_data_when_all_containers_are_removed(sandboxed: Project) -> None:
    text = f"Помните меня? {uuid.uuid4()}"
    client_writes(sandboxed, "79001110003", text)
    eventually("it has arrived", lambda: text in operator_sees(sandboxed))
    before = await ends_of_inbound(sandboxed)
    assert sum(before.values()) > 0
    old = sandboxed.container("kafka")
    sandboxed.compose("down", "--timeout", "10")
    sandboxed.up()
    assert sandboxed.container("kafka") != old
    assert await ends_of_inbound(sandboxed) == before
    text = f"И снова я. {uuid.uuid4()}"
    client_writes(sandboxed, "79001110003", text)
    eventually("messages go on", lambda: text in operator_sees(sandboxed))


@pytest.mark.parametrize("sample", [False, True], ids=["no .env", ".env.sample as it is"])
@pytest.mark.parametrize("part", PARTS)
def test_without_credentials_and_profile_a_part_ends_with_78_and_names_the_profile(
    bare: Project, tree: Path, part: str, sample: bool
) -> None:
    if sample:
        (tree / ".env").write_bytes((tree / ".env.sample").read_bytes())
    (line,) = bare.run(part, codes=(78,)).splitlines()
    assert "docker compose --profile sandbox up" in line
    assert ("EDNA_API_KEY" if part == "outbound" else "AMOCRM_CHANNEL_ID") in line


def test_a_part_gets_the_credentials_of_env_but_listens_as_its_container_must(bare: Project, tree: Path) -> None:
    (tree / ".env").write_text(filled_sample(tree) + "INBOUND_PORT=1\nEDNA_SEND_PATH=/api/cascade/schedule\n")
    said = bare.run("inbound", "python", "-m", "sandbox.container", "env").splitlines()
    credentials = [f"{name.upper()}={value}" for name, value in CREDENTIALS.items()]
    assert not {*credentials, "EDNA_SEND_PATH=/api/cascade/schedule"} - set(said)
    assert not {"LISTEN_HOST=0.0.0.0", "INBOUND_PORT=28001", "KAFKA_BOOTSTRAP_SERVERS=kafka:9092"} - set(said)


def test_without_credentials_and_profile_only_the_parts_end(bare: Project) -> None:
    bare.compose("up", "-d")
    for part in PARTS:
        eventually(f"{part} tells why", lambda part=part: "--profile sandbox" in bare.logs(part))  # type: ignore[misc]
    assert inspected(bare.container("topics"))["State"]["ExitCode"] == 0
    assert inspected(bare.container("kafka"))["State"]["Running"]
