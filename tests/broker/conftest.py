"""What the delivery tests share: a vendor, settings that point to it, and agents that are ended after the test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from bridge.settings import Settings
from tests.broker.agents import Agent
from tests.broker.vendor import Vendor


@pytest.fixture
async def vendor() -> AsyncIterator[Vendor]:
    """A vendor for all directions."""
    one = await Vendor().start()
    yield one
    await one.stop()


@pytest.fixture
def tuned(make_settings: Callable[..., Settings], vendor: Vendor) -> Callable[..., Settings]:
    """Settings whose vendors are the one above, with a short session."""

    def make(**changes: Any) -> Settings:
        at_vendor = {
            "edna_base_url": vendor.url,
            "amocrm_amojo_base_url": vendor.url,
            "edna_send_path": "/api/cascade/schedule",
            "edna_cascade_id": "1",
            "session_timeout_s": 6,
        }
        return make_settings(**{**at_vendor, **changes})

    return make


@pytest.fixture
async def agent(tmp_path: Path) -> AsyncIterator[Callable[..., Agent]]:
    """Makes agents that are ended after the test; with changes, agents of `tests.broker.launcher`."""
    made: list[Agent] = []

    def make(direction: str, settings: Settings, *changes: str) -> Agent:
        command = ("tests.broker.launcher", direction, *changes) if changes else ()
        made.append(Agent(direction, settings, tmp_path, command=command))
        return made[-1]

    yield make
    for one in made:
        await one.stop()
