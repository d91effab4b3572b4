"""`edna-amocrm dead-letters`: listed with their reasons, shown whole, and nothing personal unless it is asked for."""

from __future__ import annotations

import json
import re
from typing import get_args

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from bridge.events import encode
from ops.letters import LetterClass
from sandbox.kafka import Broker
from tests.broker.agents import ROOT, inbound, outbound
from tests.ops.process import Command, MakeSettings, refused
from tests.ops.stories import ANNA, BORIS, Writer

pytestmark = pytest.mark.broker

PRIVATE = "Очень личное"
DELIVERY = ROOT / "streams" / "delivery"


@pytest.fixture
async def letters(make_settings: MakeSettings, topics: None) -> list[str]:
    """Dead letters by the address that `show` takes: two of messages, one of bytes that are no JSON."""
    async with Writer(make_settings()) as writer:
        refused_answer = outbound("m-1", ANNA, PRIVATE).model_copy(update={"chat_id": "chat-1"})
        first = await writer.dead_letter("outbound", "chat-1", encode(refused_answer))
        second = await writer.dead_letter("inbound", BORIS.id, encode(inbound(1, BORIS, PRIVATE)), kind="cannot-carry")
        third = await writer.dead_letter("inbound", "x", b"\x1b[2J\xff" + PRIVATE.encode(), kind="poison")
    named = zip(("outbound", "inbound", "inbound"), (first, second, third), strict=True)
    return [f"{direction}/{position.partition}/{position.offset}" for direction, position in named]


def test_the_list_tells_class_reason_and_source_and_counts(letters: list[str], command: Command) -> None:
    done = command("dead-letters", "list")
    assert done.returncode == 0, done.stderr
    assert all(address in done.stdout for address in letters)
    assert "text-not-specified" in done.stdout
    assert f"{command.environment['TOPIC_PREFIX']}outbound/1/7" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("3 dead letters: ")
    assert command.json("dead-letters", "list")["classes"] == {"permanent": 1, "cannot-carry": 1, "poison": 1}


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        (("--direction", "inbound"), 2),
        (("--direction", "status"), 0),
        (("--class", "poison"), 1),
        (("--since", "1h"), 3),
        (("--since", "0s"), 0),
        (("--limit", "1"), 1),
    ],
)
def test_the_list_can_be_narrowed(letters: list[str], command: Command, filters: tuple[str, ...], count: int) -> None:
    assert len(command.json("dead-letters", "list", *filters)["dead_letters"]) == count


def test_every_class_that_is_written_can_be_asked_for() -> None:
    written = {
        *re.findall(r'DeadLettered\(\s*"([a-z-]+)"', "".join(path.read_text() for path in DELIVERY.glob("*.py"))),
    }
    assert written == set(get_args(LetterClass))


def test_where_nothing_is_wrong_a_line_says_so(topics: None, command: Command) -> None:
    assert command("dead-letters", "list").stdout == "no open dead letters\n"
    assert command("dead-letters", "list", "--all").stdout == "no dead letters\n"
    assert command("quarantine", "list").stdout == "nothing open in quarantine\n"


def test_one_is_shown_with_its_headers_and_body_without_what_is_personal(letters: list[str], command: Command) -> None:
    done = command("dead-letters", "show", letters[0])
    assert done.returncode == 0, done.stderr
    assert "dlq-reason" in done.stdout
    assert re.search(r"dlq-last-at +│ 2025-10-09 \d\d:\d\d:21\.000", done.stdout)
    body = json.loads(done.stdout[done.stdout.index("{") :])
    assert (body["message_id"], body["conversation_id"]) == ("m-1", "v1.default.345.…4567")
    assert PRIVATE not in done.stdout
    assert ANNA.address not in done.stdout
    whole = command.json("dead-letters", "show", letters[0], "--text")
    assert whole["body"]["content"]["text"] == PRIVATE
    assert whole["headers"]["dlq-version"] == "1"


def test_poison_is_shown_as_escapes_and_only_when_asked_for(letters: list[str], command: Command) -> None:
    hidden = command("dead-letters", "show", letters[2])
    assert "no JSON: " in hidden.stdout
    assert "1b 5b 32 4a ff" in hidden.stdout
    shown = command("dead-letters", "show", letters[2], "--text")
    assert r"b'\x1b[2J\xff" in shown.stdout
    assert "\x1b[2J" not in shown.stdout


def test_what_was_never_written_says_so(letters: list[str], command: Command) -> None:
    assert "never written" in refused(command("dead-letters", "show", "inbound/0/999"), 1)
    assert "no partition 99" in refused(command("dead-letters", "show", "inbound/99/0"), 1)


async def test_what_has_expired_says_so(letters: list[str], command: Command, broker: Broker) -> None:
    direction, partition, offset = letters[0].split("/")
    place = TopicPartition(f"{command.environment['TOPIC_PREFIX']}{direction}.dlq", int(partition))
    client = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap_servers)
    await client.start()
    await client.delete_records({place: RecordsToDelete(before_offset=int(offset) + 1)})
    await client.close()
    assert "has expired" in refused(command("dead-letters", "show", letters[0]), 1)
