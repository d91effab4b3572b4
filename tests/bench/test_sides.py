"""Every side of the bench, in small: it carries all it is given, is measured, and leaves nothing behind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from bridge.kafka.admin import admin_client
from sandbox.kafka import Broker
from tests.bench import gateway, latency, outbound
from tests.bench.children import ChildFailed, running
from tests.bench.gateway import Series
from tests.bench.ground import PREFIX, Ground, Vendor
from tests.bench.latency import Stream
from tests.bench.outbound import Pace

pytestmark = [pytest.mark.broker, pytest.mark.timeout(120)]

FEW = Pace(delay_ms=10.0, at_once=32, messages=200, faust_messages=20)


@pytest.fixture
async def ground(broker: Broker, tmp_path: Path) -> AsyncIterator[Ground]:
    """The bench's ground on the broker of this run."""
    async with running("vendor", ("tests.bench.vendor",), {}, tmp_path) as vendor, aiohttp.ClientSession() as session:
        yield Ground(broker.bootstrap_servers, Vendor(await vendor.url(), session), tmp_path)


async def topics_left(ground: Ground) -> list[str]:
    """The bench's topics that are still there."""
    async with admin_client(ground.settings(PREFIX)) as client:
        return [name for name in await client.list_topics() if name.startswith(PREFIX)]


async def test_agent_and_bare_client_send_all_with_as_many_at_once_as_they_may(ground: Ground) -> None:
    for side in (outbound.agent, outbound.bare_client):
        figures = (await side(ground, FEW)).figures
        assert await ground.vendor.seen() == FEW.messages
        assert figures["most_at_once"] == FEW.at_once
        assert figures["per_s"] <= 1.2 * FEW.at_once / (FEW.delay_ms / 1000)
        assert figures["peak_mb"] > 10
    assert await topics_left(ground) == []


async def test_plain_faust_waits_for_each_answer(ground: Ground) -> None:
    figures = (await outbound.plain_faust(ground, FEW)).figures
    assert figures["most_at_once"] == 1
    assert 0 < figures["per_s"] <= 1000 / FEW.delay_ms
    assert await topics_left(ground) == []  # Faust makes one of its own as well


async def test_gateway_and_bare_pair_store_what_they_answer_200(ground: Ground) -> None:
    for side, kind in ((gateway.product, "edna"), (gateway.product, "amojo"), (gateway.bare_pair, "edna")):
        figures = (await side(ground, Series(kind, 8, 200))).figures
        assert figures["stored"] == 200
        assert 0 < figures["p50_ms"] <= figures["p99_ms"] <= figures["max_ms"]
    assert await topics_left(ground) == []


@pytest.mark.parametrize("kind", ["amojo", "edna"])
async def test_latency_is_that_of_each_message_through_the_whole_path(ground: Ground, kind: str) -> None:
    measured = await latency.product(ground, Stream(kind, per_s=100.0, seconds=1.0, delay_ms=10.0))
    assert measured.figures["messages"] == 100
    assert 0 < measured.figures["p50_ms"] < 5_000
    assert measured.curve[-1] == measured.figures["max_ms"]


async def test_a_side_that_ends_too_early_is_an_error_with_the_end_of_its_log(ground: Ground) -> None:
    with pytest.raises(ChildFailed, match=r"(?s)bare-gateway ended with code 1.*KeyError"):
        async with ground.side("bare-gateway", "tests.bench.bare_gateway") as child:  # without what it needs
            await child.url()
