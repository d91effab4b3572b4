"""What a worker has in hand is bounded: events with their payload, the span of a partition, one conversation (I7)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from bridge.events import encode
from bridge.settings import Settings
from streams.delivery import delivery
from tests.streams.clockwork import SimulatedLoop, simulated
from tests.streams.scripted import Says, Script, ScriptedCarrier, Vendor, message
from tests.streams.worker import Log, Worker


class Hand:
    """A worker that has two partitions, and a vendor that answers or does not."""

    def __init__(self, loop: SimulatedLoop, **caps: int) -> None:
        self.log, self.vendor = Log(2), Vendor()
        values: dict[str, Any] = {"topic_prefix": "t.", "attempts_in_flight": 100, **caps}
        given = Settings(_env_file=None, **values)
        self.worker = Worker("w", loop, self.log, ScriptedCarrier(self.vendor), given)

    async def begin(self) -> None:
        """Start it, and give it both partitions."""
        self.worker.start()
        self.log.owners = dict.fromkeys(range(2), self.worker.id)
        await self.worker.assigned(range(2))

    def accept(self, name: str, conversation: str, *, partition: int = 0, stuck: bool = False) -> None:
        """A message comes; of one that is stuck the vendor says nothing until it is told otherwise."""
        if stuck:
            self.vendor.scripts[name] = Script([], Says.FAILED)
        self.log.append(partition, conversation.encode(), encode(message(name, conversation)))

    def free(self) -> None:
        """The vendor takes everything."""
        for script in self.vendor.scripts.values():
            script.last = Says.TAKEN

    async def until_taken(self, count: int) -> None:
        """Wait until so many were taken; simulated time."""
        for _ in range(600):
            if len(self.vendor.taken) == count:
                return
            await asyncio.sleep(1.0)
        raise AssertionError(f"{len(self.vendor.taken)} of {count} were taken")


def in_hand(main: Callable[[Hand], Coroutine[Any, Any, None]], **caps: int) -> None:
    """Run with a worker of such caps."""

    async def run(loop: SimulatedLoop) -> None:
        hand = Hand(loop, **caps)
        await hand.begin()
        await main(hand)
        hand.worker.kill()

    simulated(run)


def test_no_more_events_are_taken_in_than_may_be_held_and_all_of_them_in_the_end() -> None:
    async def main(hand: Hand) -> None:
        for number in range(40):
            hand.accept(f"m{number}", f"c{number}", partition=number % 2, stuck=True)
        most = 0
        for _ in range(50):
            await asyncio.sleep(0.1)
            most = max(most, hand.worker.delivery.held)
        assert most == hand.worker.delivery.held == 8
        hand.free()
        await hand.until_taken(40)
        assert hand.worker.delivery.held == 0

    in_hand(main, events_held=8)


def test_one_stuck_conversation_holds_up_nobody_until_the_span_of_its_partition_is_full() -> None:
    async def main(hand: Hand) -> None:
        hand.accept("stuck", "stuck", stuck=True)
        for number in range(20):
            hand.accept(f"m{number}", f"c{number}")
        await asyncio.sleep(5.0)
        assert sorted(hand.vendor.taken) == sorted(f"m{number}" for number in range(9)), "ten slots, one is stuck"
        partition = hand.worker.delivery.partitions[0]
        assert partition.paused
        assert partition.tracker.span == 10
        for number in range(30):
            hand.accept(f"other{number}", f"c{number}", partition=1)
        await asyncio.sleep(5.0)
        assert len(hand.vendor.taken) == 39, "the other partition goes on"
        assert 0 not in hand.log.committed, "and nothing was committed over what is stuck (I3)"
        hand.free()
        await hand.until_taken(51)
        await asyncio.sleep(5.0)
        assert hand.log.committed == {0: 21, 1: 30}

    in_hand(main, unacked_span=10)


def test_a_conversation_in_which_very_many_wait_pauses_its_partition_until_they_are_fewer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(delivery, "CONVERSATION_ALARM", 10)

    async def main(hand: Hand) -> None:
        hand.accept("m0", "long", stuck=True)
        for number in range(1, 30):
            hand.accept(f"m{number}", "long")
        await asyncio.sleep(5.0)
        assert hand.worker.delivery.partitions[0].paused
        assert 10 <= hand.worker.delivery.held <= 11
        hand.free()
        await hand.until_taken(30)
        assert hand.vendor.taken == [f"m{number}" for number in range(30)]
        await asyncio.sleep(2.0)
        assert not hand.worker.delivery.partitions[0].paused

    in_hand(main)
