"""Group commit: what is written while Kafka confirms the last group goes out together, as one batch a partition.

A lone record goes at once; under load the cost of a request to Kafka, its deadline and its bookkeeping is shared by all
that came meanwhile. Records of a topic are written in the order of the calls, whatever their partitions (I2). When a
group fails, its owner may take back all that is not confirmed, of every topic, and carry on with it elsewhere.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from bridge.errors import KafkaUnavailable
from bridge.kafka.producer import BatchRecord, Producer

LARGEST_BYTES = 1_000_000  # of a value; brokers take 1 MiB with key, headers and frame unless told otherwise
SHORTEST_S = 0.05  # for a record that waited for the group before it until its own deadline

Failed = Callable[[Exception], None]
"""Called when a group fails, before anybody is told: `take_back` in it, and nobody is."""


class Write(NamedTuple):
    """A record that was handed over. `number` rises with each, `at` is in seconds of the monotonic clock.

    `confirmed` tells whoever waits. `accepted_at` (ms since the epoch) and `only_kafka` are for who takes it back.
    """

    topic: str
    record: BatchRecord
    confirmed: asyncio.Future[None]
    at: float
    number: int = 0
    accepted_at: int = 0
    only_kafka: bool = False

    @classmethod
    def of(cls, topic: str, record: BatchRecord) -> Write:
        """One that is handed over now."""
        return cls(topic, record, asyncio.get_running_loop().create_future(), time.monotonic())


class GroupCommit:
    """See the module. Its records reach a topic in order only if nothing else of this process writes there."""

    def __init__(self, producer: Producer, failed: Failed | None = None) -> None:
        self._producer = producer
        self._failed = failed
        self._held = False
        self._waiting: dict[str, list[Write]] = {}
        self._under_way: dict[str, Sequence[Write]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def write(self, write: Write) -> None:
        """Take a record, now; its `confirmed` tells when Kafka has it.

        That fails as `Producer.send` does: KafkaUnavailable at about the producer's deadline after `at` at the latest,
        ValueError when Kafka can never take the record.
        """
        waiting = self._waiting.get(write.topic)
        if len(write.record.value) > LARGEST_BYTES:
            settle([write], ValueError(f"a record of {len(write.record.value)} bytes is larger than Kafka takes"))
        elif waiting is not None:
            waiting.append(write)
        else:
            self._waiting[write.topic] = [write]
            if not self._held:
                self._begin(write.topic)

    def hold(self) -> None:
        """Begin no group until `release`."""
        self._held = True

    def release(self) -> None:
        """Write what was held, and what comes."""
        self._held = False
        for topic in self._waiting:
            if topic not in self._under_way:
                self._begin(topic)

    def take_back(self) -> list[Write]:
        """All that is not confirmed, in order: it is the caller's now. What of it is under way may still be written."""
        taken = [write for group in (*self._under_way.values(), *self._waiting.values()) for write in group]
        self._waiting, self._under_way = {}, {}
        return sorted(taken, key=_number)

    def expire(self, before: float, error: Exception) -> None:
        """Fail what was handed over before a moment (monotonic) and whose group has not begun."""
        for topic, waiting in self._waiting.items():
            settle([write for write in waiting if write.at < before], error)
            self._waiting[topic] = [write for write in waiting if write.at >= before]

    def _begin(self, topic: str) -> None:
        task = asyncio.create_task(self._write_all(topic), name=f"group-commit-{topic}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _write_all(self, topic: str) -> None:
        waiting, under_way = self._waiting, self._under_way  # others take their place when all is taken back
        while group := waiting.get(topic):
            waiting[topic] = []
            under_way[topic] = group
            await self._write_group(topic, group, under_way)
            under_way.pop(topic, None)
            if self._waiting is not waiting or self._held:
                return
        waiting.pop(topic, None)

    async def _write_group(self, topic: str, group: Sequence[Write], under_way: dict[str, Sequence[Write]]) -> None:
        within_s = max(SHORTEST_S, group[0].at + self._producer.confirm_within_s - time.monotonic())
        try:
            await self._producer.send_batch(topic, [write.record for write in group], within_s=within_s)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told to everybody who waits
            if self._under_way is not under_way:
                return
            if isinstance(error, ValueError) and len(group) == 1:
                settle(group, error)
                return
            if self._failed is not None:
                self._failed(error)
            if self._under_way is under_way:
                # this broker's limit is lower still: the others must not pass for refused for ever
                settle(group, KafkaUnavailable(str(error)) if isinstance(error, ValueError) else error)
        else:
            if self._under_way is under_way:
                settle(group, None)


def settle(group: Sequence[Write], error: Exception | None) -> None:
    """Tell whoever waits for these records."""
    for write in group:
        if write.confirmed.done():  # whoever waited has gone
            continue
        if error is None:
            write.confirmed.set_result(None)
        else:
            write.confirmed.set_exception(error)


def _number(write: Write) -> int:
    return write.number
