"""The whole path under SIGKILL: gateway, two workers a direction, both vendors at 20 ms; nothing lost or twice."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import aiohttp
import pytest

from bridge.ids import Conversation, amojo_msgid
from bridge.settings import Settings
from sandbox.amojo import AmojoConfig, AmojoFake
from sandbox.edna import EdnaConfig, EdnaFake
from sandbox.journal import Entry
from tests.broker.agents import Agent, eventually
from tests.checker import Accepted, Arrived, Report, check

pytestmark = [pytest.mark.broker, pytest.mark.timeout(240)]

CONVERSATIONS = 200
EACH_WAY = 2_500  # 5,000 in all
LATENCY_MS = 20
KILLS = 3
FEEDERS = 40  # requests to the fakes at once
ATTEMPTS_IN_FLIGHT = 512


class World:
    """The fakes in this process, the product as processes."""

    def __init__(self, edna: EdnaFake, amojo: AmojoFake, settings: Settings, folder: Path) -> None:
        self.edna = edna
        self.amojo = amojo
        self.gateway = Agent("gateway", settings, folder, command=("gateway",))
        self.workers = [Agent(direction, settings, folder) for direction in ("inbound", "outbound") for _ in range(2)]
        self.status = Agent("status", settings, folder)

    async def start(self) -> None:
        """Start everything, and let the fakes know the gateway."""
        parts = [self.gateway, *self.workers, self.status]
        await asyncio.gather(*(part.start() for part in parts))
        self.edna.webhook_url = f"{self.gateway.url}/webhooks/edna"
        self.amojo.hook_url = f"{self.gateway.url}/webhooks/amocrm/:scope_id"

    async def stop(self) -> None:
        """End what runs."""
        for part in (self.gateway, *self.workers, self.status):
            await part.stop()


@pytest.fixture
async def world(make_settings: Callable[..., Settings], topics: None, tmp_path: Path) -> AsyncIterator[World]:
    """Everything, started, with both vendors at 20 ms."""
    plain = make_settings()
    edna = EdnaFake(EdnaConfig(api_key="test-api-key", cascade_id=1, webhook_key=None, retry_scale=0.02))
    amojo = AmojoFake(
        AmojoConfig(
            channel_id=plain.amocrm_channel_id or "",
            channel_secret="demosecretdemosecretdemosecretdemosecret",
            account_id=plain.amocrm_account_id or "",
        )
    )
    await edna.start()
    await amojo.start()
    settings = make_settings(
        edna_base_url=edna.url,
        amocrm_amojo_base_url=amojo.url,
        edna_send_path="/api/cascade/schedule",
        edna_cascade_id="1",
        session_timeout_s=6,
    )
    one = World(edna, amojo, settings, tmp_path)
    try:
        await one.start()
        async with aiohttp.ClientSession() as session:
            for fake in (edna, amojo):
                async with session.post(f"{fake.url}/faults", json={"latency_ms": LATENCY_MS}) as answer:
                    assert answer.status == 200, await answer.text()
        yield one
    finally:
        await one.stop()
        await edna.stop()
        await amojo.stop()


async def feed(world: World) -> list[Accepted]:
    """Clients and operators write, message by message within a conversation; returns what was written."""
    written: list[Accepted] = []
    rounds = EACH_WAY // CONVERSATIONS

    async def talk(session: aiohttp.ClientSession, turn: asyncio.Semaphore, number: int) -> None:
        conversation = Conversation("345", f"79{number:09d}")
        for sequence in range(EACH_WAY // CONVERSATIONS + (number < EACH_WAY % CONVERSATIONS)):
            edna_id, amojo_id = str(10**10 + number * 1000 + sequence), str(uuid.uuid4())
            text = f"{number}-{sequence}"
            async with turn:
                body = {"channel": "345", "address": conversation.address, "text": f"in {text}", "id": edna_id}
                async with session.post(f"{world.edna.url}/client/messages", json=body) as answer:
                    assert answer.status == 200, await answer.text()
                body = {"conversation_id": conversation.id, "text": f"out {text}", "id": amojo_id}
                async with session.post(f"{world.amojo.url}/operator/messages", json=body) as answer:
                    assert answer.status == 200, await answer.text()
            msgid = amojo_msgid("default", "345", edna_id)
            written.append(Accepted("inbound", conversation.id, msgid, sequence, 0, f"in {text}"))
            written.append(Accepted("outbound", conversation.address, amojo_id, sequence, 0, f"out {text}"))

    assert rounds > 0
    turn = asyncio.Semaphore(FEEDERS)
    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(talk(session, turn, number) for number in range(CONVERSATIONS)))
    return written


def inbound_call(entry: Entry) -> Arrived:
    """A `new_message` at amojo."""
    payload = json.loads(entry.body)["payload"]
    conversation, text = payload["conversation_id"], payload["message"]["text"]
    return Arrived("inbound", conversation, payload["msgid"], entry.outcome, entry.started, entry.at, text)


def outbound_call(entry: Entry) -> Arrived:
    """A send at edna."""
    body = json.loads(entry.body)
    address, text = body["subscriberFilter"]["address"], body["content"]["whatsappContent"]["text"]
    return Arrived("outbound", address, body["requestId"], entry.outcome, entry.started, entry.at, text)


def calls(world: World) -> list[Arrived]:
    """What reached the vendors."""
    at_amojo = [each for each in world.amojo.journal.entries if each.direction == "received"]
    at_edna = [each for each in world.edna.journal.entries if each.direction == "received"]
    return [
        *(inbound_call(each) for each in at_amojo if b'"event_type"' in each.body),
        *(outbound_call(each) for each in at_edna if each.path.startswith("/api/cascade/schedule")),
    ]


async def test_five_thousand_messages_survive_three_sigkills(world: World) -> None:
    feeding = asyncio.create_task(feed(world))
    done = 0

    def reached(goal: int) -> bool:
        return sum(call.outcome == "new" for call in calls(world)) >= goal

    for kill in range(KILLS):
        goal = 2 * EACH_WAY * (kill + 1) // (KILLS + 2)
        await eventually(f"{goal} delivered", partial(reached, goal), within_s=90)
        victim = world.workers[kill % len(world.workers)]
        await victim.kill()
        done += 1
        await victim.start(ready=False)
    accepted = await feeding
    assert done == KILLS
    await eventually("all delivered", partial(reached, len(accepted)), within_s=120)
    report: Report = check(accepted, calls(world))
    print(report)  # noqa: T201 - shown when it fails, and with -s
    assert report.violations == []
    assert report.repeated <= KILLS * ATTEMPTS_IN_FLIGHT
    assert max(report.max_in_flight.values()) >= 100
    assert len(accepted) == 2 * EACH_WAY


async def test_one_webhook_sent_three_times_across_a_restart_is_one_vendor_call(world: World) -> None:
    webhook = {
        "id": 14_558_923_001,
        "subject": "shop",
        "subjectId": 345,
        "subscriber": {"id": 1, "identifier": "79001234567"},
        "messageContent": {"type": "TEXT", "text": "once"},
    }
    async with aiohttp.ClientSession() as session:

        async def send(body: dict[str, object]) -> None:
            async with session.post(f"{world.gateway.url}/webhooks/edna", json=body) as answer:
                assert (answer.status, await answer.json()) == (200, {"code": "ok"})

        await send(webhook)
        await eventually("the call", lambda: [call.text for call in calls(world)] == ["once"])
        await send(webhook)
        for agent in world.workers:
            assert (await agent.terminate())[0] == 0
        await asyncio.gather(*(agent.start() for agent in world.workers))
        await send(webhook)
        behind = {**webhook, "id": 14_558_923_002, "messageContent": {"type": "TEXT", "text": "behind"}}
        await send(behind)
        await eventually("the one behind", lambda: "behind" in [call.text for call in calls(world)])
    assert [call.text for call in calls(world)] == ["once", "behind"]
