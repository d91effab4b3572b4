"""What MAX has taken while Kafka went away: others are called meanwhile, the links come later, nothing goes twice."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bridge.events import MessageLink, Receipt
from bridge.kafka.admin import create_topics
from bridge.settings import Settings
from sandbox.edna import EdnaFake
from sandbox.faults import Fault
from sandbox.kafka import Broker
from tests.broker.agents import Agent, eventually, produce, read_all, until
from tests.broker.test_channels import message, sends

pytestmark = [pytest.mark.broker]

UNDER_WAY_S = 2.0  # how long a call takes: less than a session, so that the next one may begin while Kafka is silent
OWN = {  # the client's address → amojo's id of the message to it
    "390300001": "0b1c2d3e-0000-4000-8000-000000000001",
    "390300002": "0b1c2d3e-0000-4000-8000-000000000002",
}


@pytest.fixture
async def given(own_broker: Broker, at_edna: Callable[..., Settings]) -> Settings:
    """Settings on a broker of the test's own; one call at a time."""
    settings = at_edna(kafka_bootstrap_servers=own_broker.bootstrap_servers, attempts_in_flight=1)
    await create_topics(settings)
    return settings


@pytest.fixture
async def sender(given: Settings, tmp_path: Path) -> AsyncIterator[Agent]:
    """An outbound agent, not started."""
    one = Agent("outbound", given, tmp_path)
    yield one
    await one.stop()


async def test_links_of_max_wait_for_kafka_and_hold_no_slot(
    own_broker: Broker, given: Settings, edna: EdnaFake, sender: Agent
) -> None:
    await sender.start()
    edna.faults.set(Fault(path="/api/v1", latency_ms=UNDER_WAY_S * 1000))
    await produce(given, "outbound", [message("348", address, "hello", own) for address, own in OWN.items()])
    await eventually("the first call", lambda: len(sends(edna)) == 1)
    await own_broker.pause()
    await eventually("the second call, while Kafka is silent", lambda: len(sends(edna)) == 2, UNDER_WAY_S + 2)
    await own_broker.resume()
    expected = {one.request_id: OWN[one.address] for one in edna.vendor.account.sent.values()}

    async def linked() -> bool:
        links = await read_all(given, "status.links")
        return {each.key.decode(): MessageLink.model_validate_json(each.value).message_id for each in links} == expected

    async def remembered() -> bool:
        receipts = [Receipt.model_validate_json(each.value) for each in await read_all(given, "outbound.receipts")]
        return sorted(receipt.amojo_id or "" for receipt in receipts) == sorted(OWN.values())

    await until("the links", linked)
    await until("the receipts", remembered)
    assert len(sends(edna)) == len(OWN)
