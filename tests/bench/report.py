"""The bench as Markdown: docs/benchmarks/README.md. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from tests.bench.figures import Spread
from tests.bench.plan import BARE_CLIENT, BARE_PAIR, PLAIN_FAUST, PRODUCT, Comparison
from tests.bench.results import Results, Verdict

HEAD = """\
# Benchmarks

What the bridge costs beside the barest thing that does the same work. Written by `make bench`; all figures of all runs
are in [results.json](results.json). Medians of {runs}, with the least and the most in brackets. Ratios are made run by
run: the sides run in turn, so that whatever slows the machine hits all of them.

{machine}
"""

OUTBOUND = """
## Outbound agent

`python -m streams outbound` with a topic that was filled before it starts (2,000 conversations, 12 partitions), beside
one process with one aiohttp session that posts the same bodies from memory with as many calls in flight, and beside the
agent that Faust's own first page teaches (one call after another, everything at its default). Measured where the calls
arrive, from 10 % to 90 % of the messages. The vendor is one raw server process, which answers {ceiling} calls a second
to a raw client.
"""

GATEWAY = """
## Gateway

`python -m gateway` with webhooks of about 1 KB on 64 connections, beside an aiohttp handler that reads, parses and
awaits a bare idempotent producer with records of the same size. Everything that was answered 200 was counted in Kafka
afterwards. Times are from the first byte sent to the answer, with 64 webhooks under way all the time.
"""

LATENCY = """
## Added latency

200 webhooks a second, evenly spaced, whether the last was answered or not: from the moment a webhook is sent until its
call arrives at the other vendor, through gateway, Kafka and agent, each a process. The first two seconds are left out,
and so is the vendors' own time to answer (50 ms), unless a call waits for it.
"""


def markdown(results: Results, comparisons: Sequence[Comparison], notes: str = "") -> str:
    """The whole page; `notes` are what a person wrote about the figures."""
    measured = [each for each in comparisons if each.name in results.runs]
    runs = max((len(side) for sides in results.runs.values() for side in sides.values()), default=0)
    machine = "\n".join(f"* {name}: {value}" for name, value in results.machine.items())
    page = [HEAD.format(runs=f"{runs} runs" if runs != 1 else "one run", machine=machine)]
    page += ["## Targets\n", targets_table(results.verdicts(measured))]
    by_part = {part: [each for each in measured if each.part == part] for part in ("outbound", "gateway", "latency")}
    if by_part["outbound"] or by_part["gateway"]:
        page.append("\n![Throughput](throughput.svg)")
    if by_part["outbound"]:
        page += [OUTBOUND.format(ceiling=_number(results.ceiling_per_s)), outbound_table(results, by_part["outbound"])]
    if by_part["gateway"]:
        page += [GATEWAY, gateway_table(results, by_part["gateway"])]
    if by_part["latency"]:
        page += [LATENCY, latency_table(results, by_part["latency"]), "\n![Latency](latency.svg)"]
    if notes:
        page.append(f"\n{notes.strip()}")
    return "\n".join(page) + "\n"


def targets_table(verdicts: Sequence[Verdict]) -> str:
    """Every target, what was measured, and whether it is met."""
    rows = [
        (verdict.comparison.title, _wanted(verdict), _spread(verdict.measured), "yes" if verdict.met else "**no**")
        for verdict in verdicts
    ]
    return table(("", "target", "measured", "met"), rows)


def outbound_table(results: Results, comparisons: Sequence[Comparison]) -> str:
    """Calls a second, and what they cost."""
    head = ("", "", "calls/s", f"× {BARE_CLIENT}", f"× {PLAIN_FAUST}", "most in flight", "CPU s per 1,000", "peak MB")
    rows = []
    for comparison in comparisons:
        for side in comparison.sides:
            figures = [
                results.spread(comparison.name, side, each)
                for each in ("per_s", "most_at_once", "cpu_s_per_1000", "peak_mb")
            ]
            ratios = [
                results.ratio(comparison.name, other) if side == PRODUCT else None
                for other in (BARE_CLIENT, PLAIN_FAUST)
            ]
            rate, at_once, cpu, peak = figures
            rows.append(
                (
                    *_named(comparison, side),
                    _spread(rate),
                    *(_spread(each) for each in ratios),
                    _median(at_once) if at_once and at_once.most else "",  # an answer at once leaves nothing waiting
                    _median(cpu),
                    _median(peak),
                )
            )
    return table(head, rows)


def gateway_table(results: Results, comparisons: Sequence[Comparison]) -> str:
    """Webhooks a second, and how long they wait."""
    head = ("", "", "webhooks/s", f"× {BARE_PAIR}", "p50 ms", "p99 ms", "max ms", "CPU s per 1,000", "peak MB")
    rows = []
    for comparison in comparisons:
        for side in comparison.sides:
            rate = results.spread(comparison.name, side, "per_s")
            ratio = results.ratio(comparison.name, BARE_PAIR) if side == PRODUCT else None
            rest = ("p50_ms", "p99_ms", "max_ms", "cpu_s_per_1000", "peak_mb")
            costs = (_median(results.spread(comparison.name, side, each)) for each in rest)
            rows.append((*_named(comparison, side), _spread(rate), _spread(ratio), *costs))
    return table(head, rows)


def latency_table(results: Results, comparisons: Sequence[Comparison]) -> str:
    """Percentiles in ms."""
    figures = ("p50_ms", "p90_ms", "p99_ms", "max_ms")
    rows = [
        (comparison.title, *(_spread(results.spread(comparison.name, PRODUCT, figure)) for figure in figures))
        for comparison in comparisons
    ]
    return table(("", "p50 ms", "p90 ms", "p99 ms", "max ms"), rows)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown: columns without a head, which name things, to the left, figures to the right."""
    rule = ["--:" if title else "---" for title in head]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, rule, *rows))


def _named(comparison: Comparison, side: str) -> tuple[str, str]:
    return (comparison.title, f"**{side}**") if side == PRODUCT else ("", side)


def _wanted(verdict: Verdict) -> str:
    target = verdict.target
    if target.against:
        return f"≥ {target.limit:g} × {target.against}"
    return f"{target.figure.removesuffix('_ms')} ≤ {target.limit:g} ms"


def _spread(spread: Spread | None) -> str:
    if spread is None:
        return ""
    if spread.least == spread.most:
        return _number(spread.median)
    return f"{_number(spread.median)} ({_number(spread.least)}–{_number(spread.most)})"


def _median(spread: Spread | None) -> str:
    return "" if spread is None else _number(spread.median)


def _number(value: float) -> str:
    if value != value:  # noqa: PLR0124 - NaN: the run was too short to tell
        return "–"
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
