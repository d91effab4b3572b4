"""What the delivery tests share: a vendor, settings that point to it, and agents that are ended after the test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from bridge.settings import Settings
from sandbox.edna import EdnaConfig, EdnaFake
from sandbox.edna.config import Channel
from tests.broker.agents import Agent
from tests.broker.vendor import Vendor

BOT, MAX = Channel("my_bot", 347, "max_bot"), Channel("79620000000_max_xx", 348, "max")


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
async def edna() -> AsyncIterator[EdnaFake]:
    """An edna account with several channels; the SMS channel has no cascade of its own that could be used."""
    cascades = {"2": Channel("RETAIL_VB", 346, "viber"), "3": BOT, "4": MAX}
    stages = {"5": (Channel("sandbox_channel", 345), Channel("RETAIL_SMS", 350, "sms"))}
    one = EdnaFake(EdnaConfig(cascades=cascades, chains=stages, auto_status=False, fetch_media=False))
    await one.start()
    yield one
    await one.stop()


@pytest.fixture
def at_edna(tuned: Callable[..., Settings], edna: EdnaFake) -> Callable[..., Settings]:
    """Settings whose edna is that account, and amojo the vendor above; no cascade is configured."""

    def make(**changes: Any) -> Settings:
        given = {"edna_base_url": edna.url, "edna_api_key": edna.config.api_key, "edna_cascade_id": None}
        return tuned(**{**given, **changes})

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
