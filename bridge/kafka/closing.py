"""The end of a client of aiokafka's, which can hang while Kafka is away, and lets cancellations through.

When a broker dies, aiokafka cancels tasks of its own and then awaits them: its `stop()` may raise CancelledError though
nobody has cancelled whoever called it. A caller that took this for its own end would be gone for good.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable


def _cancelled_by_us() -> bool:
    """Whether the CancelledError at hand is meant for this task, and not the echo of one inside a library."""
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0


def ends_this_task(error: BaseException) -> bool:
    """Whether an exception is the cancellation of this task: what runs for ever must go on after any other."""
    return isinstance(error, asyncio.CancelledError) and _cancelled_by_us()


async def close(stop: Callable[[], Awaitable[object]], within_s: float) -> None:
    """Await `stop()`, at most `within_s`. Raises nothing but the cancellation of this task."""
    try:
        with contextlib.suppress(Exception):
            async with asyncio.timeout(within_s):
                await stop()
    except asyncio.CancelledError:
        if _cancelled_by_us():
            raise
