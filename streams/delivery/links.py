"""Links: what an id stands for that nothing can compute. Compacted topics, read whole and followed from then on.

A worker follows the link partitions with the numbers that it was assigned: whoever writes a link uses the key of the
event that will need it, so that both stand in partitions of one number. Its lanes open when the end that was seen after
the assignment has been read (I5). Bounded in number, and in time as the topic is (I7).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable
from typing import Generic, TypeVar

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from cachetools import TTLCache
from pydantic import ValidationError

from bridge.events import Frozen
from bridge.kafka.closing import close, ends_this_task
from bridge.kafka.security import client_arguments
from bridge.settings import Settings
from bridge.topics import BY_NAME

log = structlog.get_logger(__name__)

LINKS_REMEMBERED = 200_000
READ_TIMEOUT_MS = 200
TRY_AGAIN_S = 0.5

L = TypeVar("L", bound=Frozen)


class Links(Generic[L]):
    """The links of one topic, by their key. Lives in one event loop."""

    def __init__(self, settings: Settings, topic: str, model: type[L]) -> None:
        self._settings = settings
        self._topic = settings.topic_prefix + topic
        self._model = model
        self._known: TTLCache[str, L] = TTLCache(LINKS_REMEMBERED, ttl=BY_NAME[topic].retention_ms / 1000)
        self._positions: dict[int, int] = {}  # where reading goes on, of partitions that were read before
        self._wanted: frozenset[int] = frozenset()
        self._changed = asyncio.Event()
        self._caught_up = asyncio.Event()
        self._awaited: dict[str, list[asyncio.Future[L]]] = {}
        self._task: asyncio.Task[None] | None = None

    def assign(self, numbers: Iterable[int]) -> None:
        """Follow these partitions from now on, and no others."""
        self._wanted = frozenset(numbers)
        self._caught_up.clear()
        self._changed.set()
        if self._task is None:
            self._task = asyncio.create_task(self._follow_forever(), name=f"links-{self._topic}")

    async def caught_up(self) -> None:
        """Wait until what stood in the assigned partitions has been read."""
        await self._caught_up.wait()

    async def close(self) -> None:
        """Follow no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def get(self, key: str) -> L | None:
        """What a key is linked to, as far as read."""
        return self._known.get(key)

    @property
    def awaited(self) -> int:
        """How many lanes wait for a link."""
        return sum(map(len, self._awaited.values()))

    async def wait(self, key: str, within_s: float) -> L | None:
        """What a key is linked to, as soon as it is; None when it is not within that time."""
        known = self._known.get(key)
        if known is not None or within_s <= 0:
            return known
        future: asyncio.Future[L] = asyncio.get_running_loop().create_future()
        self._awaited.setdefault(key, []).append(future)
        try:
            async with asyncio.timeout(within_s):
                return await future
        except TimeoutError:
            return None
        finally:
            waiting = self._awaited[key]
            waiting.remove(future)
            if not waiting:
                del self._awaited[key]

    async def _follow_forever(self) -> None:
        while True:
            try:
                await self._follow()
            except (Exception, asyncio.CancelledError) as error:  # whatever it is: lanes wait for this
                if ends_this_task(error):
                    raise
                log.warning("links.unread", topic=self._topic, why=repr(error))
                self._changed.set()
                await asyncio.sleep(TRY_AGAIN_S)

    async def _follow(self) -> None:
        consumer = AIOKafkaConsumer(
            **client_arguments(self._settings),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=READ_TIMEOUT_MS,
            request_timeout_ms=15_000,
        )
        try:
            await consumer.start()
            ends: dict[TopicPartition, int] = {}
            while True:
                if self._changed.is_set():
                    self._changed.clear()
                    ends = await self._turn_to(consumer)
                if not consumer.assignment():
                    await self._changed.wait()
                    continue
                for tp, records in (await consumer.getmany(timeout_ms=READ_TIMEOUT_MS)).items():
                    for record in records:
                        self._take(record)
                    self._positions[tp.partition] = records[-1].offset + 1
                    await asyncio.sleep(0)
                ends = {tp: end for tp, end in ends.items() if await consumer.position(tp) < end}
                if not ends and not self._changed.is_set():
                    self._caught_up.set()
        finally:
            await close(consumer.stop, within_s=1.0)

    async def _turn_to(self, consumer: AIOKafkaConsumer) -> dict[TopicPartition, int]:
        """Follow what is wanted now; returns the ends that have to be reached first."""
        tps = [TopicPartition(self._topic, number) for number in sorted(self._wanted)]
        consumer.assign(tps)
        if not tps:
            self._caught_up.set()
            return {}
        begins: dict[TopicPartition, int] = await consumer.beginning_offsets(tps)
        ends: dict[TopicPartition, int] = await consumer.end_offsets(tps)
        for tp in tps:
            consumer.seek(tp, max(begins[tp], min(self._positions.get(tp.partition, 0), ends[tp])))
        return ends

    def _take(self, record: ConsumerRecord) -> None:
        if record.key is None:
            return
        key = record.key.decode("utf-8", "replace")
        if record.value is None:
            self._known.pop(key, None)
            return
        with contextlib.suppress(ValidationError):  # not ours to judge: somebody wrote into our topic
            link = self._known[key] = self._model.model_validate_json(record.value)
            for future in self._awaited.get(key, ()):
                if not future.done():
                    future.set_result(link)
