"""Faust's consumer as the delivery sees it: committed offsets, explicit commits, pauses, heartbeats.

Faust reads and rebalances; it never acknowledges. Its commit logic steps over unfinished events, so the topic is
declared without acks and the offsets come from the trackers alone (I3).
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Mapping
from typing import Any, TypeVar, cast

import faust
from aiokafka import AIOKafkaConsumer, OffsetAndMetadata, TopicPartition
from aiokafka.protocol.group import JoinGroupRequest
from faust.types import TP

from streams.delivery.liveness import Liveness

T = TypeVar("T")


class GroupConsumer:
    """The consumer of one Faust app, which lives in a thread and loop of its own."""

    def __init__(self, app: faust.App, topic: str, liveness: Liveness) -> None:
        self._app = app
        self._topic = topic
        self._liveness = liveness
        self._watched: object | None = None

    async def committed(self, numbers: Iterable[int]) -> Mapping[int, int | None]:
        """The committed offsets as the group's coordinator has them."""
        consumer = self._kafka()
        return {
            number: await self._in_thread(consumer.committed(TopicPartition(self._topic, number))) for number in numbers
        }

    async def commit(self, offsets: Mapping[int, int]) -> None:
        """Commit these offsets. Raises what aiokafka raises, a lost membership included."""
        wanted = {
            TopicPartition(self._topic, number): OffsetAndMetadata(offset, "") for number, offset in offsets.items()
        }
        await self._in_thread(self._kafka().commit(wanted))

    def pause(self, number: int) -> None:
        """Fetch no more of a partition. Faust's own `pause_partitions` would drop what is fetched already."""
        self._app.consumer.on_buffer_full(TP(self._topic, number))

    def resume(self, number: int) -> None:
        """Fetch again."""
        self._app.consumer.on_buffer_drop(TP(self._topic, number))

    def forget_pauses(self) -> None:
        """A new assignment begins unpaused."""
        cast(Any, self._app.consumer)._buffered_partitions.clear()

    def watch_heartbeats(self) -> None:
        """From now on every good heartbeat refreshes the liveness; joining a group has just been one."""
        self._liveness.good()
        coordinator = self._kafka()._coordinator
        if self._watched is coordinator:
            return
        self._watched = coordinator
        heartbeat = coordinator._do_heartbeat
        liveness = self._liveness

        async def watched() -> bool:
            asked = liveness.now()
            good: bool = await heartbeat()
            if good:
                liveness.good(asked)
            elif coordinator.member_id == JoinGroupRequest.UNKNOWN_MEMBER_ID:
                liveness.lost()
            return good

        coordinator._do_heartbeat = watched

    async def begins(self) -> dict[int, int]:
        """By partition of the assignment, the first offset that the broker keeps. Raises what aiokafka raises."""
        consumer = self._kafka()
        begins = await self._in_thread(consumer.beginning_offsets(list(consumer.assignment())))
        return {tp.partition: begin for tp, begin in begins.items()}

    def ends(self) -> dict[int, int]:
        """By partition, the broker's end as of the last fetch. Without a partition before its first fetch."""
        consumer = self._kafka()
        ends = {tp.partition: consumer.highwater(tp) for tp in consumer.assignment()}
        return {number: end for number, end in ends.items() if end is not None}

    def _kafka(self) -> AIOKafkaConsumer:
        return cast(Any, self._app.consumer)._thread._ensure_consumer()

    async def _in_thread(self, coroutine: Coroutine[Any, Any, T]) -> T:
        loop = cast(Any, self._app.consumer)._thread.thread_loop
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(coroutine, loop))
