"""Into the spool in groups: what comes while the disk makes the last group durable goes with one fsync together.

Nobody is told that a record is stored before it is durable (I1); records are written in the order of the calls (I2).
The event loop never waits for the disk.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import structlog

from bridge.errors import KafkaUnavailable
from bridge.kafka.group_commit import Write, settle
from gateway import metrics
from gateway.disk import Disk
from gateway.spool import Spool
from gateway.spool_record import SpoolRecord

log = structlog.get_logger(__name__)

Failed = Callable[[list[Write]], None]
"""Takes what could not be written, in order, and all that came behind it."""


class Spooling:
    """See the module. `failure` says why the disk took nothing when it was last asked; "" when it did."""

    def __init__(self, spool: Spool, disk: Disk, prefix: str, failed: Failed) -> None:
        self._spool = spool
        self._disk = disk
        self._prefix = prefix
        self._failed = failed
        self._waiting: list[Write] = []
        self._under_way: list[Write] = []
        self._task: asyncio.Task[None] | None = None
        self.failure = ""

    def append(self, write: Write) -> None:
        """Take a record, now; its `confirmed` tells when it is durable."""
        self._waiting.append(write)
        if self._task is None:
            self._task = asyncio.create_task(self._append_all(), name="spooling")

    async def idle(self) -> None:
        """Wait until all that was appended is durable or has failed."""
        while self._task is not None:
            await asyncio.wait({self._task})

    def expire(self, before: float, error: Exception) -> None:
        """Fail what was handed over before a moment (monotonic). What the disk has already been given may stay."""
        settle([write for write in self._under_way if write.at < before], error)
        settle([write for write in self._waiting if write.at < before], error)
        self._waiting = [write for write in self._waiting if write.at >= before]

    async def probe(self) -> None:
        """After a failure: see whether the disk takes something again."""
        try:
            await self._disk.run(self._spool.probe)
        except OSError as error:
            self._tell(error)
        else:
            self._tell(None)

    async def _append_all(self) -> None:
        try:
            while self._waiting:
                await self._append_group()
        finally:
            self._task = None

    async def _append_group(self) -> None:
        group, self._waiting = self._waiting, []
        self._under_way = group
        records = [self._record(write) for write in group]
        try:
            await self._disk.run(lambda: self._timed(records))
        except OSError as error:
            self._tell(error)
            behind, self._waiting = self._waiting, []
            self._under_way = []
            self._failed([*group, *behind])
        else:
            self._tell(None)
            self._under_way = []
            metrics.SPOOLED.inc(len(group))
            settle(group, None)

    def _timed(self, records: list[SpoolRecord]) -> None:
        started = time.perf_counter()
        self._spool.append(records)
        metrics.FSYNC_SECONDS.observe(time.perf_counter() - started)

    def _record(self, write: Write) -> SpoolRecord:
        key, value, headers = write.record
        topic = write.topic.removeprefix(self._prefix)
        return SpoolRecord(topic, key, value, tuple(headers), write.accepted_at)

    def _tell(self, error: OSError | None) -> None:
        failure = "" if error is None else error.strerror or repr(error)
        if failure != self.failure:
            self.failure = failure
            if failure:
                log.error("spool.failed", why=failure, folder=str(self._spool.folder))
            else:
                log.info("spool.works_again")


def refusal(why: str) -> KafkaUnavailable:
    """What a sender is told when neither Kafka nor the disk has taken a record."""
    return KafkaUnavailable(f"Kafka does not confirm, and the spool cannot take it: {why}")
