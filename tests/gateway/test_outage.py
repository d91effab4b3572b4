"""Operators write on while Kafka is silent, dead, or away for one gateway alone: 200 each time, nothing is lost."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bridge.kafka.admin import create_topics
from sandbox.kafka import Broker
from tests.broker.agents import eventually
from tests.gateway.load import Load, Starts, becomes, said, url_of
from tests.gateway.server import MakeSettings

pytestmark = pytest.mark.broker

PAUSE_S = 0.1  # of five conversations: about 50 a second


async def test_fifty_a_second_go_on_while_the_broker_is_silent_and_then_dead_and_while_the_gateway_is_stopped(
    own_broker: Broker, make_settings: MakeSettings, start: Starts
) -> None:
    settings = make_settings(kafka_bootstrap_servers=own_broker.bootstrap_servers)
    await create_topics(settings)
    gateway = await start(settings)
    await becomes(gateway, "direct")
    load = Load(settings)
    writing = asyncio.create_task(load.write(url_of(gateway), pause_s=PAUSE_S))
    await eventually("some are in Kafka", lambda: load.count > 10)
    await own_broker.pause()
    await becomes(gateway, "spool")
    before = load.count
    await eventually("they go on", lambda: load.count > before + 50)
    await own_broker.resume()
    await becomes(gateway, "direct")
    await own_broker.kill()
    await becomes(gateway, "spool")
    await own_broker.start()
    await becomes(gateway, "direct")
    await own_broker.pause()
    before = load.count
    await asyncio.sleep(PAUSE_S)  # so that some wait for Kafka
    code, seconds = await gateway.terminate()
    await writing
    await own_broker.resume()
    assert (code, load.refused) == (0, [])
    assert seconds < 8
    assert load.slowest_s < 4
    after = await start(settings)
    await load.write(url_of(after), each=2)
    assert (await becomes(after, "direct"))["spool"]["records"] == 0
    await load.check(settings)


async def test_of_two_gateways_one_is_cut_off_and_each_keeps_its_order(
    make_settings: MakeSettings, topics: None, start: Starts, tmp_path: Path
) -> None:
    cut = tmp_path / "cut"
    there, away = (make_settings(instance_id=name) for name in ("there", "away"))
    loads = [Load(there, "there"), Load(away, "away")]
    gateways = [await start(there), await start(away, "tests.gateway.cut_off", str(cut))]
    for gateway in gateways:
        await becomes(gateway, "direct")
    writing = [
        asyncio.create_task(load.write(url_of(gateway), pause_s=0.01))
        for load, gateway in zip(loads, gateways, strict=True)
    ]
    await eventually("both write", lambda: all(load.count > 20 for load in loads))
    cut.touch()
    await becomes(gateways[1], "spool")
    before = loads[1].count
    await eventually("the one that is cut off accepts on", lambda: loads[1].count > before + 50)
    assert (await said(gateways[0]))["mode"] == "direct"
    cut.unlink()
    await becomes(gateways[1], "direct")
    for load in loads:
        load.running = False
    await asyncio.gather(*writing)
    for load in loads:
        assert not load.refused
        assert load.slowest_s < 4
        await load.check(there)
