"""The outbound agent beside a bare aiohttp client and a plain Faust agent, measured where the calls arrive."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

from bridge.events import encode
from bridge.settings import CASCADE_PATH
from bridge.topics import OUTBOUND
from tests.bench.children import Child
from tests.bench.figures import MIDDLE, Measured, per_thousand, rate_of
from tests.bench.ground import Ground, Record, fill
from tests.bench.payloads import operator_message

POLL_S = 0.1
WITHIN_S = 180.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast the vendor answers, how many calls may wait for it, and how many messages a run has."""

    delay_ms: float
    at_once: int
    messages: int
    faust_messages: int  # plain Faust waits for each answer


async def agent(ground: Ground, pace: Pace) -> Measured:
    """`python -m streams outbound`, its topic filled before it starts."""
    async with ground.topics(attempts_in_flight=pace.at_once) as settings:
        await fill(settings, settings.topic_prefix + OUTBOUND, records(pace.messages))
        await ground.vendor.begin(pace.delay_ms)
        async with ground.part("outbound", settings, "streams", "outbound") as child:
            return await _measured(ground, child, pace.messages)


async def bare_client(ground: Ground, pace: Pace) -> Measured:
    """The same bodies from one aiohttp session."""
    await ground.vendor.begin(pace.delay_ms)
    async with _bare(ground, pace) as child:
        return await _measured(ground, child, pace.messages)


async def plain_faust(ground: Ground, pace: Pace) -> Measured:
    """The agent that a newcomer would write."""
    async with ground.topic() as (settings, topic):
        await fill(settings, topic, records(pace.faust_messages))
        await ground.vendor.begin(pace.delay_ms)
        command = ("faust", "-A", "tests.bench.plain_faust", "worker", "-l", "warn", "--without-web")
        where = {"BENCH_GROUP": topic, "BENCH_TOPIC": topic, "BENCH_BROKER": ground.bootstrap_servers}
        async with ground.side("plain-faust", *command, **where, BENCH_URL=ground.vendor.url + CASCADE_PATH) as child:
            return await _measured(ground, child, pace.faust_messages)


def records(count: int) -> list[Record]:
    """Operators' messages as they stand in the topic, the conversations in turn."""
    return [((event.chat_id or "").encode(), encode(event)) for event in map(operator_message, range(count))]


@contextlib.asynccontextmanager
async def _bare(ground: Ground, pace: Pace) -> AsyncIterator[Child]:
    url = ground.vendor.url + CASCADE_PATH
    count, at_once = str(pace.messages), str(pace.at_once)
    async with ground.side(
        "bare-client", "tests.bench.bare_client", BENCH_URL=url, BENCH_COUNT=count, BENCH_AT_ONCE=at_once
    ) as child:
        yield child


async def _measured(ground: Ground, child: Child, expected: int) -> Measured:
    """Watch a side until the vendor has seen all its messages; start-up is left out."""
    deadline = time.monotonic() + WITHIN_S
    marks: list[tuple[int, float]] = []
    peak_mb = 0.0
    while True:
        seen = await ground.vendor.seen()
        if seen >= expected:
            break
        child.check()
        usage = child.usage()
        marks.append((seen, usage.cpu_s))
        peak_mb = usage.peak_mb
        if time.monotonic() > deadline:
            raise TimeoutError(f"{child.name}: {seen} of {expected} messages within {WITHIN_S:.0f} s")
        await asyncio.sleep(POLL_S)
    return Measured(
        {
            "per_s": rate_of(await ground.vendor.times()),
            "most_at_once": await ground.vendor.most_at_once(),
            "cpu_s_per_1000": cpu_in_the_middle(marks, expected),
            "peak_mb": peak_mb,
            "messages": expected,
        }
    )


def cpu_in_the_middle(marks: list[tuple[int, float]], expected: int) -> float:
    """CPU seconds per 1,000 messages between the (messages, CPU seconds) marks that lie in the middle of the run."""
    first, last = (round(expected * part) for part in MIDDLE)
    inside = [mark for mark in marks if first <= mark[0] <= last]
    if len(inside) < 2:
        return float("nan")
    return per_thousand(inside[-1][1] - inside[0][1], inside[-1][0] - inside[0][0])
