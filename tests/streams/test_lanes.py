"""Lanes: in order within a conversation, side by side between them (I2)."""

from __future__ import annotations

import asyncio
from collections import defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.delivery.lanes import Lanes
from streams.delivery.partition import Held, Partition


def held(partition: Partition, offset: int, key: bytes) -> Held:
    return Held(partition, offset, key, b"", (), 0)


async def test_a_slow_conversation_does_not_hold_up_its_neighbours() -> None:
    gate = asyncio.Event()
    carried: list[int] = []

    async def carry(one: Held) -> None:
        if one.key == b"slow":
            await gate.wait()
        carried.append(one.offset)

    lanes = Lanes(carry, lambda _: None)
    partition = Partition(0, 1)
    lanes.put(held(partition, 0, b"slow"))
    lanes.put(held(partition, 1, b"slow"))
    lanes.put(held(partition, 2, b"quick"))
    while 2 not in carried:
        await asyncio.sleep(0)
    assert carried == [2]
    gate.set()
    while len(carried) < 3:
        await asyncio.sleep(0)
    assert carried == [2, 0, 1]
    assert lanes.count == 0


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), max_size=60))
def test_within_a_conversation_events_are_carried_one_by_one_in_order(plan: list[tuple[int, int]]) -> None:
    async def run() -> None:
        carried: dict[bytes, list[int]] = defaultdict(list)
        busy: set[bytes | None] = set()
        released: list[int] = []

        async def carry(one: Held) -> None:
            assert one.key not in busy
            busy.add(one.key)
            for _ in range(plan[one.offset][1]):
                await asyncio.sleep(0)
            busy.discard(one.key)
            carried[one.key or b""].append(one.offset)

        lanes = Lanes(carry, lambda one: released.append(one.offset))
        partition = Partition(0, 1)
        for offset, (key, _) in enumerate(plan):
            lanes.put(held(partition, offset, b"%d" % key))
        while lanes.count:
            await asyncio.sleep(0)
        assert all(offsets == sorted(offsets) for offsets in carried.values())
        assert sorted(released) == list(range(len(plan)))

    asyncio.run(run())


async def test_dropping_a_partition_carries_nothing_more_and_releases_what_waited() -> None:
    started: list[int] = []
    released: list[int] = []

    async def carry(one: Held) -> None:
        started.append(one.offset)
        await asyncio.Event().wait()

    lanes = Lanes(carry, lambda one: released.append(one.offset))
    gone, stays = Partition(0, 1), Partition(1, 1)
    for offset in range(3):
        lanes.put(held(gone, offset, b"a"))
    lanes.put(held(stays, 7, b"a"))
    while len(started) < 2:
        await asyncio.sleep(0)
    await lanes.drop(gone)
    assert started == [0, 7]
    assert sorted(released) == [0, 1, 2]
    assert lanes.count == 1
    await lanes.drop(stays)
