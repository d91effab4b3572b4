"""The media relay inside a gateway as a process: it ends in time, and its log names no URL."""

from __future__ import annotations

import asyncio
import signal
import time
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from bridge.media_hosts import AllowedHosts
from bridge.media_links import MediaLinks
from bridge.settings import secret
from sandbox.kafka.broker import free_port
from tests.gateway.relaying import Files
from tests.gateway.server import MakeSettings
from tests.gateway.test_process import ended, environment, running, url_of

pytestmark = pytest.mark.broker


async def slow(request: web.Request) -> web.StreamResponse:
    if "gone" in request.path:
        raise web.HTTPNotFound
    answer = web.StreamResponse(headers={"Content-Type": "image/png"})
    await answer.prepare(request)
    while True:
        await answer.write(b"x")
        await asyncio.sleep(0.1)


async def test_sigterm_ends_it_in_time_while_files_flow_and_no_url_is_logged(
    make_settings: MakeSettings, tmp_path: Path
) -> None:
    settings = make_settings(kafka_bootstrap_servers=f"127.0.0.1:{free_port()}")
    variables = environment(settings) | {"MEDIA_ALLOW_HOSTS": "127.0.0.1"}
    files = Files(slow)
    await files.server.start_server()
    async with running(tmp_path, variables, "--port", "0") as process, aiohttp.ClientSession() as session:
        base = await url_of(process)
        links = MediaLinks(base, [secret(settings.amocrm_channel_secret)], AllowedHosts.of(""))
        async with session.get(links.link(files.url("/gone-79001234567"), "a.png")) as answer:
            assert answer.status == 404
        async with session.get(links.link(files.url("/private-79001234567"), "a.png")) as answer:
            assert await answer.content.readany()
            async with session.post(f"{base}/webhooks/edna", data=b"{") as refused:
                assert refused.status == 400  # webhooks are answered meanwhile
            started = time.monotonic()
            process.send_signal(signal.SIGTERM)
            code, said = await ended(process)
            assert code == 0
            assert time.monotonic() - started < 8
    await files.server.close()
    assert "relay.refused" in said
    assert "79001234567" not in said
