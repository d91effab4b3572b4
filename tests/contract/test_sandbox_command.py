"""`python -m sandbox` as a process: starts, tells where, ends on signals, names a taken port."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
import time
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bridge.edna.requests import check_path
from bridge.settings import CASCADE_PATH, Settings
from sandbox.credentials import sandbox_environment

ROOT = Path(__file__).parents[2]


async def start(*arguments: str, **variables: str) -> asyncio.subprocess.Process:
    environment = {**os.environ, **sandbox_environment(), "EDNA_FAKE_PORT": "0", "AMOJO_FAKE_PORT": "0"}
    environment |= {"SANDBOX_PAGE_PORT": "0", "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1", **variables}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "sandbox",
        *arguments,
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def url_of_next(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    line = (await asyncio.wait_for(process.stdout.readline(), 15)).decode()
    found = re.search(r"http://127\.0\.0\.1:\d+", line)
    assert found is not None, line
    return found[0]


async def first_event(session: aiohttp.ClientSession, page: str) -> dict[str, Any]:
    """The snapshot of a page that has found both fakes, without Kafka and agents."""
    while True:
        async with session.get(f"{page}/api/stream") as answer:
            async for line in answer.content:
                if line.startswith(b"data: "):
                    snapshot: dict[str, Any] = json.loads(line[6:])
                    break
        if all(vendor["answers"] for vendor in snapshot["vendors"]):
            return snapshot


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_both_fakes_and_the_page_run_in_one_process_and_end_within_two_seconds(
    session: aiohttp.ClientSession, number: signal.Signals
) -> None:
    process = await start()
    try:
        urls = [await url_of_next(process), await url_of_next(process)]
        names = [(await (await session.get(f"{url}/health")).json())["fake"] for url in urls]
        page = await url_of_next(process)
        snapshot = await first_event(session, page)
        started = time.monotonic()
        process.send_signal(number)
        assert await asyncio.wait_for(process.wait(), 5) == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert names == ["edna", "amojo"]
    assert {vendor["name"]: vendor["answers"] for vendor in snapshot["vendors"]} == {"edna": True, "amojo": True}
    assert time.monotonic() - started < 2


@pytest.mark.parametrize(
    ("part", "variable"),
    [("edna", "EDNA_FAKE_PORT"), ("amojo", "AMOJO_FAKE_PORT"), ("page", "SANDBOX_PAGE_PORT")],
)
async def test_a_taken_port_ends_a_part_with_78_and_one_line_naming_the_variable(part: str, variable: str) -> None:
    holder = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    port = holder.sockets[0].getsockname()[1]
    try:
        process = await start(part, **{variable: str(port)})
        _, complaint = await asyncio.wait_for(process.communicate(), 15)
    finally:
        holder.close()
        await holder.wait_closed()
    assert process.returncode == 78
    (line,) = complaint.decode().splitlines()
    assert variable in line
    assert str(port) in line


def test_the_sandbox_environment_is_all_that_the_parts_require(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in sandbox_environment(1, 2).items():
        monkeypatch.setenv(name, value)
    settings = Settings(_env_file=None)
    for part in ("gateway", "inbound", "outbound", "status"):
        settings.require(part)
    assert (settings.edna_base_url, settings.amocrm_amojo_base_url) == ("http://127.0.0.1:1", "http://127.0.0.1:2")
    assert settings.edna_send_path == CASCADE_PATH
    check_path(settings)  # raises when no form serves the path
