"""Kafka that is restarted, stands still, is away: before, during and at the end."""

from __future__ import annotations

import asyncio
import time

from bridge.kafka.admin import create_topics
from tests.broker.agents import eventually
from tests.chaos.feeding import Load
from tests.chaos.stage import IN_FLIGHT, Stage, both

RATE = 100.0
HOOKS = 50.0  # a second
AFTER_S = 12.0
CONSUMING = "BatchConsumer]: Starting"  # in the log of a worker


async def restarted(stage: Stage) -> None:
    """SIGKILL of the broker, and its start, while messages flow."""
    load = both(RATE, int(RATE * (stage.seconds(60, 15) + AFTER_S)))
    async with stage.fed(load):
        await asyncio.sleep(3)
        started = time.time()
        await stage.world.broker.kill()
        await asyncio.sleep(2)
        await stage.world.broker.start()
        stage.broken(started, load)


async def restarted_while_joining(stage: Stage) -> None:
    """Workers join their group at the moment at which the broker comes back."""
    load = both(RATE / 2, int(RATE / 2 * stage.seconds(60, 15)))
    async with stage.fed(load):
        await asyncio.sleep(1)
        for part in stage.world.workers:
            await stage.kill(part)
        await asyncio.gather(*(part.start(ready=False) for part in stage.world.workers))
        # Their consumers have found Kafka, and know nothing of the topic yet.
        await eventually("consumers", lambda: all(CONSUMING in part.log for part in stage.world.workers))
        started = time.time()
        await stage.world.broker.kill()
        await asyncio.sleep(0.5)
        await stage.world.broker.start()
        stage.broken(started, load)
    await stage.settle(within_s=60)


async def stood_still(stage: Stage) -> None:
    """SIGSTOP of the broker for 25 s, SIGCONT: connections stay, and nobody answers."""
    lasts = stage.seconds(25, 12)
    load = both(RATE, int(RATE * (lasts + AFTER_S)))
    async with stage.fed(load):
        await asyncio.sleep(2)
        started = time.time()
        await stage.world.broker.pause()
        await asyncio.sleep(lasts)
        await stage.world.broker.resume()
        stage.broken(started, load)


async def away(stage: Stage) -> None:
    """No Kafka for 60 s while 50 hooks a second of amojo keep coming: each is sent once."""
    lasts = stage.seconds(60, 10)
    load = Load(HOOKS, int(HOOKS * (lasts + AFTER_S)), directions=("outbound",))
    async with stage.fed(load):
        await asyncio.sleep(2)
        started = time.time()
        await stage.world.broker.kill()
        await asyncio.sleep(lasts)
        spooled = [await stage.world.spooled(gateway) for gateway in stage.world.gateways]
        await stage.world.broker.start()
        stage.broken(started, load)
    stage.figures.notes.append(f"in the spool when Kafka came back: {sum(spooled)}")


async def away_at_start(stage: Stage) -> None:
    """The gateway starts without Kafka, and takes hooks; Kafka and the workers come later."""
    world = stage.world
    await world.broker.start()
    await create_topics(world.settings())
    await world.broker.stop()
    await world.ask("amojo", "POST", "/behaviour", {"connected": True})
    await asyncio.gather(*(gateway.start() for gateway in world.gateways))
    await stage.feeder.feed(Load(HOOKS, stage.count(1_000, 200), conversations=50))
    spooled = sum([await world.spooled(gateway) for gateway in world.gateways])
    stage.figures.notes.append(f"in the spool before Kafka was there: {spooled}")
    if not spooled:
        stage.figures.problems.append("nothing was in the spool, so nothing was proven")
    await world.broker.start()
    await world.start_workers()


async def away_at_end(stage: Stage) -> None:
    """SIGTERM of every process while Kafka is away, in both ways of being away; then all comes back."""
    world = stage.world
    everything = [*world.gateways, *world.workers]
    load = both(RATE, int(RATE * stage.seconds(20, 4)))
    for dead in (True, False):
        async with stage.fed(load):
            await asyncio.sleep(load.seconds / 2)
            await (world.broker.kill() if dead else world.broker.pause())
            await asyncio.sleep(load.seconds / 4)
            await stage.stop(everything)
            await (world.broker.start() if dead else world.broker.resume())
            await asyncio.gather(*(part.start() for part in everything))
    stage.figures.more_repeats += 2 * IN_FLIGHT * len(world.workers)
