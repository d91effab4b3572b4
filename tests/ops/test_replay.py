"""`edna-amocrm dead-letters replay|drop`: accepted again once each, however often it is run or killed."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest

from bridge.events import OutboundMessage, encode
from bridge.ids import Conversation, request_id
from bridge.kafka.producer import Position
from bridge.settings import Settings
from ops.link_moves import partition_of
from tests.broker.agents import inbound, outbound, read_all
from tests.ops.process import Command, Done, MakeSettings, refused
from tests.ops.stories import ANNA, BORIS, Writer

pytestmark = pytest.mark.broker

FLOWING = 8  # conversations
MANY = 60  # dead letters
# The command, killed when it would write its tenth marker: the events of that round stand there already.
DYING = """
import os, signal
from bridge.kafka.producer import Producer
send, markers = Producer.send, [0]
async def dying(self, topic, value, **rest):
    markers[0] += not value
    if markers[0] >= 10:
        os.kill(os.getpid(), signal.SIGKILL)
    return await send(self, topic, value, **rest)
Producer.send = dying
from ops.command import run
run()
"""


def conversations(count: int) -> list[Conversation]:
    return [Conversation("345", str(79_000_000_000 + number)) for number in range(count)]


async def standing(settings: Settings, topic: str) -> list[tuple[Any, dict[str, bytes], dict[str, Any]]]:
    """Every record of a topic with its headers and body, in order within a partition."""
    records = await read_all(settings, topic)
    return [(record, dict(record.headers), json.loads(record.value or b"{}")) for record in records]


async def replays(settings: Settings, topic: str) -> list[tuple[Any, dict[str, bytes], dict[str, Any]]]:
    return [each for each in await standing(settings, topic) if "replay-of" in each[1]]


async def run(command: Command, *arguments: str) -> Done:
    """The command in a thread, beside what the test does meanwhile."""
    return await asyncio.to_thread(command, *arguments)


async def test_while_new_ones_flow_each_is_accepted_once_and_what_it_follows_is_right(
    make_settings: MakeSettings, topics: None, command: Command
) -> None:
    settings = make_settings()
    async with Writer(settings) as writer:
        for number, conversation in enumerate(conversations(FLOWING)):
            await writer.buried(inbound(number, conversation, "мёртвое"), "budget")
            for later in range(1 + number % 4):
                await writer.question(1_000 + 10 * number + later, conversation, "раньше")
        running = asyncio.create_task(
            run(command, "dead-letters", "replay", "--direction", "inbound", "--yes", "--json")
        )
        flowing = 2_000
        while not running.done():
            await writer.question(flowing, conversations(FLOWING)[flowing % FLOWING])
            flowing += 1
        done = running.result()
    assert done.returncode == 0, done.stderr
    told = {row["event_id"]: row for row in json.loads(done.stdout)["replayed"]}
    found = await standing(settings, "inbound")
    again = [each for each in found if "replay-of" in each[1]]
    assert Counter(body["event_id"] for _, _, body in again) == Counter(dict.fromkeys(told, 1))
    assert len(told) == FLOWING
    for record, headers, body in again:
        before = [
            other for each, _, other in found
            if each.key == record.key and each.partition == record.partition and each.offset < record.offset
        ]  # fmt: skip
        row = told[body["event_id"]]
        assert row["follows"] == len(before) - 1  # all but the dead one itself, which was the first
        assert row["position"] == f"inbound/{record.partition}/{record.offset}"
        assert body["accepted_at"] > max(each["accepted_at"] for each in before if each["content"]["text"] == "раньше")
        assert headers["replay-of"].decode() == row["replay_of"] != body["event_id"]
        assert headers["ce_id"].decode() == body["event_id"]
        assert headers["ce_type"] == b"inbound.message"


async def test_the_same_command_twice_accepts_once_and_hides_what_is_done(
    make_settings: MakeSettings, topics: None, command: Command
) -> None:
    settings = make_settings()
    async with Writer(settings) as writer:
        address = await writer.buried(inbound(1, ANNA, "первое"))
        other = await writer.buried(inbound(2, BORIS, "второе"))
    first = command("dead-letters", "replay", address)
    assert first.returncode == 0, first.stderr
    assert "none newer" in first.stdout
    assert first.stdout.endswith("1 replayed\n")
    second = command("dead-letters", "replay", address)
    assert (second.returncode, f"{address} was replayed already" in second.stdout) == (0, True)
    assert len(await replays(settings, "inbound")) == 1
    both = command.json("dead-letters", "list", "--all")
    assert both["classes"] == {"permanent": 2}
    assert {row["where"]: row["state"] for row in both["dead_letters"]} == {address: "replayed", other: "open"}
    assert "replayed at " in command("dead-letters", "show", address).stdout
    marker = [record for record in await read_all(settings, "inbound.dlq") if not record.value]
    assert kinds(command, ANNA).count("dead letter") == 1
    place = f"inbound/{marker[0].partition}/{marker[0].offset}"
    assert "is no dead letter" in refused(command("dead-letters", "show", place), 1)


def kinds(command: Command, conversation: Conversation) -> list[str]:
    (found,) = command.json("trace", conversation.address)["conversations"]
    return [row["kind"] for row in found["rows"]]


async def test_killed_between_events_and_markers_it_goes_on_where_it_was(
    make_settings: MakeSettings, topics: None, command: Command
) -> None:
    settings = make_settings()
    async with Writer(settings) as writer:
        events = [inbound(number, each, "мёртвое") for number, each in enumerate(conversations(MANY))]
        await asyncio.gather(*(writer.buried(event, "budget") for event in events))
    words = ("dead-letters", "replay", "--direction", "inbound", "--yes")
    dying = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", DYING, *words], cwd=command.folder, env=command.environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, timeout=60,
    )  # fmt: skip
    assert dying.returncode == -signal.SIGKILL
    written = await replays(settings, "inbound")
    marked = sum(not record.value for record in await read_all(settings, "inbound.dlq"))
    assert written, "killed before it wrote anything"
    assert marked < len(written), "an event without its marker is what this is about"
    second = command(*words)
    assert second.returncode == 0, second.stderr
    again = Counter(body["event_id"] for _, _, body in await replays(settings, "inbound"))
    assert set(again.values()) == {1}
    assert len(again) == MANY >= len(written)
    assert command("dead-letters", "list").stdout == "no open dead letters\n"


async def test_an_event_whose_marker_is_missing_is_found_and_only_marked(
    make_settings: MakeSettings, topics: None, command: Command
) -> None:
    settings = make_settings()
    async with Writer(settings) as writer:
        event = inbound(1, ANNA, "мёртвое")
        address = await writer.buried(event)
        row = command.json("dead-letters", "replay", address, "--dry-run")["replayed"][0]
        assert (row["position"], row["follows"]) == (None, 0)
        await writer.write("inbound", ANNA.id, encode(event.model_copy(update={"event_id": row["event_id"]})))
    done = command("dead-letters", "replay", address)
    assert done.stdout.endswith("0 replayed, 1 stood there already\n"), done
    assert len(await read_all(settings, "inbound")) == 2
    assert [record.value for record in await read_all(settings, "inbound.dlq")][1:] == [b""]


async def test_what_edna_refused_for_good_gets_its_next_id_and_what_it_may_have_keeps_it(
    make_settings: MakeSettings, topics: None, command: Command
) -> None:
    settings = make_settings()
    ids = [f"2c2dd5f1-5ad8-449d-9c38-b6bdf288f1e{number}" for number in range(3)]
    async with Writer(settings) as writer:
        await writer.buried(outbound(ids[0], ANNA, "раз"), "permanent")
        await writer.buried(outbound(ids[1], ANNA, "два"), "budget")
        last = await writer.buried(outbound(ids[2], ANNA, "три").model_copy(update={"replay": 9}), "permanent")
    assert "no further one" in refused(command("dead-letters", "replay", last), 1)
    done = command.json("dead-letters", "replay", "--direction", "outbound", "--yes")
    assert [row["where"] for row in done["left"]] == [last]
    events = [OutboundMessage.model_validate_json(record.value) for record, _, _ in await replays(settings, "outbound")]
    assert [request_id(event.message_id, replay=event.replay) for event in events] == [
        f"{ids[0].replace('-', '')}-r1",
        ids[1],
    ]
    assert [row["follows"] for row in done["replayed"]] == [1, 1]  # the one that is left; not each other


async def test_after_the_topics_grew_it_follows_what_came_where_its_key_belongs_now(
    make_settings: MakeSettings, topics: None, command: Command
) -> None:
    settings = make_settings()
    today = partition_of(ANNA.id.encode(), settings.topic_partitions)
    before = (today + 1) % settings.topic_partitions
    async with Writer(settings) as writer:
        older, event, newer = (inbound(number, ANNA, "мёртвое") for number in range(3))
        event, newer = (
            one.model_copy(update={"accepted_at": older.accepted_at + later}) for later, one in ((1, event), (2, newer))
        )
        await writer.write("inbound", ANNA.id, encode(older))
        source = await writer.write("inbound", ANNA.id, encode(event), partition=before)
        letter = await writer.dead_letter("inbound", ANNA.id, encode(event), source=source)
        await writer.write("inbound", ANNA.id, encode(newer))
    address = f"inbound/{before}/{letter.offset}"
    (row,) = command.json("dead-letters", "replay", address)["replayed"]
    assert (row["follows"], row["position"]) == (1, f"inbound/{today}/2")


async def test_poison_is_refused_with_its_remedy_and_can_be_dropped(
    make_settings: MakeSettings, topics: None, command: Command
) -> None:
    settings = make_settings()
    async with Writer(settings) as writer:
        good = await writer.buried(inbound(1, ANNA, "хорошее"))
        position = await writer.dead_letter("inbound", "x", b"\xff", kind="poison")
    bad = f"inbound/{position.partition}/{position.offset}"
    line = refused(command("dead-letters", "replay", good, bad), 1)
    assert f"{bad} holds no event that could be replayed: `drop` it" in line
    assert await replays(settings, "inbound") == []
    dropped = command("dead-letters", "drop", bad)
    assert dropped.stdout == "1 dropped: `list` hides them, and nothing was deleted\n"
    assert command.json("dead-letters", "list")["classes"] == {"permanent": 1}
    assert "dropped at " in command("dead-letters", "show", bad).stdout
    assert len(await read_all(settings, "inbound.dlq")) == 3


async def test_filters_choose_and_ask_first(make_settings: MakeSettings, topics: None, command: Command) -> None:
    settings = make_settings()
    async with Writer(settings) as writer:
        for number, (conversation, kind) in enumerate([(ANNA, "budget"), (BORIS, "budget"), (ANNA, "too-old")]):
            await writer.buried(inbound(number, conversation, "мёртвое"), kind)
        source = Position(partition_of(ANNA.id.encode(), 4), 0)
        await writer.dead_letter("inbound", ANNA.id, encode(inbound(0, ANNA, "x")), kind="budget", source=source)
    assert command.json("dead-letters", "list")["classes"] == {"budget": 2, "too-old": 1}  # one stands there twice
    chosen = ("dead-letters", "replay", "--direction", "inbound", "--class", "budget")
    asked = command(*chosen)
    assert (asked.returncode, asked.stdout) == (1, "")
    assert "replay 2 dead letters (2 budget)? [y/N]" in asked.stderr
    assert await replays(settings, "inbound") == []
    rows = command.json(*chosen, "--conversation", ANNA.id, "--yes")["replayed"]
    assert [(row["class"], row["follows"]) for row in rows] == [("budget", 1)]
    assert "nothing to drop" in refused(command("dead-letters", "drop", "--direction", "status"), 1)
