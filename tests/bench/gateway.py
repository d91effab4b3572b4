"""The gateway beside a bare handler with a bare producer: webhooks a second, and how long each waits for its 200.

What was answered 200 must stand in Kafka, or the run is worth nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from bridge.amojo import webhooks as amojo
from bridge.edna import webhooks as edna
from bridge.events import Event, encode
from bridge.topics import INBOUND, OUTBOUND
from tests.bench.children import Child
from tests.bench.figures import Measured, bounds, per_thousand, percentile, quantiles, rate_of
from tests.bench.ground import Ground, count_records
from tests.bench.payloads import WEBHOOKS

WITHIN_S = 120.0
TOPICS = {"edna": INBOUND, "amojo": OUTBOUND}


@dataclass(frozen=True, slots=True)
class Series:
    """Whose webhooks, how many, and how many under way at once."""

    kind: str
    at_once: int
    webhooks: int


@dataclass(frozen=True, slots=True)
class Answered:
    """One webhook of the load: the id under which it comes out, when it went and when its answer came, the status."""

    comes_out_as: str
    sent_ns: int
    answered_ns: int
    status: int


async def product(ground: Ground, series: Series) -> Measured:
    """`python -m gateway`."""
    async with ground.topics() as settings, ground.part("gateway", settings, "gateway") as child:
        found = await _under_load(ground, child, series)
        stored = await count_records(settings, [settings.topic_prefix + TOPICS[series.kind]])
        return _proven(found, stored, series)


async def bare_pair(ground: Ground, series: Series) -> Measured:
    """`python -m tests.bench.bare_gateway`."""
    async with ground.topic() as (settings, topic):
        where = {"BENCH_BROKER": ground.bootstrap_servers, "BENCH_TOPIC": topic}
        size = str(record_bytes(series.kind, settings))
        async with ground.side("bare-gateway", "tests.bench.bare_gateway", **where, BENCH_RECORD_BYTES=size) as child:
            found = await _under_load(ground, child, series)
            return _proven(found, await count_records(settings, [topic]), series)


def record_bytes(kind: str, settings: Any) -> int:
    """How large the record is that the product makes of a webhook."""
    document = json.loads(WEBHOOKS[kind](0).body)
    reading: Any = (edna if kind == "edna" else amojo).Reading.of(settings)
    event = (edna if kind == "edna" else amojo).parse(document, reading)
    if not isinstance(event, Event):
        raise TypeError(f"the bench's own webhook of {kind} is not understood: {event}")
    return len(encode(event.model_copy(update={"accepted_at": 1_764_075_600_000})))


async def load(ground: Ground, url: str, **wishes: str) -> list[Answered]:
    """Run the load against `url` and return what came of each webhook; the wishes are those of `load`."""
    out = ground.folder / "load.json"
    async with ground.side("load", "tests.bench.load", BENCH_URL=url, BENCH_OUT=str(out), **wishes) as child:
        await child.finished(WITHIN_S)
    rows = json.loads(out.read_text())
    out.unlink()
    return [Answered(*row) for row in rows]


def measured(answers: list[Answered]) -> Measured:
    """Rate and waiting times in the middle of the run. Raises ValueError when anything was not answered 200."""
    refused = [answer.status for answer in answers if answer.status != 200]
    if refused:
        raise ValueError(f"{len(refused)} of {len(answers)} webhooks were not answered 200 but {sorted(set(refused))}")
    in_order = sorted(answers, key=lambda answer: answer.answered_ns)
    first, last = bounds(len(in_order))
    waited = sorted((answer.answered_ns - answer.sent_ns) / 1e6 for answer in in_order[first : last + 1])
    figures = {
        "per_s": rate_of([answer.answered_ns for answer in in_order]),
        "p50_ms": percentile(waited, 50),
        "p99_ms": percentile(waited, 99),
        "max_ms": waited[-1],
    }
    return Measured(figures, quantiles(waited))


async def _under_load(ground: Ground, child: Child, series: Series) -> Measured:
    url = await child.url()
    before = child.usage()
    answers = await load(
        ground, url, BENCH_HOOKS=series.kind, BENCH_COUNT=str(series.webhooks), BENCH_AT_ONCE=str(series.at_once)
    )
    after = child.usage()
    cost = {"cpu_s_per_1000": per_thousand(after.cpu_s - before.cpu_s, series.webhooks), "peak_mb": after.peak_mb}
    found = measured(answers)
    return Measured({**found.figures, **cost}, found.curve)


def _proven(found: Measured, stored: int, series: Series) -> Measured:
    if stored != series.webhooks:
        raise ValueError(f"{series.webhooks} webhooks were answered 200, {stored} stand in Kafka")
    return Measured({**found.figures, "stored": stored}, found.curve)
