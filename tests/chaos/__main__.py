"""`python -m tests.chaos [SCENARIO…]`: play scenarios in turn, one line each; exit 1 when a promise broke.

At the full scale the outcomes are kept in docs/chaos.md, each until it is played again; smaller ones go to `--out`.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bridge.errors import EXIT_CONFIGURATION, ConfigurationError
from tests.bench import machine
from tests.chaos import report
from tests.chaos.doors import TwoDoorBroker
from tests.chaos.running import played
from tests.chaos.scenarios import SCENARIOS, Scenario
from tests.chaos.verdict import Outcome

console = Console()


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """What the command line wishes."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help="which (default: all but the soak)")
    parser.add_argument("--seed", type=int, default=1, help="of all dice (default 1)")
    parser.add_argument("--scale", type=float, default=1.0, help="of counts and times; 0.1 is a smoke run of all")
    parser.add_argument("--list", action="store_true", help="name the scenarios")
    parser.add_argument("--out", type=Path, help="folder of the report (default: docs at the full scale, else none)")
    parser.add_argument("--keep", action="store_true", help="keep the folders of the processes, with their logs")
    return parser.parse_args(given)


def chosen(names: Sequence[str]) -> list[Scenario]:
    """The scenarios of these names. Raises ConfigurationError."""
    known = {each.name: each for each in SCENARIOS}
    if unknown := [name for name in names if name not in known]:
        raise ConfigurationError(f"no scenario {', '.join(unknown)}: see --list")
    return [known[name] for name in names] if names else [each for each in SCENARIOS if each.listed]


async def play(
    scenarios: Sequence[Scenario], seed: int, scale: float, folder: Path, keep: Callable[[Outcome], None]
) -> list[Outcome]:
    """Play them on one Kafka, telling how it goes. Raises ConfigurationError when Kafka cannot be started."""
    broker = TwoDoorBroker(folder / "kafka")
    outcomes: list[Outcome] = []
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        TextColumn("{task.fields[written]:,} messages"),
    )  # fmt: skip
    try:
        await broker.start()
        with Progress(*columns, console=console, refresh_per_second=2) as progress:
            task = progress.add_task("", total=len(scenarios), written=0)
            for scenario in scenarios:
                progress.update(task, description=f"{scenario.name:28}", written=0)
                outcome = await played(
                    scenario, broker, folder / scenario.name, seed, scale,
                    lambda written: progress.update(task, written=written),
                )  # fmt: skip
                outcomes.append(outcome)
                keep(outcome)
                progress.console.print(report.line(outcome), markup=False, highlight=False, soft_wrap=True)
                progress.advance(task)
    finally:
        await broker.dispose()
    return outcomes


async def until_signalled(wishes: argparse.Namespace, folder: Path, keep: Callable[[Outcome], None]) -> list[Outcome]:
    """Play, ended in order by Ctrl-C and SIGTERM."""
    task = asyncio.current_task()
    if task is not None:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    return await play(chosen(wishes.scenarios), wishes.seed, wishes.scale, folder, keep)


def main() -> int:
    """The entry point; returns the exit code."""
    wishes = arguments()
    if wishes.list:
        for each in SCENARIOS:
            console.print(f"{each.name:28}{each.done}", markup=False, highlight=False, soft_wrap=True)
        return 0
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # its clients here see Kafka die, on purpose
    facts = machine.facts("embedded Kafka, shared by all scenarios")
    folder = Path(tempfile.mkdtemp(prefix="edna-amocrm-chaos-"))
    out = wishes.out or (report.DOCS if wishes.scale >= 1 else None)

    def keep(outcome: Outcome) -> None:
        if out is not None:
            report.write([outcome], facts, out)

    try:
        outcomes = asyncio.run(until_signalled(wishes, folder, keep))
    except (KeyboardInterrupt, asyncio.CancelledError):
        console.print("ended before its time; what had been played is kept")
        return 130
    except ConfigurationError as error:
        console.print(f"chaos cannot start: {error}", markup=False)
        return EXIT_CONFIGURATION
    finally:
        report.tidy(folder, keep=wishes.keep)
    if out is not None:
        console.print(f"written to {out / report.PAGE}")
    return 1 if any(outcome.broken for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
