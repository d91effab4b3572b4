"""A whole worker without Faust and Kafka: the real delivery around a log in memory that follows Kafka's protocol.

What stands in `Log` outlives every worker; all else is gone when one is killed. A worker that is cut off keeps running:
its heartbeats, receipts and commits do not get through, and its group goes on without it.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from bridge.errors import KafkaUnavailable
from bridge.events import Receipt, ReceiptOutcome
from bridge.kafka.producer import BatchRecord, Position, Producer
from bridge.settings import Settings
from streams.delivery import delivery as delivery_module
from streams.delivery.delivery import Delivery
from streams.delivery.liveness import Liveness
from streams.delivery.memory import DONE
from streams.delivery.outcome import Carrier
from streams.delivery.partition import Partition
from streams.delivery.receipts import Receipts
from tests.streams.clockwork import OWNER, SimulatedLoop

SESSION_S = 10.0
HEARTBEAT_S = 3.0
ON_THE_WAY_S = 0.01  # to Kafka, and back
UNANSWERED_S = 0.5  # until a call of Kafka is given up


@dataclass(slots=True)
class Log:
    """What Kafka holds, and what is wrong with it."""

    partitions: int
    source: list[list[tuple[bytes, bytes]]] = field(init=False)
    receipts: list[list[Receipt]] = field(init=False)
    committed: dict[int, int] = field(default_factory=dict)
    dead: set[tuple[int, int]] = field(default_factory=set)  # partition and offset of what has a dead letter
    told: list[bytes] = field(default_factory=list)
    owners: dict[int, str] = field(default_factory=dict)
    away: bool = False
    read_only: bool = False  # the group works, and nothing can be written: another broker leads there
    grown: asyncio.Event = field(default_factory=asyncio.Event)
    on_commit: Callable[[int, int], None] = lambda _number, _offset: None
    on_receipt: Callable[[int, Receipt], None] = lambda _number, _receipt: None

    def __post_init__(self) -> None:
        self.source = [[] for _ in range(self.partitions)]
        self.receipts = [[] for _ in range(self.partitions)]

    def append(self, number: int, key: bytes, value: bytes) -> None:
        """A record of the source."""
        self.source[number].append((key, value))
        self.grown.set()
        self.grown = asyncio.Event()


class _Producer(Producer):
    def __init__(self, worker: Worker, settings: Settings) -> None:
        super().__init__(settings, confirm_within_s=1.0)
        self._worker = worker

    @property
    def connected(self) -> bool:
        return not self._worker.log.away

    async def start(self) -> None:
        """Nothing to open."""

    async def stop(self, within_s: float = 2.0) -> None:
        """Nothing to close."""

    async def send(
        self,
        topic: str,
        value: bytes | None,
        *,
        key: bytes | None = None,
        headers: Sequence[tuple[str, bytes]] = (),
        partition: int | None = None,
        timestamp_ms: int | None = None,
    ) -> Position:
        log = self._worker.log
        if topic.endswith(".dlq"):
            _, number, offset = dict(headers)["dlq-source"].decode().split("/")
            await self._worker.kafka(lambda: log.dead.add((int(number), int(offset))), writes=True)
        else:
            await self._worker.kafka(lambda: log.told.append(value or b""), writes=True)
        return Position(partition or 0, 0)

    async def send_batch(
        self,
        topic: str,
        records: Sequence[BatchRecord],
        *,
        partition: int | None = None,
        within_s: float | None = None,
    ) -> None:
        assert partition is not None
        number, log = partition, self._worker.log
        written = [Receipt.model_validate_json(record.value) for record in records]

        def write() -> None:
            for receipt in written:
                log.on_receipt(number, receipt)
                log.receipts[number].append(receipt)

        await self._worker.kafka(write, writes=True)
        self._worker.learn(number, written)


class _Receipts(Receipts):
    def __init__(self, worker: Worker, settings: Settings) -> None:
        super().__init__(settings, "outbound")
        self._worker = worker

    async def load(self, partitions: Iterable[Partition]) -> None:
        try:
            await self._worker.kafka(lambda: None)
        except KafkaUnavailable as error:
            raise OSError from error  # what a client raises
        for partition in partitions:
            memory = self.memory(partition)
            receipts = self._worker.log.receipts[partition.number]
            for receipt in receipts[memory.next_offset or 0 :]:
                memory.note_receipt(receipt)
            memory.first_offset, memory.next_offset = 0, len(receipts)
            self._worker.learn(partition.number, receipts)


class Worker:
    """See the module. `id` is an OWNER of the loop: `loop.kill(id)` is SIGKILL."""

    def __init__(self, name: str, loop: SimulatedLoop, log: Log, carrier: Carrier, settings: Settings) -> None:
        self.id = name
        self.log = log
        self.cut_off = False
        self.dead = False
        self.epoch = 0
        self.done: dict[int, set[str]] = defaultdict(set)  # by partition, the events that it must know to be done
        self.refused: set[str] = set()  # the vendor's ids that it must know to be refused
        self.numbers: list[int] = []
        self._paused: set[int] = set()
        self._kick = asyncio.Event()
        self._fetching: asyncio.Task[None] | None = None
        self._loop = loop
        self.liveness = Liveness(SESSION_S, loop.time)
        with (
            mock.patch.object(delivery_module, "Producer", return_value=_Producer(self, settings)),
            mock.patch.object(delivery_module, "Receipts", return_value=_Receipts(self, settings)),
        ):
            self.delivery = Delivery(settings, carrier, self, self.liveness, loop.time)

    def run(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run something as a part of this process."""
        context = contextvars.copy_context()
        context.run(OWNER.set, self.id)
        return self._loop.create_task(coroutine, context=context)

    def start(self) -> None:
        """Begin; it has no partitions yet."""
        self.run(self.delivery.start())
        self.run(self._beat())

    def kill(self) -> None:
        """SIGKILL."""
        self.dead = True
        self._loop.kill(self.id)

    def learn(self, number: int, receipts: Iterable[Receipt]) -> None:
        """It has read these receipts, or Kafka has confirmed them to it: it cannot say that it did not know."""
        for receipt in receipts:
            if receipt.outcome in DONE:
                self.done[number].add(receipt.event_id)
            elif receipt.outcome is ReceiptOutcome.REFUSED and receipt.request_id:
                self.refused.add(receipt.request_id)

    async def assigned(self, numbers: Iterable[int]) -> None:
        """As the shell does it."""
        self.numbers = sorted(numbers)
        self.epoch += 1
        self._paused.clear()
        self.liveness.good()
        await self.delivery.assign(self.numbers)
        self._fetching = asyncio.create_task(self._fetch())

    async def revoked(self) -> None:
        """As the shell does it; what was fetched and not taken is dropped."""
        if self._fetching is not None:
            self._fetching.cancel()
        await self.delivery.revoke()
        self.numbers = []

    async def stopped(self) -> None:
        """SIGTERM."""
        await self.delivery.stop()
        self.kill()

    async def kafka(self, apply: Callable[[], object], *, writes: bool = False) -> None:
        """One call of Kafka. Raises KafkaUnavailable; it may have been applied all the same."""
        if self.unreachable or (writes and self.log.read_only):
            await asyncio.sleep(UNANSWERED_S)
            raise KafkaUnavailable("no way to it")
        await asyncio.sleep(ON_THE_WAY_S)
        if self.dead:
            await asyncio.Event().wait()
        if self.unreachable:
            raise KafkaUnavailable("lost on the way there")
        apply()
        await asyncio.sleep(ON_THE_WAY_S)
        if self.unreachable:
            raise KafkaUnavailable("lost on the way back")

    @property
    def unreachable(self) -> bool:
        """Whether Kafka and this process do not hear each other."""
        return self.log.away or self.cut_off

    @property
    def member(self) -> bool:
        """Whether the group counts it in: all that it thinks to have is its own."""
        return all(self.log.owners.get(number) == self.id for number in self.numbers)

    async def committed(self, numbers: Iterable[int]) -> Mapping[int, int | None]:
        """`Consumer` of the delivery."""
        await self.kafka(lambda: None)
        return {number: self.log.committed.get(number) for number in numbers}

    async def commit(self, offsets: Mapping[int, int]) -> None:
        """`Consumer` of the delivery."""

        def apply() -> None:
            if any(self.log.owners.get(number) != self.id for number in offsets):
                raise RuntimeError("fenced: the group has gone on")
            for number, offset in offsets.items():
                self.log.on_commit(number, offset)
                self.log.committed[number] = offset

        await self.kafka(apply)

    def pause(self, number: int) -> None:
        """`Consumer` of the delivery."""
        self._paused.add(number)

    def resume(self, number: int) -> None:
        """`Consumer` of the delivery."""
        self._paused.discard(number)
        self._kick.set()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            if not self.unreachable:
                if self.member:
                    self.liveness.good()
                else:
                    self.liveness.lost()

    async def _fetch(self) -> None:
        log = self.log
        positions = {number: log.committed.get(number, 0) for number in self.numbers}
        while True:
            self._kick.clear()
            grown = log.grown
            moved = False
            for number, position in positions.items():
                if number not in self._paused and position < len(log.source[number]):
                    key, value = log.source[number][position]
                    await self.delivery.take(number, position, key, value, (), 1)
                    positions[number], moved = position + 1, True
            if not moved:
                waits = [asyncio.create_task(event.wait()) for event in (grown, self._kick)]
                try:
                    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for wait in waits:
                        wait.cancel()
