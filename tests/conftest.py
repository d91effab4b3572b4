"""Fixtures that every level of tests shares: a real broker, started when the first test needs it."""

from __future__ import annotations

import asyncio
import tempfile
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.errors import ConfigurationError
from bridge.kafka.admin import create_topics
from bridge.settings import Settings
from sandbox.kafka import Broker, EmbeddedBroker, ExternalBroker, broker_for_tests

CHOSEN: list[Broker] = []

CREDENTIALS: dict[str, Any] = {
    "edna_api_key": "test-api-key",
    "amocrm_channel_id": "11111111-2222-4333-8444-555555555555",
    "amocrm_channel_secret": "demosecretdemosecretdemosecretdemosecret",
    "amocrm_account_id": "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee",
}


@pytest.hookimpl(tryfirst=True)
def pytest_configure() -> None:
    """The first line of the output names the broker."""
    try:
        broker = broker_for_tests(Path(tempfile.gettempdir()) / f"edna-amocrm-test-{uuid.uuid4().hex[:8]}")
    except ConfigurationError as error:
        pytest.exit(str(error), returncode=78)
    CHOSEN.append(broker)
    print(f"broker: {broker.why}", flush=True)  # noqa: T201 - the first line of the report


@pytest.fixture(scope="session")
def broker() -> Iterator[Broker]:
    """The broker of this run."""
    chosen = CHOSEN[0]
    asyncio.run(chosen.start())
    yield chosen
    asyncio.run(chosen.dispose())


@pytest.fixture
def topic_prefix() -> str:
    """A prefix of this test's own."""
    return f"t-{uuid.uuid4().hex[:10]}."


@pytest.fixture
def make_settings(broker: Broker, topic_prefix: str, tmp_path: Path) -> Callable[..., Settings]:
    """Settings on the broker of this run, with obvious credentials and no `.env`."""

    def make(**changes: Any) -> Settings:
        values: dict[str, Any] = {"topic_prefix": topic_prefix, "topic_partitions": 4, **CREDENTIALS}
        values |= {"kafka_bootstrap_servers": broker.bootstrap_servers, "spool_dir": str(tmp_path / "spool")}
        return Settings(_env_file=None, **{**values, **changes})

    return make


@pytest.fixture
async def topics(make_settings: Callable[..., Settings]) -> None:
    """The topics of this test."""
    await create_topics(make_settings())


@pytest.fixture
async def own_broker(tmp_path: Path) -> AsyncIterator[Broker]:
    """A broker of this test alone, to be killed or paused; of the kind that this run uses."""
    kind = type(CHOSEN[0])
    own: Broker = EmbeddedBroker(tmp_path / "kafka") if kind in (EmbeddedBroker, ExternalBroker) else kind()
    await own.start()
    yield own
    await own.dispose()
