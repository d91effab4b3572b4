"""Agents while Kafka is away: they wait to begin, end in time, and go on by themselves (I6, I8)."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp
import pytest

from bridge.ids import Conversation
from bridge.kafka.admin import create_topics
from bridge.settings import Settings
from sandbox.kafka import Broker
from tests.broker.agents import Agent, eventually, outbound, produce, record
from tests.broker.vendor import Vendor

pytestmark = [pytest.mark.broker]


@pytest.fixture
async def vendor() -> AsyncIterator[Vendor]:
    """A vendor for both directions."""
    one = await Vendor().start()
    yield one
    await one.stop()


@pytest.fixture
async def given(own_broker: Broker, make_settings: Callable[..., Settings], vendor: Vendor) -> Settings:
    """Settings on a broker of the test's own, with its topics."""
    settings = make_settings(
        kafka_bootstrap_servers=own_broker.bootstrap_servers,
        edna_base_url=vendor.url,
        edna_send_path="/api/cascade/schedule",
        edna_cascade_id="1",
        session_timeout_s=6,
    )
    await create_topics(settings)
    return settings


@pytest.fixture
async def agent(given: Settings, tmp_path: Path) -> AsyncIterator[Agent]:
    """An outbound agent, not started."""
    one = Agent("outbound", given, tmp_path)
    yield one
    await one.stop()


def message(text: str) -> tuple[str, bytes]:
    return record(outbound(str(uuid.uuid4()), Conversation("345", "79001234567"), text))


async def test_sigterm_ends_an_agent_in_time_while_kafka_is_silent(
    own_broker: Broker, given: Settings, vendor: Vendor, agent: Agent
) -> None:
    await produce(given, "outbound", [message("one")])
    await agent.start()
    await eventually("the call", lambda: vendor.texts() == ["one"])
    vendor.hold("two")
    await produce(given, "outbound", [message("two")])
    await eventually("the second call", lambda: vendor.texts() == ["one", "two"])
    await own_broker.pause()
    vendor.release("two")  # its receipt can no longer be confirmed
    code, seconds = await agent.terminate()
    await own_broker.resume()
    assert code == 0
    assert seconds < 10


async def test_an_agent_waits_for_kafka_says_so_and_then_works(
    own_broker: Broker, given: Settings, vendor: Vendor, agent: Agent
) -> None:
    await produce(given, "outbound", [message("waiting")])
    await own_broker.kill()
    await agent.start(ready=False)
    await eventually("it says what it waits for", lambda: '"kafka.waiting"' in agent.log)
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{agent.url}/ready") as answer:
            assert answer.status == 503
            assert (await answer.json())["waiting_for"] == "kafka"
        async with session.get(f"{agent.url}/health") as answer:
            assert answer.status == 200
    await own_broker.start()
    await agent.wait_ready()
    await eventually("the call", lambda: vendor.texts() == ["waiting"])


async def test_after_a_restart_of_the_broker_messages_flow_again_and_none_is_sent_twice(
    own_broker: Broker, given: Settings, vendor: Vendor, agent: Agent
) -> None:
    await agent.start()
    await produce(given, "outbound", [message("before")])
    await eventually("the first call", lambda: vendor.texts() == ["before"])
    await own_broker.stop()
    await own_broker.start()
    await produce(given, "outbound", [message("after")])
    await eventually("the second call", lambda: "after" in vendor.texts(), within_s=60)
    assert vendor.texts() == ["before", "after"]
