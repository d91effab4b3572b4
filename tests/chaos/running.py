"""One scenario from its world's start to its outcome."""

from __future__ import annotations

import asyncio
import datetime
import time
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.chaos.doors import TwoDoorBroker
from tests.chaos.evidence import Evidence
from tests.chaos.scenarios import Scenario
from tests.chaos.stage import Stage
from tests.chaos.verdict import Figures, Outcome, Told, judge
from tests.chaos.world import World, standing

MOST_S = 3_600.0  # a scenario that takes longer is broken


async def played(
    scenario: Scenario, broker: TwoDoorBroker, folder: Path, seed: int, scale: float, tell: Callable[[int], None]
) -> Outcome:
    """Play one scenario; never raises but to be cancelled: what goes wrong is a broken promise."""
    started = time.monotonic()
    date = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")
    evidence = Evidence()
    stage: Stage | None = None
    why = ""
    try:
        async with asyncio.timeout(MOST_S), standing(scenario.setting, broker, folder) as world:
            stage = Stage(world, seed, scale)
            stage.feeder.tell = tell
            watching = asyncio.create_task(stage.memory.watch(lambda: _processes(world)))
            try:
                await scenario.script(stage)
                await stage.settle()
                evidence = await stage.evidence(by_gateway=scenario.limits.unordered)
            finally:
                watching.cancel()
                await asyncio.gather(watching, return_exceptions=True)
    except Exception as error:  # noqa: BLE001 - a scenario that breaks down has proven nothing, and says why
        place = traceback.extract_tb(error.__traceback__)[-1]
        why = f"broke down: {error!r} ({Path(place.filename).name}:{place.lineno})"
    told = Told(scenario.name, scenario.done, seed, scale, date, round(time.monotonic() - started, 1))
    figures = stage.figures if stage is not None else Figures()
    if why:
        figures.problems.append(why)
    return judge(told, evidence, figures, scenario.limits)


def _processes(world: World) -> Iterable[tuple[str, int | None]]:
    return [(part.name, part.pid) for part in world.parts.values()]
