"""Closing a client of aiokafka's is bounded, and only our own cancellation is one."""

from __future__ import annotations

import asyncio
import time

import pytest

from bridge.kafka.closing import close


async def test_a_cancellation_inside_the_client_is_not_the_end_of_the_caller() -> None:
    async def stop() -> None:
        inner = asyncio.ensure_future(asyncio.Event().wait())
        inner.cancel()
        await inner

    await close(stop, within_s=5.0)


async def test_a_client_that_hangs_or_fails_is_left_behind() -> None:
    async def fail() -> None:
        raise RuntimeError("broken")

    started = time.monotonic()
    await close(asyncio.Event().wait, within_s=0.05)
    await close(fail, within_s=5.0)
    assert time.monotonic() - started < 2.0


async def test_our_own_cancellation_passes() -> None:
    began = asyncio.Event()

    async def stop() -> None:
        began.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(close(stop, within_s=60.0))
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
