"""Kafka that is stopped, and receipts not read yet: `/ready` tells the truth, and all goes on by itself (I8)."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from bridge.ids import Conversation
from bridge.kafka.admin import create_topics
from bridge.settings import Settings
from sandbox.kafka import Broker
from tests.broker.agents import Agent, eventually, outbound, produce, read_all, record
from tests.broker.vendor import HANGS, Vendor

pytestmark = [pytest.mark.broker]


def message(words: str, conversation: int = 0) -> tuple[str, bytes]:
    """An operator's message."""
    message_id = str(uuid.uuid5(uuid.NAMESPACE_URL, words))
    return record(outbound(message_id, Conversation("345", f"7900000{conversation:04d}"), words))


async def until(agent: Agent, status: int, within_s: float = 20.0, **wanted: Any) -> dict[str, Any]:
    """Wait until `/ready` answers with this status and these facts."""
    deadline = time.monotonic() + within_s
    while True:
        found, facts = await agent.facts()
        if found == status and wanted.items() <= facts.items():
            return facts
        assert time.monotonic() < deadline, f"{found}: {facts}"
        await asyncio.sleep(0.02)


async def test_an_agent_is_ready_only_with_its_receipts_read_and_kafka_there_and_survives_a_silent_broker(
    own_broker: Broker, tuned: Callable[..., Settings], vendor: Vendor, agent: Callable[..., Agent]
) -> None:
    given = tuned(kafka_bootstrap_servers=own_broker.bootstrap_servers)
    await create_topics(given)
    vendor.remembers = True
    sender = await agent("outbound", given, "slow=streams.delivery.receipts:Receipts.load@0.5").start(ready=False)
    await eventually("it listens", lambda: sender.url)
    await until(sender, 503, receipts_read=False)
    await produce(given, "outbound", [message(f"before {n}", n) for n in range(20)])
    await until(sender, 200, receipts_read=True)
    await eventually("the first ones", lambda: len(vendor.seen()) == 20)
    vendor.troubles["away"] = HANGS
    vendor.hold("in the silence")
    await produce(given, "outbound", [message("away", 1), message("in the silence", 2)])
    await eventually("the calls", lambda: len(vendor.calls) == 22)
    await until(sender, 200)
    await own_broker.pause()
    silent = time.monotonic()
    vendor.release("in the silence")
    await until(sender, 503, kafka=False)
    await asyncio.sleep(max(0.0, silent + given.session_timeout_s + 0.5 - time.monotonic()))  # the silence itself
    assert (await sender.facts())[0] == 503
    await own_broker.resume()
    resumed = time.monotonic()
    vendor.lift()
    await produce(given, "outbound", [message(f"after {n}", n) for n in range(20)])
    await eventually("all", lambda: len(vendor.seen()) == 42)
    await until(sender, 200)
    assert time.monotonic() - resumed < 20
    assert len(set(vendor.seen())) == 42
    assert sender.running
    assert await read_all(given, "outbound.dlq") == []
