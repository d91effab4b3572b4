"""Faust's fetch loop, racing once a batch instead of once a message.

The stock loop runs each message against "is the flow suspended", in four tasks a message: more than all the rest of a
message's way through a worker. Here a batch of records is handed over in one such race. A suspension (a rebalance)
still ends the hand-over at once; what was not handed over is read again, because the next assignment seeks to the
committed offsets. Gaps and acknowledgements, which the stock loop also counts, are the trackers' business (I3).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any, cast

from faust.transport.drivers.aiokafka import Consumer, Transport
from faust.types import TP

PAUSED_POLL_S = 0.02  # the stock loop sleeps a second, and wakes up long after the lanes have run dry
YIELD_EVERY = 100  # records, so that a full batch does not hold the loop

Fetched = AsyncIterator[tuple[TP, Any]]


class BatchConsumer(Consumer):
    """See the module. Everything but the loop is Faust's."""

    async def _drain_messages(self, fetcher: Any) -> None:
        try:
            while not (self._stopped.is_set() or fetcher._stopped.is_set()):
                fetched: Fetched = self.getmany(timeout=1.0)
                await self.sleep(0)
                # Fetching is outside the race: a fetch that is cut short would lose what it had brought.
                first = await anext(fetched, None)
                if first is not None:
                    await self.wait_first(self._hand_over(first, fetched), self.suspend_flow.wait())
        except self.consumer_stopped_errors:
            if not self.transport.app.should_stop:
                raise
        except asyncio.CancelledError:
            if not self.transport.app.should_stop:
                raise

    async def _wait_next_records(self, timeout: float) -> tuple[Any, set[TP] | None]:
        """Judged where the stock loop judges it: a partition that is paused a step later would cost its second."""
        if self.flow_active and not self._get_active_partitions():  # all are paused, or there is none
            self._stay_in_group()
            await self.sleep(PAUSED_POLL_S)
            return {}, set()
        return await super()._wait_next_records(timeout)

    def _stay_in_group(self) -> None:
        """Fetching nothing is on purpose: aiokafka takes it for a worker that is gone, leaves, and never comes back."""
        cast(Any, self._thread)._ensure_consumer()._subscription._last_fetch_ended = time.monotonic()

    async def _hand_over(self, first: tuple[TP, Any], rest: Fetched) -> None:
        await self._hand_over_one(*first)
        handed = 1
        async for tp, message in rest:
            await self._hand_over_one(tp, message)
            handed += 1
            if handed % YIELD_EVERY == 0:
                await asyncio.sleep(0)

    async def _hand_over_one(self, tp: TP, message: Any) -> None:
        last = self._read_offset[tp]
        if last is None or message.offset >= last:
            await self.callback(message)
            self._read_offset[tp] = message.offset


class BatchTransport(Transport):
    """Faust's transport with that consumer."""

    Consumer = BatchConsumer
