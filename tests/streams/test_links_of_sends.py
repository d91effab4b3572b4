"""Where the vendor chooses an id, its link is written outside of the attempt, and before the receipt (I1, I4, I8)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import pytest

from bridge.events import MessageLink, OutboundMessage, encode
from bridge.kafka.producer import Producer
from bridge.outcome import Verdict
from bridge.topics import STATUS_LINKS
from streams.delivery.link_writer import LinkWriter
from streams.delivery.outcome import Link
from tests.streams.clockwork import SimulatedLoop
from tests.streams.scripted import Request, ScriptedCarrier, Vendor, message
from tests.streams.test_delivery_machine import SETTINGS
from tests.streams.worker import Log, Worker

ONE_AT_A_TIME = SETTINGS.model_copy(update={"attempts_in_flight": 1})


class LinkingCarrier(ScriptedCarrier):
    """Its vendor chooses the ids, but for messages named "early": theirs are ours, and tell nothing."""

    async def start(self, producer: Producer) -> None:
        """Links go to Kafka."""
        self._links = LinkWriter(ONE_AT_A_TIME, STATUS_LINKS, producer)

    def link_before(self, request: Request) -> Link | None:
        """Before the call."""
        return self._link(request) if request.vendor_id.startswith("early") else None

    def link_after(self, request: Request, _verdict: Verdict) -> Link | None:
        """Before the receipt."""
        return None if request.vendor_id.startswith("early") else self._link(request)

    def _link(self, request: Request) -> Link:
        return partial(self._links.write, request.vendor_id, MessageLink(message_id=request.vendor_id, at=1))


class World:
    """One worker with one slot, and Kafka in memory."""

    def __init__(self, loop: SimulatedLoop) -> None:
        self.log, self.vendor = Log(1), Vendor()
        self.worker = Worker("w", loop, self.log, LinkingCarrier(self.vendor), ONE_AT_A_TIME)
        self.log.owners = {0: self.worker.id}
        self.unlinked: list[str] = []  # events whose receipt came before a link of theirs
        self.log.on_receipt = lambda _number, receipt: (
            None if self.linked(receipt.event_id) else self.unlinked.append(receipt.event_id)
        )

    def linked(self, event_id: str) -> bool:
        """Whether the event's message, or the part of it, has a link."""
        name, _, part = event_id.removeprefix("event.").partition("#")
        return (f"{name}-{part}" if part > "1" else name) in self.links

    @property
    def links(self) -> list[str]:
        """What is linked, in order."""
        return [MessageLink.model_validate_json(link).message_id for link in self.log.told]

    async def begin(self) -> None:
        """The worker has the partition."""
        self.worker.start()
        await self.worker.run(self.worker.assigned([0]))

    async def move(self) -> None:
        """The partition goes, and comes back."""
        await self.worker.run(self.worker.revoked())
        await self.worker.run(self.worker.assigned([0]))

    def accept(self, event: OutboundMessage) -> None:
        """A message comes."""
        self.log.append(0, event.conversation_id.encode(), encode(event))


def in_a_world(story: Callable[[World], Coroutine[Any, Any, None]]) -> None:
    """Run with simulated time."""
    loop = SimulatedLoop()
    asyncio.set_event_loop(loop)
    world = World(loop)
    try:
        loop.run_until_complete(story(world))
        assert world.unlinked == []
    finally:
        world.worker.kill()
        loop.close()
        asyncio.set_event_loop(None)


@pytest.mark.parametrize("name", ["m", "early"])
def test_a_link_that_waits_for_kafka_holds_no_slot_and_is_a_known_wait(name: str) -> None:
    async def story(world: World) -> None:
        await world.begin()
        world.log.read_only = True
        world.accept(message(name, "c"))
        await asyncio.sleep(2.0)
        world.accept(message("n", "d"))
        await asyncio.sleep(2.0)
        assert "n" in world.vendor.calls, "the one slot is free"
        assert world.links == []
        assert world.worker.delivery.courier.pulse.waiting_lanes == 2
        world.log.read_only = False
        await asyncio.sleep(3.0)
        assert sorted(world.links) == sorted([name, "n"])
        assert world.log.committed[0] == 2

    in_a_world(story)


def test_an_id_of_ours_that_tells_nothing_is_linked_before_the_vendor_sees_it() -> None:
    async def story(world: World) -> None:
        world.vendor.on_call = lambda request: seen.append((request.vendor_id, list(world.links)))
        seen: list[tuple[str, list[str]]] = []
        await world.begin()
        world.accept(message("early", "c"))
        await asyncio.sleep(3.0)
        assert seen == [("early", ["early"])]

    in_a_world(story)


def test_a_partition_that_goes_while_a_link_waits_costs_neither_the_link_nor_a_second_call() -> None:
    async def story(world: World) -> None:
        await world.begin()
        world.log.read_only = True
        world.accept(message("m", "c"))
        await asyncio.sleep(2.0)
        await world.move()
        await asyncio.sleep(2.0)
        assert world.log.committed.get(0, 0) == 0
        world.log.read_only = False
        await asyncio.sleep(3.0)
        assert world.links == ["m"]
        assert [receipt.event_id for receipt in world.log.receipts[0]] == ["event.m"]
        assert world.log.committed[0] == 1
        assert world.vendor.calls == ["m"]

    in_a_world(story)


def test_a_part_whose_link_waits_while_the_partition_goes_is_linked_by_the_end_and_not_sent_again() -> None:
    async def story(world: World) -> None:
        await world.begin()
        world.log.read_only = True
        world.accept(message("m", "c", text="1\n2"))
        await asyncio.sleep(2.0)
        assert world.vendor.calls == ["m"], "the next part waits until this one is remembered"
        await world.move()
        world.log.read_only = False
        await asyncio.sleep(3.0)
        assert world.vendor.calls == ["m", "m-2"]
        assert sorted(world.links) == ["m", "m-2"]
        assert world.log.committed[0] == 1

    in_a_world(story)


def test_a_drain_waits_for_a_link_that_is_on_its_way() -> None:
    async def story(world: World) -> None:
        await world.begin()
        world.log.read_only = True
        world.accept(message("m", "c"))
        await asyncio.sleep(2.0)
        going = world.worker.run(world.worker.revoked())
        await asyncio.sleep(1.0)
        world.log.read_only = False
        await going
        assert world.links == ["m"]
        assert world.log.committed[0] == 1

    in_a_world(story)
