"""Where an accepted record goes: to Kafka, or to the spool while Kafka does not confirm. There is one order (I2).

    direct    to Kafka; what it confirms is stored
    spool     to the disk. Begins with the first deadline that Kafka misses: all that it has not confirmed goes there
              first, in the order of acceptance, whatever the topics; the old producer is abandoned without a flush
    draining  Kafka is back. The spool's drain is the only writer, and what comes goes to the spool's end; near the end
              what comes waits in memory, so that the end is reached, and goes directly afterwards

Between `hand_over` and its return nothing is awaited, and neither within a change of mode, so no record can pass
another. A record may be in Kafka twice; its event id makes it one (I4). What was stored is never lost: it is confirmed
by Kafka or durable here (I1). KafkaUnavailable comes only when neither has taken it, KEEP_WITHIN_S after the hand-over
at the latest. With Kafka there and a disk that fails, what comes during a drain waits in memory as well.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from enum import StrEnum

import structlog

from bridge.kafka.closing import ends_this_task
from bridge.kafka.group_commit import LARGEST_BYTES, GroupCommit, Write, settle
from bridge.kafka.producer import BatchRecord, Producer
from bridge.settings import Settings
from gateway import metrics
from gateway.disk import Disk
from gateway.drain import Drain
from gateway.kafka_watch import KafkaWatch
from gateway.spool import Spool
from gateway.spool_folder import claim_own, unusable
from gateway.spooling import Spooling, refusal

log = structlog.get_logger(__name__)

KEEP_WITHIN_S = 3.0  # amojo waits for 5 s and does not come again
DRAIN_WITHIN_S = 10.0  # of a batch; nobody waits for it
NEARLY_DONE = 500  # records that still wait in the spool
HAND_BACK_WITHIN_S = 1.5  # of one of the last batches: what comes waits for them
LOOK_EVERY_S = 0.1
PAUSE_S = 0.5
TICK_S = 0.25
PROBE_EVERY_TICKS = 4
FLUSH_WITHIN_S = 1.5


class Mode(StrEnum):
    """See the module."""

    DIRECT = "direct"
    SPOOL = "spool"
    DRAINING = "draining"


class Writer:
    """See the module. One for a process."""

    def __init__(self, settings: Settings, producer: Producer, watch: KafkaWatch) -> None:
        self._settings = settings
        self._producer = producer
        self._watch = watch
        self._commits = GroupCommit(producer, self._fall_back)
        self._commits.hold()
        self._to_commits = False  # whether what comes goes there: in direct mode, and while it waits in memory
        self._numbers = 0
        self._fallen = asyncio.Event()
        self._changed = asyncio.Event()
        self._disk = Disk()
        self._tasks: list[asyncio.Task[None]] = []
        self.mode = Mode.SPOOL

    async def start(self) -> None:
        """Open the spool and adopt what the dead have left. Raises ConfigurationError when SPOOL_DIR cannot be used."""
        claimed = claim_own(self._settings)
        prefix = self._settings.topic_prefix
        try:
            self.spool = await self._disk.run(lambda: Spool(claimed, self._settings.spool_max_bytes))
            await self._disk.run(self.spool.adopt_orphans)
        except OSError as error:
            claimed.release()
            raise unusable(self._settings, error) from None
        self._spooling = Spooling(self.spool, self._disk, prefix, self._spool_failed)
        self._drain = Drain(self.spool, self._disk, self._producer, prefix)
        metrics.watch_spool(self.spool)
        metrics.MODE.state(self.mode)
        self._tasks = [asyncio.create_task(each, name="spool-mode") for each in (self._run(), self._tick())]

    @property
    def spool_failure(self) -> str:
        """Why the disk takes nothing; "" when it does."""
        return self._spooling.failure

    async def wait_direct(self, within_s: float) -> None:
        """Wait until records go directly to Kafka, at most so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while self.mode is not Mode.DIRECT:
                    self._changed.clear()
                    await self._changed.wait()

    def hand_over(
        self, topic: str, record: BatchRecord, accepted_at: int, *, only_kafka: bool = False
    ) -> asyncio.Future[None]:
        """Take a record for a topic (its full name), now; the future tells when it is stored.

        It fails with KafkaUnavailable when neither Kafka nor the disk takes the record in time (or only Kafka was
        asked), with ValueError when Kafka can never take it.
        """
        self._numbers += 1
        confirmed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        write = Write(topic, record, confirmed, time.monotonic(), self._numbers, accepted_at, only_kafka)
        if self.mode is Mode.DIRECT and not self._watch.has_topics:
            self._fall_back(refusal(self._watch.problem))
        if self._to_commits:
            self._commits.write(write)
        elif len(record.value) > LARGEST_BYTES:
            settle([write], ValueError(f"a record of {len(record.value)} bytes is larger than Kafka takes"))
        else:
            self._to_spool([write])
        return confirmed

    async def stop(self) -> None:
        """Put what is not confirmed into the spool and let go of it. Bounded; never raises."""
        if not self._tasks:  # its start has failed
            self._disk.end()
            return
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._to_commits, self.mode = False, Mode.SPOOL
        self._to_spool(self._commits.take_back())
        with contextlib.suppress(TimeoutError, OSError):
            async with asyncio.timeout(FLUSH_WITHIN_S):
                await self._spooling.idle()
                await self._disk.run(self.spool.clear)
                await self._disk.run(self.spool.close)
        self._disk.end()

    async def _run(self) -> None:
        while True:
            self._fallen.clear()
            while not (self._producer.connected and self._watch.has_topics):  # noqa: ASYNC110 - either may change
                await asyncio.sleep(LOOK_EVERY_S)
            try:
                await self._drain_all()
            except (Exception, asyncio.CancelledError) as error:  # whatever it is, nothing is lost: it is tried again
                if ends_this_task(error):
                    raise
                self._fall_back(error)
            else:
                await self._fallen.wait()
            await asyncio.sleep(PAUSE_S)

    async def _drain_all(self) -> None:
        self._enter(Mode.DRAINING)
        while self.spool.depth > NEARLY_DONE:
            before = self.spool.bytes
            await self._drain.batch(DRAIN_WITHIN_S)
            if self._to_commits and self.spool.bytes < before:  # the disk had failed; there is room again
                self._to_commits = False
                self._to_spool(self._commits.take_back())
        self._commits.hold()
        self._to_commits = True
        await self._spooling.idle()
        while await self._drain.batch(HAND_BACK_WITHIN_S):
            pass
        await self._disk.run(self.spool.clear)
        self._commits.release()
        self._enter(Mode.DIRECT)

    def _fall_back(self, why: BaseException) -> None:
        """Change to spool mode: what is not confirmed goes first."""
        taken = self._commits.take_back()
        self._commits.hold()
        self._to_commits = False
        self._enter(Mode.SPOOL, str(why) or repr(why))
        self._to_spool(taken)
        self._fallen.set()

    def _to_spool(self, writes: list[Write]) -> None:
        for write in writes:
            if write.only_kafka:
                settle([write], refusal("it is not kept there"))
            else:
                self._spooling.append(write)

    def _spool_failed(self, writes: list[Write]) -> None:
        """The disk took nothing. With Kafka there, they wait for the drain's end; else they are refused."""
        if self.mode is Mode.SPOOL:
            settle(writes, refusal(self._spooling.failure))
            return
        behind = self._commits.take_back()
        self._commits.hold()
        self._to_commits = True
        for write in (*writes, *behind):
            self._commits.write(write)

    async def _tick(self) -> None:
        """While anything waits for disk or drain: refuse what has waited too long, and try a disk that failed."""
        ticks = 0
        while True:
            await asyncio.sleep(TICK_S)
            if self.mode is Mode.DIRECT:
                await self._fallen.wait()
                continue
            ticks += 1
            before = time.monotonic() - KEEP_WITHIN_S
            error = refusal(self._spooling.failure or "the disk is slow")
            self._spooling.expire(before, error)
            if self._to_commits:
                self._commits.expire(before, error)
            if self._spooling.failure and ticks % PROBE_EVERY_TICKS == 0:
                await self._spooling.probe()

    def _enter(self, mode: Mode, why: str = "") -> None:
        if mode is not self.mode:
            says = log.warning if mode is Mode.SPOOL else log.info
            says("gateway.mode", mode=mode.value, before=self.mode.value, why=why, spooled=self.spool.depth)
        self.mode = mode
        metrics.MODE.state(mode)
        self._changed.set()
