"""A gateway on the broker of this run."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.gateway.server import Gateway, MakeSettings


@pytest.fixture
async def gateway(make_settings: MakeSettings, topics: None) -> AsyncIterator[Gateway]:
    """With the credentials of the tests and no proof asked of edna; ready."""
    async with Gateway(make_settings()) as one:
        await one.becomes_ready()
        yield one
