"""From the spool into Kafka, in order. What Kafka has confirmed is done; a failure leaves the rest where it was (I1).

One batch after another, so that a topic's records are written in the order in which they were accepted (I2).
"""

from __future__ import annotations

from collections.abc import Sequence

from bridge.kafka.producer import BatchRecord, Producer
from gateway import metrics
from gateway.disk import Disk
from gateway.spool import DAMAGED, Ahead, Spool
from gateway.spool_record import Whole

AT_ONCE = 500  # records
REFUSED = "Kafka refuses it for ever: {error}"


class Drain:
    """See the module. Nothing else of this process may write to these topics meanwhile."""

    def __init__(self, spool: Spool, disk: Disk, producer: Producer, prefix: str) -> None:
        self._spool = spool
        self._disk = disk
        self._producer = producer
        self._prefix = prefix
        self._aside: set[tuple[int, int]] = set()  # places of the batch at hand that are in `rejected/`

    async def batch(self, within_s: float) -> int:
        """Drain the oldest; how many they were, 0 when nothing waits.

        Raises KafkaUnavailable, for each topic after `within_s` at the latest, and OSError; nothing is done then.
        """
        found = await self._disk.run(lambda: self._spool.ahead(AT_ONCE))
        if not found:
            return 0
        by_topic: dict[str, list[Ahead]] = {}
        for each in found:
            if isinstance(each.found, Whole):
                by_topic.setdefault(each.found.record.topic, []).append(each)
            else:
                await self._set_aside(each, DAMAGED)
        for topic, part in by_topic.items():
            await self._send(self._prefix + topic, part, within_s)
        await self._disk.run(lambda: self._spool.done(len(found)))
        self._aside.clear()
        metrics.DRAINED.inc(len(found))
        return len(found)

    async def _send(self, topic: str, part: Sequence[Ahead], within_s: float) -> None:
        left = [each for each in part if _place(each) not in self._aside]
        records = [_batch_record(each) for each in left]
        if not records:
            return
        try:
            await self._producer.send_batch(topic, records, within_s=within_s)
        except ValueError as error:
            await self._producer.renew("a record was refused", within_s)
            if len(left) == 1:
                await self._set_aside(left[0], REFUSED.format(error=error))
                return
            middle = len(left) // 2  # until the one that is refused is alone
            await self._send(topic, left[:middle], within_s)
            await self._send(topic, left[middle:], within_s)

    async def _set_aside(self, each: Ahead, reason: str) -> None:
        if _place(each) not in self._aside:
            await self._disk.run(lambda: self._spool.reject(each, reason))
            self._aside.add(_place(each))


def _place(each: Ahead) -> tuple[int, int]:
    return each.segment.number, each.found.start


def _batch_record(each: Ahead) -> BatchRecord:
    if not isinstance(each.found, Whole):
        raise TypeError("damage is no record")
    record = each.found.record
    return BatchRecord(record.key, record.value, record.headers)
