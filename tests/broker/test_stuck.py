"""Waiting for a vendor is not being stuck, however long; a worker that is stuck ends, and the next one goes on (I8)."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable

import pytest

from bridge.errors import EXIT_STUCK
from bridge.ids import Conversation
from bridge.settings import Settings
from tests.broker.agents import Agent, eventually, outbound, produce, read_all, record
from tests.broker.vendor import UNAVAILABLE, Vendor

pytestmark = [pytest.mark.broker]

MESSAGES = 60
POLL_INTERVAL_S = 2


def message(number: int) -> tuple[str, bytes]:
    """An operator's message in one of twenty conversations."""
    message_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{number}"))
    return record(outbound(message_id, Conversation("345", f"7900000{number % 20:04d}"), f"{number}"))


def assignments(worker: Agent) -> list[list[int]]:
    """The numbers of the partitions that a worker was given, one list a join."""
    lines = (json.loads(line) for line in worker.log.splitlines() if '"partitions.assigned"' in line)
    return [line["partitions"] for line in lines]


async def test_an_outage_longer_than_the_poll_interval_with_all_caps_full_costs_no_membership(
    tuned: Callable[..., Settings], topics: None, vendor: Vendor, agent: Callable[..., Agent]
) -> None:
    vendor.troubles[""] = UNAVAILABLE
    given = tuned(events_held=10, attempts_in_flight=2)
    sender = await agent("outbound", given, f"faust=broker_max_poll_interval@{POLL_INTERVAL_S}").start()
    await produce(given, "outbound", [message(number) for number in range(MESSAGES)])
    await eventually("some calls", lambda: len(vendor.calls) > 10)
    await asyncio.sleep(3 * POLL_INTERVAL_S)  # the outage itself: nothing is fetched for longer than the interval
    assert (await sender.facts())[0] == 200
    assert (await sender.metrics())['edna_amocrm_events_held{direction="outbound"}'] == 10
    vendor.lift()
    await eventually("all", lambda: len(vendor.seen()) == MESSAGES)
    assert len(set(vendor.seen())) == MESSAGES
    assert '"partitions.revoked"' not in sender.log
    assert await read_all(given, "outbound.dlq") == []


async def test_a_worker_that_was_given_no_partition_takes_over_long_after(
    tuned: Callable[..., Settings], topics: None, vendor: Vendor, agent: Callable[..., Agent]
) -> None:
    given = tuned()
    impatient = f"faust=broker_max_poll_interval@{POLL_INTERVAL_S}"
    workers = [await agent("outbound", given, impatient).start() for _ in range(given.topic_partitions + 1)]
    await eventually("one without", lambda: any(assignments(worker)[-1:] == [[]] for worker in workers))
    await asyncio.sleep(3 * POLL_INTERVAL_S)  # nothing is fetched by that one
    idle, *others = sorted(workers, key=lambda worker: bool(assignments(worker)[-1]))
    for other in others:
        await other.terminate()
    await eventually("all partitions", lambda: assignments(idle)[-1] == list(range(given.topic_partitions)))


async def test_a_worker_in_which_nothing_happens_ends_and_the_next_one_delivers_what_it_held(
    tuned: Callable[..., Settings], topics: None, vendor: Vendor, agent: Callable[..., Agent]
) -> None:
    given = tuned(group_instance_id="one")
    stuck = agent(
        "outbound",
        given,
        "slow=streams.delivery.courier:Courier._carry@600",
        "set=streams.delivery.watchdog:SILENT_S@1",
    )
    await stuck.start()
    await produce(given, "outbound", [message(0)])
    assert await stuck.ended() == EXIT_STUCK
    assert "outbound is stuck: 1 events in hand" in stuck.log
    await agent("outbound", given).start()
    await eventually("the message", lambda: vendor.seen() == ["0"])
