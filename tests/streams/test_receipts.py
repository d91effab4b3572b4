"""Receipts are read whatever becomes of the client that reads them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError

from bridge.settings import Settings
from streams.delivery.partition import Partition
from streams.delivery.receipts import Receipts, load_until_read


class Breaking(Receipts):
    """Fails as a client does whose broker dies: first with an error, then with the echo of an inner cancellation."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, "inbound")
        self.reads = 0

    async def load(self, partitions: Iterable[Partition]) -> None:
        self.reads += 1
        if self.reads == 1:
            raise KafkaConnectionError("the broker died")
        if self.reads == 2:
            inner: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
            inner.cancel()
            await inner


async def test_partitions_open_although_their_reader_was_cancelled_from_within() -> None:
    receipts = Breaking(Settings(_env_file=None))
    partition = Partition(0, epoch=1)
    await asyncio.wait_for(load_until_read(receipts, [partition]), 10)
    assert partition.ready.is_set()
    assert receipts.reads == 3


async def test_the_end_of_the_worker_ends_the_reading() -> None:
    class Silent(Receipts):
        async def load(self, partitions: Iterable[Partition]) -> None:
            await asyncio.Event().wait()

    partition = Partition(0, epoch=1)
    task = asyncio.create_task(load_until_read(Silent(Settings(_env_file=None), "inbound"), [partition]))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not partition.ready.is_set()
