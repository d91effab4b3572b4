"""Whatever Kafka and the disk do, and whenever: what was stored is there, and first came in its order (I1, I2).

Kafka and the disk are played here, so that they fail at every turn, many times a second; the rest is the real thing.
"""

from __future__ import annotations

import asyncio
import errno
import random
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from bridge.errors import KafkaUnavailable
from bridge.kafka.producer import BatchRecord, Producer
from bridge.settings import Settings
from gateway import drain, writer
from gateway.kafka_watch import KafkaWatch
from gateway.spool import Spool
from gateway.spool_record import SpoolRecord
from gateway.writer import Mode, Writer

TOPICS = ("p.inbound", "p.outbound")
RECORDS, AFTERWARDS = 2_000, 50


class ShakyKafka:
    """A producer and a watch. A batch is taken, refused, half taken, or taken without a word, as chance has it."""

    confirm_within_s = 0.02
    has_topics = True
    problem = ""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._late: set[asyncio.Task[None]] = set()
        self.connected = True
        self.trouble = 0.0
        self.log: dict[str, list[bytes]] = defaultdict(list)

    async def send_batch(
        self, topic: str, records: Sequence[BatchRecord], *, within_s: float = 0.0, partition: int | None = None
    ) -> None:
        if not self.connected:
            raise KafkaUnavailable("away")
        values = [record.value for record in records]
        if self._chance.random() >= self.trouble:
            await asyncio.sleep(self._chance.choice((0, 0.0005, 0.002)))
            if not self.connected:
                raise KafkaUnavailable("gone meanwhile")
            self.log[topic] += values
            await asyncio.sleep(0)
            return
        taken = self._chance.choice((0, len(values) // 2, len(values)))
        await asyncio.sleep(self._chance.choice((0, 0.005)))
        if self._chance.random() < 0.5:
            self.log[topic] += values[:taken]
        else:  # it comes to the broker when the producer has been given up long since
            late = asyncio.create_task(self._take_later(topic, values[:taken]))
            self._late.add(late)
            late.add_done_callback(self._late.discard)
        self.connected = False
        asyncio.get_running_loop().call_later(self._chance.random() * 0.05, self._back)
        raise KafkaUnavailable("no confirmation")

    async def _take_later(self, topic: str, values: list[bytes]) -> None:
        await asyncio.sleep(self._chance.random() * 0.02)
        self.log[topic] += values

    def _back(self) -> None:
        self.connected = True


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name, value in (
        (writer, "LOOK_EVERY_S", 0.002),
        (writer, "PAUSE_S", 0.002),
        (writer, "NEARLY_DONE", 20),
        (drain, "AT_ONCE", 15),
    ):
        monkeypatch.setattr(module, name, value)
    monkeypatch.setattr("gateway.spool.SEGMENT_BYTES", 2_000)


@pytest.mark.parametrize("seed", range(6))
async def test_order_holds_through_every_change_of_mode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = random.Random(seed)
    append, disk_trouble = Spool.append, 0.3 if seed % 2 else 0.0

    def shaky(spool: Spool, records: Sequence[SpoolRecord]) -> None:
        time.sleep(chance.choice((0, 0, 0.003)))
        if chance.random() < disk_trouble:
            raise OSError(errno.ENOSPC, "No space left on device")
        append(spool, records)

    monkeypatch.setattr(Spool, "append", shaky)
    kafka = ShakyKafka(chance)
    settings = Settings(_env_file=None, spool_dir=str(tmp_path), topic_prefix="p.")
    one = Writer(settings, cast(Producer, kafka), cast(KafkaWatch, kafka))
    await one.start()
    written: dict[str, list[tuple[bytes, asyncio.Future[None]]]] = defaultdict(list)
    modes = set()
    for number in range(RECORDS + AFTERWARDS):
        if number == RECORDS:
            kafka.trouble = 0.0
            await one.wait_direct(20)
        elif number < RECORDS:
            kafka.trouble = 0.3 if number // 250 % 2 else 0.01
        topic = chance.choice(TOPICS)
        value = b"%d" % number
        written[topic].append((value, one.hand_over(topic, BatchRecord(b"key", value), number)))
        modes.add(one.mode)
        if chance.random() < 0.3:
            await asyncio.sleep(chance.choice((0, 0, 0.001, 0.004)))
    pending: list[asyncio.Future[Any]] = [future for each in written.values() for _, future in each]
    outcomes = await asyncio.wait_for(asyncio.gather(*pending, return_exceptions=True), 20)
    await one.wait_direct(20)
    assert one.mode is Mode.DIRECT
    await one.stop()
    assert modes == set(Mode)
    assert {type(each) for each in outcomes} <= {type(None), KafkaUnavailable}
    if not disk_trouble:
        assert outcomes == [None] * (RECORDS + AFTERWARDS)
    for topic, each in written.items():
        stored = [value for value, future in each if future.exception() is None]
        assert len(stored) > len(each) / 2
        wanted = set(stored)
        assert [value for value in dict.fromkeys(kafka.log[topic]) if value in wanted] == stored
