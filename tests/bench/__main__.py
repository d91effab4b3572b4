"""`python -m tests.bench`: run the comparisons in turn, and write what they came to.

A full bench writes docs/benchmarks; one that is quick or partial writes to a new folder and says where. Ctrl-C and
SIGTERM end all processes that it started.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import dataclasses
import logging
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
from rich.console import Console
from rich.markdown import Markdown
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bridge.errors import EXIT_CONFIGURATION, ConfigurationError, KafkaUnavailable
from bridge.settings import load_settings
from sandbox.kafka import Broker, EmbeddedBroker, ExternalBroker
from tests.bench import gateway, machine, plots, profiling
from tests.bench.children import ROOT, ChildFailed, running
from tests.bench.ground import Ground, Vendor
from tests.bench.plan import FULL, PARTS, QUICK, Comparison, Size, comparisons
from tests.bench.report import markdown, targets_table
from tests.bench.results import Results

DOCS = ROOT / "docs" / "benchmarks"
NOTES = DOCS / "notes.md"  # written by a person; ends the page
CEILING_CALLS = 30_000
console = Console()


def arguments() -> argparse.Namespace:
    """What the command line wishes."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--runs", type=int, help=f"runs of each side (default {FULL.runs}, quick {QUICK.runs})")
    parser.add_argument("--quick", action="store_true", help="a smoke run of about a minute; its figures mean little")
    parser.add_argument("--only", choices=PARTS, help="one part of the bench")
    parser.add_argument("--profile", action="store_true", help="no bench: where agent and gateway spend their time")
    parser.add_argument("--out", type=Path, help="where to write (default: docs/benchmarks when all was run in full)")
    parser.add_argument(
        "--broker", choices=("embedded", "external"), help="default: the one of KAFKA_BOOTSTRAP_SERVERS, else embedded"
    )
    wishes = parser.parse_args()
    if wishes.runs is not None and wishes.runs < 1:
        parser.error("--runs: at least 1")
    return wishes


def chosen_broker(wish: str | None, folder: Path) -> Broker:
    """The cluster that is named, else one of our own.

    Raises ConfigurationError when one is wished and not named, or when it asks for proofs: the bare sides give none.
    """
    named = os.environ.get("KAFKA_BOOTSTRAP_SERVERS")
    if wish == "external" and not named:
        raise ConfigurationError("--broker external: set KAFKA_BOOTSTRAP_SERVERS")
    if load_settings().kafka_security_protocol != "PLAINTEXT":
        raise ConfigurationError("the bench speaks to Kafka in plain text only: unset KAFKA_SECURITY_PROTOCOL")
    if named and wish != "embedded":
        return ExternalBroker(named, "KAFKA_BOOTSTRAP_SERVERS names it")
    return EmbeddedBroker(folder / "kafka")


@contextlib.asynccontextmanager
async def ground_of(broker: Broker, folder: Path) -> AsyncIterator[Ground]:
    """Broker and vendor, for the time of the block."""
    try:
        await broker.start()
        async with running("vendor", ("tests.bench.vendor",), {}, folder) as vendor, aiohttp.ClientSession() as session:
            yield Ground(broker.bootstrap_servers, Vendor(await vendor.url(), session), folder)
    finally:
        await broker.dispose()


async def measure(ground: Ground, planned: list[Comparison], size: Size, results: Results) -> None:
    """All runs of all sides, in turn."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    steps = size.runs * sum(len(comparison.sides) for comparison in planned)
    with Progress(*columns, console=console, refresh_per_second=2) as progress:
        task = progress.add_task("", total=steps)
        for run in range(size.runs):
            for comparison in planned:
                for name, side in comparison.sides.items():
                    progress.update(task, description=f"run {run + 1}/{size.runs} · {comparison.name} · {name}")
                    measured = await side(ground)
                    results.add(comparison.name, name, measured)
                    shown = "per_s" if "per_s" in measured.figures else "p50_ms"
                    progress.console.print(f"{comparison.name:20} {name:26} {shown} {measured.figures[shown]:,.1f}")
                    progress.advance(task)


async def ceiling(ground: Ground) -> float:
    """Calls a second that the vendor answers at once to a raw client with 64 connections."""
    await ground.vendor.begin(0.0)
    url, count = ground.vendor.url, str(CEILING_CALLS)
    answers = await gateway.load(ground, url, BENCH_HOOKS="amojo", BENCH_COUNT=count, BENCH_AT_ONCE="64")
    return gateway.measured(answers).figures["per_s"]


async def bench(wishes: argparse.Namespace, folder: Path) -> None:
    """The whole bench, or the profiles."""
    size = QUICK if wishes.quick else FULL
    size = dataclasses.replace(size, runs=wishes.runs or size.runs)
    planned = [each for each in comparisons(size) if wishes.only in (None, each.part)]
    broker = chosen_broker(wishes.broker, folder)
    facts = machine.facts(broker.why)
    console.print(f"broker: {broker.why}")
    if machine.busy():
        console.print("this machine is busy with other things: the figures will be worth little", style="yellow")
    async with ground_of(broker, folder) as ground:
        if wishes.profile:
            out = out_of(wishes)
            await profiling.profile(ground, wishes.only, out)
        else:
            results = Results(facts, await ceiling(ground))
            await measure(ground, planned, size, results)
            out = out_of(wishes)
            write(results, planned, out)
    console.print(f"written to {out}")


def out_of(wishes: argparse.Namespace) -> Path:
    """The folder to write to, made: docs/benchmarks for a whole bench only, so that no smoke run replaces its page."""
    whole = not (wishes.quick or wishes.only or wishes.profile)
    out: Path = wishes.out or (DOCS if whole else Path(tempfile.mkdtemp(prefix="edna-amocrm-bench-out-")))
    out.mkdir(parents=True, exist_ok=True)
    return out


def write(results: Results, planned: list[Comparison], out: Path) -> None:
    """The page, the raw figures and the plots."""
    page = markdown(results, planned, NOTES.read_text() if NOTES.exists() else "")
    (out / "README.md").write_text(page)
    (out / "results.json").write_text(results.document())
    plots.draw(results, planned, out)
    console.print(Markdown(targets_table(results.verdicts(planned))))


async def until_signalled(wishes: argparse.Namespace, folder: Path) -> None:
    """The bench, ended in order by Ctrl-C and SIGTERM."""
    task = asyncio.current_task()
    if task is not None:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    await bench(wishes, folder)


def main() -> int:
    """The entry point; returns the exit code."""
    wishes = arguments()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # a new topic has no leader for a moment, which it says
    try:
        with tempfile.TemporaryDirectory(prefix="edna-amocrm-bench-", ignore_cleanup_errors=True) as folder:
            asyncio.run(until_signalled(wishes, Path(folder)))
    except (KeyboardInterrupt, asyncio.CancelledError):
        console.print("ended before its time; nothing was written")
        return 130
    except ConfigurationError as error:
        console.print(f"the bench cannot start: {error}", markup=False)
        return EXIT_CONFIGURATION
    except (ChildFailed, KafkaUnavailable, TimeoutError, ValueError, OSError) as error:
        console.print(f"the bench failed: {error}", markup=False)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
