"""Gateways on the broker of this run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bridge.settings import Settings
from tests.broker.agents import Agent
from tests.gateway.load import Starts
from tests.gateway.server import Gateway, MakeSettings


@pytest.fixture
async def gateway(make_settings: MakeSettings, topics: None) -> AsyncIterator[Gateway]:
    """With the credentials of the tests and no proof asked of edna; ready."""
    async with Gateway(make_settings()) as one:
        await one.becomes_ready()
        yield one


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Starts]:
    """Starts gateways as processes, and ends what is left of them."""
    async with AsyncExitStack() as stack:

        async def started(settings: Settings, *command: str, ready: bool = True) -> Agent:
            agent = Agent("gateway", settings, tmp_path, command or ("gateway",))
            stack.push_async_callback(agent.stop)
            return await agent.start(ready=ready)

        yield started
