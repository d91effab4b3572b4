"""Workers that die, are told to end, come, go, stand still."""

from __future__ import annotations

import asyncio

from tests.chaos.feeding import Load
from tests.chaos.parts import Part
from tests.chaos.stage import IN_FLIGHT, Stage
from tests.chaos.world import SESSION_S

RATE = 200.0  # messages a second, both ways together
MESSAGES = 20_000
HITS = 10
DOWN_S = (0.2, 2.0)
FAILING_SHARE = 0.01
FAILING_S = 8.0


async def failing_messages(stage: Stage) -> None:
    """One message of a hundred fails for 8 s, whatever is tried."""
    rule = {"status": 503, "share": FAILING_SHARE, "per_message": True, "seed": stage.seed}
    for vendor in stage.world.fakes:
        await stage.world.fault(vendor, **rule, message_for_s=stage.seconds(FAILING_S, 2))


def the_load(stage: Stage) -> Load:
    """20,000 messages at the full scale."""
    return Load(RATE, stage.count(MESSAGES, 1_000))


async def hit(stage: Stage, load: Load, *, gently: bool) -> None:
    """Workers drawn by the dice end at drawn moments, and are back soon after."""
    hits = max(2, round(HITS * stage.scale))
    moments = sorted(stage.dice.uniform(0.05, 0.95) * load.seconds for _ in range(hits))
    loop = asyncio.get_running_loop()
    started = loop.time()
    for moment in moments:
        await asyncio.sleep(max(0.0, started + moment - loop.time()))
        victim: Part = stage.dice.choice(stage.world.workers)
        await (stage.stop([victim]) if gently else stage.kill(victim))
        await asyncio.sleep(stage.dice.uniform(*DOWN_S))
        await victim.start(ready=False)
    stage.figures.notes.append(f"ended: {hits}")


async def killed(stage: Stage) -> None:
    """SIGKILL at random."""
    await failing_messages(stage)
    load = the_load(stage)
    async with stage.fed(load):
        await hit(stage, load, gently=False)


async def terminated(stage: Stage) -> None:
    """SIGTERM at random."""
    await failing_messages(stage)
    load = the_load(stage)
    async with stage.fed(load):
        await hit(stage, load, gently=True)


async def scaled(stage: Stage) -> None:
    """One worker a direction, then four, then two."""
    await failing_messages(stage)
    load = the_load(stage)
    async with stage.fed(load):
        await asyncio.sleep(load.seconds / 4)
        more = [stage.world.part(kind, number) for number in (2, 3, 4) for kind in ("inbound", "outbound")]
        await asyncio.gather(*(part.start() for part in more))
        await asyncio.sleep(load.seconds / 4)
        await stage.stop(part for part in more if part.name[-1] in "34")


async def rolled(stage: Stage) -> None:
    """Each worker in turn is stopped and started, under its name."""
    await failing_messages(stage)
    load = the_load(stage)
    async with stage.fed(load):
        for part in stage.world.workers:
            await stage.stop([part])
            await part.start()


async def stood_still(stage: Stage) -> None:
    """SIGSTOP past the session, SIGCONT; a third worker comes meanwhile, and again when they are back."""
    pause = SESSION_S + stage.seconds(20, 3)
    load = Load(RATE, int(RATE * (2 * pause + 4)))
    stopped = [stage.world.part(kind, 1) for kind in ("inbound", "outbound")]
    third = [stage.world.part(kind, 3) for kind in ("inbound", "outbound")]
    async with stage.fed(load):
        await asyncio.sleep(2)
        for part in stopped:
            part.pause()
        await asyncio.sleep(pause / 2)
        for part in third:
            await part.start(ready=False)
        await asyncio.sleep(pause / 2)
        for part in stopped:
            part.resume()
        await asyncio.sleep(pause / 2)
        await stage.stop(third)
    # A stopped process had calls on their way, which others sent again: as many as a kill may cost.
    stage.figures.more_repeats += IN_FLIGHT * len(stopped)
