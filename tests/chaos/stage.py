"""What a script works with: a world, a load, dice, clocks; and what it measures on the way."""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field

from tests.chaos.evidence import Evidence, gathered
from tests.chaos.feeding import BOTH, Direction, Feeder, Load
from tests.chaos.memory import Memory
from tests.chaos.parts import Part
from tests.chaos.recovery import recovery_s
from tests.chaos.verdict import Figures
from tests.chaos.world import World

SETTLE_WITHIN_S = 120.0
ASK_EVERY_S = 0.5
RESTLESS = "not at rest"
IN_FLIGHT = 512  # attempts of a worker: what a SIGKILL may repeat


@dataclass(slots=True)
class Fault:
    """A time (ms since the epoch) in which something was broken, and the load meanwhile."""

    start_ms: int
    end_ms: int
    load: Load


@dataclass(slots=True)
class Stage:
    """See the module. `seconds` and `count` are the long form's figures made smaller by `scale`, down to a least."""

    world: World
    seed: int
    scale: float
    figures: Figures = field(default_factory=Figures)
    memory: Memory = field(default_factory=Memory)
    faults: list[Fault] = field(default_factory=list)
    dice: random.Random = field(init=False)
    feeder: Feeder = field(init=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.feeder = Feeder(self.world, random.Random(self.seed + 1))

    def seconds(self, full: float, least: float) -> float:
        """A duration of the long form at this scale."""
        return max(full * self.scale, least)

    def count(self, full: int, least: int) -> int:
        """A count of the long form at this scale."""
        return max(int(full * self.scale), least)

    @contextlib.asynccontextmanager
    async def fed(self, load: Load) -> AsyncIterator[None]:
        """A load that is written while the block runs; the block's end waits for the last of it."""
        feeding = asyncio.create_task(self.feeder.feed(load))
        try:
            yield
            await asyncio.wait_for(feeding, load.seconds * 3 + 60)
        finally:
            feeding.cancel()
            await asyncio.gather(feeding, return_exceptions=True)

    async def stop(self, parts: Iterable[Part]) -> None:
        """SIGTERM to all of them at once; how long they took is a finding, and so is a bad end."""
        stopping = list(parts)
        for part, (code, seconds) in zip(
            stopping, await asyncio.gather(*(part.terminate() for part in stopping)), strict=True
        ):
            self.figures.stops_s.append(seconds)
            # A process that has not begun ends as any does: it holds nothing, and has no handler yet.
            if code and not (code == -signal.SIGTERM and part.url is None):
                self.figures.problems.append(f"{part.name}: exit {code} after SIGTERM")

    async def kill(self, part: Part) -> None:
        """SIGKILL, which may repeat what was in flight."""
        await part.kill()
        self.figures.more_repeats += IN_FLIGHT

    def broken(self, started: float, load: Load) -> None:
        """A fault is over that began at `started` (s since the epoch); its recovery will be measured."""
        self.faults.append(Fault(int(started * 1000), int(time.time() * 1000), load))

    async def settle(self, within_s: float = SETTLE_WITHIN_S) -> None:
        """Wait until nothing waits any more; when that takes too long a promise is broken, and nobody waits again."""
        if any(each.startswith(RESTLESS) for each in self.figures.problems):
            return
        deadline = time.monotonic() + within_s
        while not await self.world.idle():
            if time.monotonic() > deadline:
                self.figures.problems.append(f"{RESTLESS} within {within_s:.0f} s: what counts as lost may still wait")
                return
            await asyncio.sleep(ASK_EVERY_S)

    async def evidence(self, *, by_gateway: bool = False) -> Evidence:
        """What the world leaves; figures that come from it are filled in."""
        found = await gathered(self.world, by_gateway=by_gateway)
        for fault in self.faults:
            for direction in fault.load.directions:
                self._recovery(found, fault, direction)
        self.figures.slopes_mb_h = self.memory.slopes()
        self.figures.peaks_mb = self.memory.peaks()
        for code in (each for each in self.world.exits if each.code in (0, 78)):
            self.figures.problems.append(f"{code.name} ended by itself with {code.code}")
        if self.world.exits:
            ends = ", ".join(f"{each.name} {each.code}" for each in self.world.exits)
            self.figures.notes.append(f"ended by themselves and were started again: {ends}")
        if self.feeder.refused:
            self.figures.notes.append(f"not taken by a fake: {self.feeder.refused}")
        return found

    def _recovery(self, found: Evidence, fault: Fault, direction: Direction) -> None:
        taken = [each.started_ms for each in found.arrived if each.direction == direction and each.outcome == "new"]
        rate = fault.load.rate / len(fault.load.directions)
        self.figures.recovery_s[direction] = recovery_s(taken, fault.end_ms, rate)


def both(rate: float, count: int) -> Load:
    """A load both ways."""
    return Load(rate, count, directions=BOTH)
