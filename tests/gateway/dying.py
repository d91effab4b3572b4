"""`python -m tests.gateway.dying POINT COUNT`: a gateway that is killed when it has come to a point COUNT times."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from bridge.kafka.producer import Producer
from gateway import __main__ as process
from gateway import drain, writer
from gateway.spool import Spool
from gateway.spool_segment import Segment

Call = Callable[..., Any]


def dying(call: Call, times: int, *, before: bool) -> Call:
    """The same call, in which this process is killed at the given time, before or after its work."""
    left = times

    def is_last() -> bool:
        nonlocal left
        left -= 1
        return left == 0

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def wrapped(*arguments: Any, **named: Any) -> Any:
        last = is_last()
        if last and before:
            die()
        result = call(*arguments, **named)
        if last:
            die()
        return result

    async def wrapped_async(*arguments: Any, **named: Any) -> Any:
        last = is_last()
        if last and before:
            die()
        result = await call(*arguments, **named)
        if last:
            die()
        return result

    return wrapped_async if asyncio.iscoroutinefunction(call) else wrapped


POINTS: dict[str, tuple[type, str, bool]] = {
    "before Kafka": (Producer, "send_batch", True),
    "after Kafka before the answer": (Producer, "send_batch", False),
    "before the write to disk": (Segment, "append", True),
    "after fsync before the answer": (Spool, "append", False),
    "drain: in Kafka, not noted": (Spool, "done", True),
    "drain: noted": (Spool, "done", False),
    "drain: before Kafka": (Producer, "send_batch", True),
    "adoption: a file moved": (Spool, "_take", False),
}


if __name__ == "__main__":
    owner, name, comes_before = POINTS[sys.argv[1]]
    setattr(owner, name, dying(getattr(owner, name), int(sys.argv[2]), before=comes_before))
    drain.AT_ONCE = writer.NEARLY_DONE = 5  # so that a drain has a middle
    process.DIRECT_WITHIN_S = 0.0  # and is watched by those who write
    sys.argv[1:] = []
    process.main()
