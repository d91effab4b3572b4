"""What is compared with what, how large each run is, and what it should come to: data.

The first side of a comparison is the product; its figure is divided by those of the others, run by run.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from tests.bench import gateway, latency, outbound
from tests.bench.figures import Measured
from tests.bench.gateway import Series
from tests.bench.ground import Ground
from tests.bench.latency import Stream
from tests.bench.outbound import Pace

Side = Callable[[Ground], Awaitable[Measured]]
PARTS = ("outbound", "gateway", "latency")
PRODUCT = "edna-amocrm"
BARE_CLIENT = "bare aiohttp client"
PLAIN_FAUST = "plain Faust agent"
BARE_PAIR = "bare handler and producer"


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure should come to: at least so many times that of another side, or at most so much by itself."""

    figure: str
    limit: float
    against: str | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison of the bench."""

    name: str
    part: str
    title: str
    sides: Mapping[str, Side]
    targets: tuple[Target, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Size:
    """How large the runs are."""

    runs: int
    messages: int  # with 512 in flight
    messages_at_64: int
    faust_messages: int  # at 50 ms, one after another
    faust_messages_at_once: int  # at 0 ms
    webhooks: int
    latency_s: float


# So many webhooks that every conversation has written before the middle of the run, which is what is measured.
FULL = Size(3, 20_000, 8_000, 100, 3_000, 24_000, 30.0)
QUICK = Size(1, 4_000, 1_500, 30, 500, 2_000, 4.0)


def comparisons(size: Size) -> list[Comparison]:
    """All comparisons, in the order in which they run."""
    return [
        _outbound(
            Pace(50.0, 512, size.messages, size.faust_messages),
            (Target("per_s", 100.0, PLAIN_FAUST), Target("per_s", 0.5, BARE_CLIENT)),
        ),
        _outbound(Pace(50.0, 64, size.messages_at_64, size.faust_messages), (Target("per_s", 0.9, BARE_CLIENT),)),
        _outbound(Pace(0.0, 512, size.messages, size.faust_messages_at_once), ()),
        _gateway("edna", "webhooks of edna (authorised by key)", size),
        _gateway("amojo", "webhooks of amoCRM (signed)", size),
        _latency("amojo", "operator → client: amoCRM's webhook to edna's call", size),
        _latency("edna", "client → operator: edna's webhook to amoCRM's call", size),
    ]


def _outbound(pace: Pace, targets: tuple[Target, ...]) -> Comparison:
    return Comparison(
        f"outbound-{pace.delay_ms:.0f}ms-{pace.at_once}",
        "outbound",
        f"edna answers after {pace.delay_ms:.0f} ms, {pace.at_once} calls in flight",
        {
            PRODUCT: partial(outbound.agent, pace=pace),
            BARE_CLIENT: partial(outbound.bare_client, pace=pace),
            PLAIN_FAUST: partial(outbound.plain_faust, pace=pace),
        },
        targets,
    )


def _gateway(kind: str, title: str, size: Size) -> Comparison:
    series = Series(kind, 64, size.webhooks)
    return Comparison(
        f"gateway-{kind}",
        "gateway",
        title,
        {PRODUCT: partial(gateway.product, series=series), BARE_PAIR: partial(gateway.bare_pair, series=series)},
        (Target("per_s", 0.7, BARE_PAIR),),
    )


def _latency(kind: str, title: str, size: Size) -> Comparison:
    stream = Stream(kind, 200.0, size.latency_s, 50.0)
    return Comparison(
        f"latency-{kind}",
        "latency",
        title,
        {PRODUCT: partial(latency.product, stream=stream)},
        (Target("p50_ms", 10.0), Target("p99_ms", 50.0)),
    )
