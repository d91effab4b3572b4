"""The harness itself on a real Kafka: a run that keeps the promises, and one whose planted losses it must find."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.broker.agents import eventually
from tests.chaos.doors import TwoDoorBroker
from tests.chaos.feeding import Load
from tests.chaos.running import played
from tests.chaos.scenarios import Scenario
from tests.chaos.stage import Stage
from tests.chaos.verdict import Limits
from tests.chaos.world import Setting

pytestmark = [pytest.mark.broker, pytest.mark.timeout(120)]

MESSAGES = 400
ONE_EACH = Setting(workers=1, named=True)  # named: a worker that was killed is back at once


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[TwoDoorBroker]:
    """A broker that a scenario may hurt."""
    own = TwoDoorBroker(tmp_path / "kafka")
    await own.start()
    yield own
    await own.dispose()


async def hurt(stage: Stage) -> None:
    """Kafka goes and comes back, a worker is killed, the gateway stops in order; messages flow all the while."""
    world = stage.world
    inbound = world.part("inbound", 1)
    async with stage.fed(Load(100, MESSAGES, conversations=20)):
        await world.broker.kill()
        await asyncio.sleep(0.5)
        await world.broker.start()
        await stage.kill(inbound)
        await inbound.start(ready=False)
        await stage.stop(world.gateways)
        await world.gateways[0].start()


async def forgetful(stage: Stage) -> None:
    """Nothing fails, but what amojo has seen is forgotten in the middle: as if it had never arrived."""
    world, load = stage.world, Load(100, MESSAGES // 4, conversations=20)
    await stage.feeder.feed(load)
    await stage.settle()
    await world.ask("amojo", "DELETE", "/journal")
    await stage.feeder.feed(load)


async def test_the_harness_keeps_a_world_that_is_hurt_and_finds_what_is_planted(
    broker: TwoDoorBroker, tmp_path: Path
) -> None:
    written: list[int] = []
    scenario = Scenario("hurt", "all at once", hurt, ONE_EACH, Limits(repeats=0))
    kept = await played(scenario, broker, tmp_path / "hurt", 1, 0.0, written.append)
    assert kept.broken == []
    assert written[-1] == MESSAGES
    assert kept.accepted > MESSAGES * 0.8  # amojo repeats no hook that a stopped gateway did not take
    assert kept.repeats_bound == 512
    assert kept.stop_s is not None
    await eventually("Kafka is there for the next", lambda: broker.pid is not None)
    scenario = Scenario("forgetful", "amojo forgets", forgetful, ONE_EACH)
    broken = await played(scenario, broker, tmp_path / "forgetful", 1, 0.0, written.append)
    # Half of the first load are clients' messages; the other half comes from amojo, whose statuses are forgotten.
    assert broken.lost == MESSAGES // 4
    assert [each.partition(":")[0] for each in broken.broken] == ["lost", "unexpected"]
