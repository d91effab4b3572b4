"""What the bridge adds at an even pace: from the moment a webhook is sent until its call arrives at the other vendor.

The whole path: gateway, Kafka, agent, each a process. Webhooks are sent evenly, whether the last was answered or not;
the monotonic clock is the same in all processes of a machine.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from bridge.topics import INBOUND, OUTBOUND
from tests.bench.children import Child, ChildFailed
from tests.bench.figures import Measured, percentile, quantiles
from tests.bench.gateway import load
from tests.bench.ground import Ground

READY_WITHIN_S = 30.0
ARRIVE_WITHIN_S = 15.0
WARM_UP_S = 2.0  # left out: first connections, first batches
DIRECTIONS = {"amojo": OUTBOUND, "edna": INBOUND}


@dataclass(frozen=True, slots=True)
class Stream:
    """Whose webhooks, at what pace, for how long, and the vendor's delay."""

    kind: str
    per_s: float
    seconds: float
    delay_ms: float


async def product(ground: Ground, stream: Stream) -> Measured:
    """The figures, and the curve of all waiting times in ms."""
    direction = DIRECTIONS[stream.kind]
    await ground.vendor.begin(stream.delay_ms, keep=True)
    async with (
        ground.topics() as settings,
        ground.part("gateway", settings, "gateway") as gateway,
        ground.part(direction, settings, "streams", direction) as agent,
    ):
        await ready(ground, agent)
        count = int(stream.per_s * (stream.seconds + WARM_UP_S))
        answers = await load(
            ground, await gateway.url(), BENCH_HOOKS=stream.kind, BENCH_COUNT=str(count), BENCH_RATE=str(stream.per_s)
        )
        await _arrived(ground, count)
    arrived = dict(reversed(await ground.vendor.ids()))  # of a repeat, the first arrival counts
    late = answers[int(stream.per_s * WARM_UP_S) :]
    waited = sorted((arrived[answer.comes_out_as] - answer.sent_ns) / 1e6 for answer in late)
    figures = {f"p{percent}_ms": percentile(waited, percent) for percent in (50, 90, 99)}
    return Measured({**figures, "max_ms": waited[-1], "messages": len(waited)}, quantiles(waited))


async def ready(ground: Ground, agent: Child) -> None:
    """Wait until an agent says that it is ready. Raises ChildFailed."""
    url = await agent.url()
    deadline = time.monotonic() + READY_WITHIN_S
    while not await ground.vendor.says_ready(url):
        agent.check()
        if time.monotonic() > deadline:
            raise ChildFailed(f"{agent.name} was not ready within {READY_WITHIN_S:.0f} s")
        await asyncio.sleep(0.05)


async def _arrived(ground: Ground, count: int) -> None:
    deadline = time.monotonic() + ARRIVE_WITHIN_S
    while (seen := await ground.vendor.seen()) < count:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{seen} of {count} messages came out")
        await asyncio.sleep(0.05)
