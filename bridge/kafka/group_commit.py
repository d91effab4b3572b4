"""Group commit: what is written while Kafka confirms the last group goes out together, as one batch a partition.

A lone record goes at once; under load the cost of a request to Kafka, its deadline and its bookkeeping is shared by all
that came meanwhile. Records of a topic are written in the order of the calls, whatever their partitions (I2).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import NamedTuple

from bridge.errors import KafkaUnavailable
from bridge.kafka.producer import BatchRecord, Producer

LARGEST_BYTES = 1_000_000  # of a value; brokers take 1 MiB with key, headers and frame unless told otherwise
SHORTEST_S = 0.05  # for a record that waited for the group before it until its own deadline


class _Write(NamedTuple):
    record: BatchRecord
    confirmed: asyncio.Future[None]
    at: float


class GroupCommit:
    """See the module. Its records reach a topic in order only if nothing else of this process writes there."""

    def __init__(self, producer: Producer) -> None:
        self._producer = producer
        self._waiting: dict[str, list[_Write]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def write(self, topic: str, record: BatchRecord) -> asyncio.Future[None]:
        """Hand a record over, now; the future tells when Kafka has it.

        It fails as `Producer.send` does: KafkaUnavailable at about the producer's deadline after this call at the
        latest, ValueError when Kafka can never take the record.
        """
        write = _Write(record, asyncio.get_running_loop().create_future(), time.monotonic())
        waiting = self._waiting.get(topic)
        if len(record.value) > LARGEST_BYTES:
            _settle([write], ValueError(f"a record of {len(record.value)} bytes is larger than Kafka takes"))
        elif waiting is not None:
            waiting.append(write)
        else:
            self._waiting[topic] = [write]
            task = asyncio.create_task(self._write_all(topic), name=f"group-commit-{topic}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return write.confirmed

    async def _write_all(self, topic: str) -> None:
        while group := self._waiting[topic]:
            self._waiting[topic] = []
            await self._write_group(topic, group)
        del self._waiting[topic]

    async def _write_group(self, topic: str, group: Sequence[_Write]) -> None:
        within_s = max(SHORTEST_S, group[0].at + self._producer.confirm_within_s - time.monotonic())
        try:
            await self._producer.send_batch(topic, [write.record for write in group], within_s=within_s)
        except ValueError as error:  # this broker's limit is lower still: the others must not pass for refused for ever
            _settle(group, error if len(group) == 1 else KafkaUnavailable(str(error)))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told to everybody who waits
            _settle(group, error)
        else:
            _settle(group, None)


def _settle(group: Sequence[_Write], error: Exception | None) -> None:
    for write in group:
        if write.confirmed.done():  # whoever waited has gone
            continue
        if error is None:
            write.confirmed.set_result(None)
        else:
            write.confirmed.set_exception(error)
