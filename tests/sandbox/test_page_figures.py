"""What the page makes of the agents' metrics and of Kafka's records."""

from __future__ import annotations

import asyncio
import socket
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from sandbox.kafka.broker import free_port
from sandbox.page import agents
from sandbox.page.kafka_tail import VALUE_LIMIT, described

METRICS = """
# TYPE edna_amocrm_attempts_total counter
edna_amocrm_attempts_total{direction="inbound",outcome="delivered"} 40.0
edna_amocrm_attempts_total{direction="inbound",outcome="transient"} 3.0
edna_amocrm_attempts_total{direction="inbound",outcome="throttled"} 2.0
# TYPE edna_amocrm_lag gauge
edna_amocrm_lag{direction="inbound",partition="0"} 5.0
edna_amocrm_lag{direction="inbound",partition="1"} 7.0
# TYPE edna_amocrm_lanes gauge
edna_amocrm_lanes{direction="inbound"} 4.0
"""


def test_figures_are_summed_over_partitions_outcomes_and_processes() -> None:
    one = agents.figures_of(METRICS)
    assert (one["lag"], one["lanes"], one["transient"], one["refused"]) == (12, 4, 3, 0)
    both = agents.summed([one, one])
    assert (both["retries"], both["lag"], both["delivered"]) == (10, 24, 0)
    with pytest.raises(ValueError, match=r"."):
        agents.figures_of("{no metrics at all")


async def test_several_processes_behind_one_name_are_added_and_a_broken_one_does_not_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def metrics(request: web.Request) -> web.Response:
        return web.Response(text=METRICS if request.transport.get_extra_info("sockname")[0] != "127.0.0.3" else "{")  # type: ignore[union-attr]

    app = web.Application()
    app.router.add_get("/metrics", metrics)
    runner = web.AppRunner(app)
    await runner.setup()
    port = free_port()
    addresses = ("127.0.0.1", "127.0.0.2", "127.0.0.3")
    for address in addresses:
        await web.TCPSite(runner, address, port).start()

    async def resolve(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve, raising=False)
    direction = agents.Direction("inbound", f"http://inbound:{port}")
    found = await agents.addresses_of(direction.url)
    assert found == [f"http://{address}:{port}" for address in addresses]
    monkeypatch.setattr(agents, "addresses_of", lambda _url: asyncio.sleep(0, found))
    async with aiohttp.ClientSession() as session:
        await agents.look(session, direction)
    await runner.cleanup()
    assert (direction.processes, direction.figures["lanes"], list(direction.waiting)) == (2, 8, [0])


def test_a_record_is_shown_whatever_stands_in_it() -> None:
    def shown(value: bytes | None) -> Any:
        record = SimpleNamespace(
            topic="p.inbound", partition=1, offset=2, timestamp=3, key=b"\xff", headers=[("ce_id", b"x")], value=value
        )
        return described(record, "p.")["value"]

    assert shown(b'{"a":1}') == {"a": 1}
    assert shown(b"\xff{") == "\ufffd{"
    assert shown(None) == ""
    assert len(shown(b"x" * (VALUE_LIMIT + 1))) == VALUE_LIMIT
