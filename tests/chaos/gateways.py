"""Gateways that die, and two of them of which one is cut off from Kafka."""

from __future__ import annotations

import asyncio

from tests.chaos.stage import Stage, both

RATE = 100.0


async def killed(stage: Stage) -> None:
    """SIGKILL of the gateway at random: what it answered 200 is in Kafka or in its spool."""
    kills = max(3, round(10 * stage.scale))
    load = both(RATE, int(RATE * 4 * kills))
    gateway = stage.world.gateways[0]
    async with stage.fed(load):
        for _ in range(kills):
            await asyncio.sleep(stage.dice.uniform(0.5, 2.0))
            await gateway.kill()
            await gateway.start()
    stage.figures.notes.append(f"killed: {kills}")


async def killed_with_a_spool(stage: Stage) -> None:
    """The same with Kafka away half of the time: it dies with a spool, and while it drains it."""
    kills = max(2, round(6 * stage.scale))
    load = both(RATE, int(RATE * 9 * kills))
    gateway, broker = stage.world.gateways[0], stage.world.broker
    async with stage.fed(load):
        for _ in range(kills):
            await asyncio.sleep(stage.dice.uniform(0.5, 1.5))
            await broker.kill()
            await asyncio.sleep(stage.dice.uniform(2.5, 3.5))
            await gateway.kill()
            await gateway.start()
            await broker.start()
            await asyncio.sleep(stage.dice.uniform(0.0, 0.5))
            await gateway.kill()
            await gateway.start()
    stage.figures.notes.append(f"killed: {2 * kills}")


async def one_cut_off(stage: Stage) -> None:
    """Two gateways take turns; one of them is cut off from Kafka for a while."""
    lasts = stage.seconds(60, 8)
    load = both(RATE, int(RATE * (lasts + 8)))
    door = stage.world.broker.door
    async with stage.fed(load):
        await asyncio.sleep(2)
        door.shut()
        await asyncio.sleep(lasts)
        spooled = await stage.world.spooled(stage.world.gateways[-1])
        door.reopen()
    stage.figures.notes.append(f"in the spool of the one that was cut off: {spooled}")
    if not spooled:
        stage.figures.problems.append("nothing was in the spool, so nothing was proven")
