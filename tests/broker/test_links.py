"""Links on a real broker: read whole before lanes open, followed from then on, kept over a rebalance."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable

import pytest

from bridge.events import MessageLink, MessageStatus, StatusUpdate
from bridge.kafka.producer import Producer
from bridge.settings import Settings
from bridge.topics import STATUS_LINKS
from streams.delivery.link_writer import LinkWriter
from streams.delivery.links import Links
from tests.broker.agents import Agent, eventually
from tests.broker.test_statuses import status, told, write
from tests.broker.vendor import Vendor

pytestmark = [pytest.mark.broker]

ALL = range(4)


def link(message_id: str, **fields: int) -> MessageLink:
    """A link of a message."""
    return MessageLink(message_id=message_id, at=1, **fields)


@pytest.fixture
async def producer(tuned: Callable[..., Settings], topics: None) -> AsyncIterator[Producer]:
    """A producer of this test."""
    one = Producer(tuned(), confirm_within_s=20.0)
    await one.start()
    assert await one.wait_connected(20.0)
    yield one
    await one.stop()


async def test_links_are_read_whole_then_followed_and_a_partition_that_comes_back_is_read_on(
    tuned: Callable[..., Settings], producer: Producer
) -> None:
    given = tuned()
    writer = LinkWriter(given, STATUS_LINKS, producer)
    for number in range(40):
        await writer.write(f"k{number}", link(f"m{number}"))
    await producer.send(given.topic_prefix + STATUS_LINKS, b"not a link", key=b"k1")
    links = Links(given, STATUS_LINKS, MessageLink)
    try:
        links.assign(ALL)
        async with asyncio.timeout(20):
            await links.caught_up()
        assert [links.get(f"k{number}") for number in range(40)] == [link(f"m{number}") for number in range(40)]
        waiting = asyncio.create_task(links.wait("late", 20.0))
        assert await links.wait("never", 0.05) is None
        await writer.write("late", link("m"))
        assert await waiting == link("m")
        assert links.awaited == 0
        await producer.send(given.topic_prefix + STATUS_LINKS, None, key=b"k2")
        await eventually("the tombstone", lambda: links.get("k2") is None)
        # Nothing is assigned, then everything again: what was written meanwhile is there before lanes open.
        links.assign(())
        await links.caught_up()
        positions = dict(links._positions)
        for number in range(40, 80):
            await writer.write(f"k{number}", link(f"m{number}"))
        assert links.get("k79") is None, "followed a partition that is not ours"
        links.assign(ALL)
        async with asyncio.timeout(20):
            await links.caught_up()
        assert all(links.get(f"k{number}") for number in range(40, 80))
        assert all(links._positions[number] > position for number, position in positions.items())
        assert links.get("k2") is None, "read from the beginning again"
    finally:
        await links.close()


def direct(
    own: str, word: MessageStatus, *, accepted_ago_s: float = 0.0, message_id: str | None = None
) -> StatusUpdate:
    """A status of a message that went by no cascade, accepted so long ago."""
    accepted_at = int((time.time() - accepted_ago_s) * 1000)
    update = status(message_id, word, own, number=uuid.uuid4().int)
    return update.model_copy(update={"direct": True, "accepted_at": accepted_at})


async def test_a_status_of_max_waits_for_its_link_and_holds_nobody_else(
    tuned: Callable[..., Settings], producer: Producer, vendor: Vendor, agent: Callable[..., Agent]
) -> None:
    given = tuned()
    early, ours, chosen = str(uuid.uuid4()), str(uuid.uuid4()), "01987f4a-069e-730e-bf59-cedc1e633490"
    foreign = [direct(f"campaign-{number}", MessageStatus.READ, accepted_ago_s=29.0) for number in range(200)]
    await write(
        given,
        [
            direct("987654321", MessageStatus.READ),
            direct(chosen, MessageStatus.DELIVERED, message_id=chosen),
            *foreign,
            status(ours, MessageStatus.READ),
            direct("out of date", MessageStatus.READ, accepted_ago_s=40.0),
        ],
    )
    teller = await agent("status", given).start()
    await eventually("one that needs no link", lambda: told(vendor).get(ours) == [2])
    assert set(told(vendor)) == {ours}
    writer = LinkWriter(given, STATUS_LINKS, producer)
    await writer.write("987654321", link(early))
    await writer.write(chosen, link("another of amojo's"))
    await eventually("the early ones", lambda: len(told(vendor)) == 3)
    assert told(vendor) == {ours: [2], early: [2], "another of amojo's": [1]}
    skipped = 'edna_amocrm_events_skipped_total{direction="status",reason="not ours"}'
    deadline = time.monotonic() + 15
    while (await teller.metrics()).get(skipped) != 201:
        assert time.monotonic() < deadline, await teller.metrics()
        await asyncio.sleep(0.1)
