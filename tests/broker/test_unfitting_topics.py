"""An agent whose topics are not there, or are others than it is told, says what to do before it joins anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.errors import EXIT_CONFIGURATION
from bridge.kafka.admin import PARTITIONS_REMEDY
from tests.broker.agents import Agent
from tests.ops.process import MakeSettings

pytestmark = [pytest.mark.broker]


async def last_line(agent: Agent) -> str:
    """What it ends with, once it has ended by itself."""
    await agent.start(ready=False)
    assert await agent.ended() == EXIT_CONFIGURATION
    return agent.log.splitlines()[-1]


async def test_missing_topics_are_to_be_created(make_settings: MakeSettings, tmp_path: Path) -> None:
    line = await last_line(Agent("inbound", make_settings(), tmp_path))
    assert "inbound is missing" in line
    assert line.endswith("run `edna-amocrm topics create`")


async def test_fewer_partitions_than_there_are_is_a_wrong_variable_and_nothing_to_create(
    make_settings: MakeSettings, topics: None, tmp_path: Path
) -> None:
    line = await last_line(Agent("inbound", make_settings(topic_partitions=2), tmp_path))
    assert "has 4 partitions, not 2" in line
    assert line.endswith(PARTITIONS_REMEDY)
