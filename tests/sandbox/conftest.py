"""A world behind the page for all tests of one file, and a browser before it."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from sandbox.kafka import Broker
from tests.conftest import CREDENTIALS
from tests.sandbox.page_world import PageWorld, Visitor, browser_of

Open = Callable[..., Awaitable[Visitor]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PageWorld]:
    """One world for all tests of this file; each has clients of its own."""
    values = {
        **CREDENTIALS,
        "kafka_bootstrap_servers": broker.bootstrap_servers,
        "topic_prefix": f"t-{uuid.uuid4().hex[:10]}.",
        "topic_partitions": 3,
    }
    folder: Path = tmp_path_factory.mktemp("page")
    made = await PageWorld.started(values, folder)
    yield made
    await made.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        opened = await browser_of(playwright)
        yield opened
        await opened.close()


@pytest_asyncio.fixture(loop_scope="module")
async def open_page(world: PageWorld, browser: Browser) -> AsyncIterator[Open]:
    """Opens the page; after the test there are no faults, and nothing may have been written into the console."""
    visitors: list[Visitor] = []

    async def open_it(**context: Any) -> Visitor:
        visitors.append(await Visitor.at(world.page.url or "", browser, **context))
        return visitors[-1]

    yield open_it
    await world.heal()
    for visitor in visitors:
        await visitor.leave()
    assert [visitor.complaints for visitor in visitors] == [[] for _ in visitors]
