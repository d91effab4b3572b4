"""Both fakes on free ports, a receiver of their webhooks, and a client."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from sandbox.amojo import AmojoConfig, AmojoFake
from sandbox.edna import EdnaConfig, EdnaFake
from tests.contract.sink import Sink


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    receiver = Sink()
    await receiver.start()
    yield receiver
    await receiver.stop()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as client:
        yield client


@pytest.fixture
async def edna(sink: Sink) -> AsyncIterator[EdnaFake]:
    fake = EdnaFake(
        EdnaConfig(webhook_url=f"{sink.url}/webhooks/edna", retry_scale=0.01, sent_after_s=0.01, delivered_after_s=0.03)
    )
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
async def amojo(sink: Sink) -> AsyncIterator[AmojoFake]:
    fake = AmojoFake(AmojoConfig(hook_url=f"{sink.url}/webhooks/amocrm/:scope_id"))
    await fake.start()
    yield fake
    await fake.stop()
