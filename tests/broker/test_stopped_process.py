"""A worker that was stopped and continued, and a rebalance while receipts are under way: nothing twice (I3, I4)."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable

import pytest

from bridge.ids import Conversation
from bridge.settings import Settings
from tests.broker.agents import Agent, eventually, outbound, produce, record
from tests.broker.vendor import Vendor

pytestmark = [pytest.mark.broker]

Make = Callable[..., Agent]
Tuned = Callable[..., Settings]

IN_FLIGHT = 8
BACKLOG = 400
LATENCY_S = 0.04
ALL = "[0, 1, 2, 3]"  # partitions


@pytest.fixture
async def vendor() -> AsyncIterator[Vendor]:
    """A vendor so slow that a backlog lasts until another worker has come."""
    one = await Vendor(latency_s=LATENCY_S).start()
    yield one
    await one.stop()


def messages(begin: int, end: int) -> list[tuple[str, bytes]]:
    """Operators' messages in forty conversations, in turn."""
    return [
        record(outbound(str(uuid.uuid5(uuid.NAMESPACE_URL, f"{n}")), Conversation("345", f"79{n % 40:09d}"), f"{n}"))
        for n in range(begin, end)
    ]


def in_order(texts: list[str]) -> bool:
    """Whether each conversation saw its messages in the order in which they were written."""
    return all(
        own == sorted(own) for own in ([int(text) for text in texts if int(text) % 40 == rest] for rest in range(40))
    )


async def test_a_worker_continued_after_its_session_starts_nothing_that_another_has_taken_over(
    tuned: Tuned, topics: None, vendor: Vendor, agent: Make
) -> None:
    vendor.remembers = True
    first, second = (
        agent("outbound", tuned(attempts_in_flight=IN_FLIGHT, edna_api_key=key)) for key in ("first", "second")
    )
    await asyncio.gather(first.start(), second.start())
    vendor.latency_s = 0.5  # until there is a backlog
    await produce(tuned(), "outbound", messages(0, BACKLOG))
    await eventually("some calls of both", lambda: {call.key for call in vendor.journal} == {"first", "second"})
    assert (await first.metrics())['edna_amocrm_events_held{direction="outbound"}'] > 100
    first.pause()
    vendor.latency_s = LATENCY_S
    await eventually("the other has everything", lambda: f'"partitions": {ALL}' in second.log, within_s=20)
    await eventually("all is done", lambda: len(vendor.seen()) == BACKLOG)
    first.resume()
    await produce(tuned(), "outbound", messages(BACKLOG, BACKLOG + 40))
    await eventually("what came later", lambda: len(vendor.seen()) == BACKLOG + 40)
    await eventually(
        "it is back, or has ended",
        lambda: not first.running or first.log.rpartition('"partitions.revoked"')[2].count('"partitions.assigned"'),
    )
    counts = Counter(vendor.texts())
    assert max(counts.values()) <= 2
    # What it had begun when it stopped goes again, under the same id. Its backlog, a hundred and more, does not.
    assert sum(counts.values()) - BACKLOG - 40 <= IN_FLIGHT
    assert len(set(vendor.seen())) == len(vendor.seen())
    assert in_order(vendor.seen())


async def test_a_rebalance_while_receipts_are_under_way_repeats_nothing(
    tuned: Tuned, topics: None, vendor: Vendor, agent: Make
) -> None:
    given = tuned(attempts_in_flight=IN_FLIGHT)
    vendor.latency_s = 0.2  # until another worker has come
    slowly = "slow=bridge.kafka.producer:Producer.send_batch@0.8"
    first, second = (agent("outbound", given, slowly) for _ in range(2))
    await produce(given, "outbound", messages(0, BACKLOG))
    await first.start()
    await second.start()
    vendor.latency_s = LATENCY_S
    assert len(vendor.calls) < BACKLOG, "the backlog was over before the second worker came"
    await eventually("all is done", lambda: len(set(vendor.texts())) == BACKLOG)
    assert len(vendor.calls) == BACKLOG
    assert in_order(vendor.texts())
