"""A gateway killed at its worst moments: all that was answered 200 is in Kafka afterwards, in order (I1, I2)."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.settings import Settings
from gateway.spool_folder import folders_in
from sandbox.kafka.broker import free_port
from tests.broker.agents import eventually
from tests.gateway.load import CONVERSATIONS, Load, Starts, becomes, ends_itself, said, url_of
from tests.gateway.server import MakeSettings

pytestmark = pytest.mark.broker


def away(settings: Settings) -> Settings:
    """The same with a Kafka that is not there."""
    return settings.model_copy(update={"kafka_bootstrap_servers": f"127.0.0.1:{free_port()}"})


@pytest.mark.parametrize("point", ["before Kafka", "after Kafka before the answer"])
async def test_killed_while_it_writes_directly(
    make_settings: MakeSettings, topics: None, start: Starts, point: str
) -> None:
    settings = make_settings()
    load = Load(settings)
    dying = await start(settings, "tests.gateway.dying", point, "40")
    await load.write(url_of(dying))
    await ends_itself(dying)
    assert load.count >= 39
    after = await start(settings)
    await load.write(url_of(after), each=5)
    assert not load.refused
    await load.check(settings)


@pytest.mark.parametrize("point", ["before the write to disk", "after fsync before the answer"])
async def test_killed_while_it_writes_to_disk(
    make_settings: MakeSettings, topics: None, start: Starts, point: str
) -> None:
    settings = make_settings()
    load = Load(settings)
    dying = await start(away(settings), "tests.gateway.dying", point, "40")
    await load.write(url_of(dying))
    await ends_itself(dying)
    assert load.count >= 39
    after = await start(settings)
    await load.write(url_of(after), each=5)
    await becomes(after, "direct")
    assert not load.refused
    await load.check(settings)


@pytest.mark.parametrize("point", ["drain: before Kafka", "drain: in Kafka, not noted", "drain: noted"])
async def test_killed_while_it_drains_and_messages_keep_coming(
    make_settings: MakeSettings, topics: None, start: Starts, point: str
) -> None:
    settings = make_settings()
    load = Load(settings)
    before = await start(away(settings))
    await load.write(url_of(before), each=60)
    assert (await said(before))["spool"]["records"] == 60 * CONVERSATIONS
    await before.kill()
    dying = await start(settings, "tests.gateway.dying", point, "30", ready=False)
    await eventually("it listens or has ended", lambda: dying.url or not dying.running)
    await load.write(dying.url or "")
    await ends_itself(dying)
    assert load.count > 60 * CONVERSATIONS, "none came while it drained"
    after = await start(settings)
    await load.write(url_of(after), each=5)
    await becomes(after, "direct")
    assert not load.refused
    assert await load.check(settings) <= 10  # what was not noted, and not everything again


async def test_what_dead_siblings_left_is_adopted_even_when_that_is_killed_in_the_middle(
    make_settings: MakeSettings, topics: None, start: Starts, tmp_path: Path
) -> None:
    first, second = (make_settings(instance_id=name) for name in ("first", "second"))
    old, new = Load(first), Load(second)
    for _ in range(2):
        dead = await start(away(first))
        await old.write(url_of(dead), each=20, conversations=[0, 1])
        await dead.kill()
    adopting = await start(away(second), "tests.gateway.dying", "adoption: a file moved", "1", ready=False)
    await ends_itself(adopting)
    assert [folder.name for folder in folders_in(tmp_path / "spool")] == ["first", "second"]
    ours = await start(second)
    await new.write(url_of(ours), each=20, conversations=[2, 3])
    await becomes(ours, "direct")
    assert [folder.name for folder in folders_in(tmp_path / "spool")] == ["second"]
    await old.check(first)
    await new.check(second)
