"""`python -m gateway`: starts, says what it lacks, and ends in time."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from bridge.settings import Settings, secret
from sandbox.kafka.broker import free_port
from tests.gateway.forms import pulse
from tests.gateway.server import MakeSettings

pytestmark = pytest.mark.broker

ROOT = Path(__file__).parents[2]


def environment(settings: Settings) -> dict[str, str]:
    """What the process reads; no `.env` stands in its folder."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "AMOCRM_CHANNEL_ID": settings.amocrm_channel_id or "",
        "AMOCRM_CHANNEL_SECRET": secret(settings.amocrm_channel_secret),
        "AMOCRM_ACCOUNT_ID": settings.amocrm_account_id or "",
        "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
        "TOPIC_PREFIX": settings.topic_prefix,
        "TOPIC_PARTITIONS": str(settings.topic_partitions),
    }


@asynccontextmanager
async def running(
    folder: Path, variables: dict[str, str], *arguments: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """The process, ended however the test ends."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", *arguments, cwd=folder, env=variables,
        stderr=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def url_of(process: asyncio.subprocess.Process) -> str:
    """Where it listens, once it says so."""
    assert process.stderr is not None
    async with asyncio.timeout(20):
        while line := await process.stderr.readline():
            if line.startswith(b"{") and (said := json.loads(line))["event"] == "gateway.listening":
                return str(said["url"])
    raise AssertionError("it ended without listening")


async def ended(process: asyncio.subprocess.Process) -> tuple[int, str]:
    """Its exit code and what it wrote to stderr."""
    _, err = await asyncio.wait_for(process.communicate(), 20)
    return process.returncode or 0, err.decode()


async def test_sigterm_finishes_what_is_in_flight_and_ends_with_0(
    make_settings: MakeSettings, topics: None, tmp_path: Path
) -> None:
    async with running(tmp_path, environment(make_settings()), "--port", "0") as process:
        url = await url_of(process)
        async with aiohttp.ClientSession() as session:
            async with session.post(f"{url}/webhooks/edna", json=pulse()) as answer:
                assert answer.status == 200
            started = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert (await ended(process))[0] == 0
            assert time.monotonic() - started < 8


async def test_sigterm_ends_it_in_time_with_kafka_away_and_a_stalled_sender(
    make_settings: MakeSettings, tmp_path: Path
) -> None:
    settings = make_settings(kafka_bootstrap_servers=f"127.0.0.1:{free_port()}")
    async with running(tmp_path, environment(settings), "--port", "0") as process:
        port = int((await url_of(process)).rsplit(":", 1)[1])
        _reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /webhooks/edna HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        await writer.drain()
        started = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert (await ended(process))[0] == 0
        assert time.monotonic() - started < 8
        writer.close()


@pytest.mark.parametrize("name", ["AMOCRM_CHANNEL_ID", "AMOCRM_CHANNEL_SECRET", "AMOCRM_ACCOUNT_ID"])
async def test_a_missing_credential_is_exit_78_and_one_line_that_names_it(
    make_settings: MakeSettings, tmp_path: Path, name: str
) -> None:
    variables = environment(make_settings())
    del variables[name]
    async with running(tmp_path, variables, "--port", "0") as process:
        code, said = await ended(process)
    assert code == 78
    assert len(said.splitlines()) == 1
    assert name in said


async def test_a_taken_port_is_exit_78_and_names_gateway_port(
    make_settings: MakeSettings, topics: None, tmp_path: Path
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        variables = environment(make_settings()) | {"GATEWAY_PORT": str(taken.getsockname()[1])}
        async with running(tmp_path, variables) as process:
            code, said = await ended(process)
    assert code == 78
    assert said.splitlines()[-1].startswith("edna-amocrm: GATEWAY_PORT=")


async def test_a_spool_that_cannot_be_used_is_exit_78_and_names_spool_dir(
    make_settings: MakeSettings, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    variables = environment(make_settings()) | {"SPOOL_DIR": str(tmp_path / "file" / "spool")}
    async with running(tmp_path, variables, "--port", "0") as process:
        code, said = await ended(process)
    assert code == 78
    assert said.splitlines()[-1].startswith("edna-amocrm: SPOOL_DIR=")


async def test_missing_topics_at_a_broker_that_answers_are_exit_78_and_the_command_to_run(
    make_settings: MakeSettings, tmp_path: Path
) -> None:
    async with running(tmp_path, environment(make_settings()), "--port", "0") as process:
        code, said = await ended(process)
    assert code == 78
    assert "inbound is missing" in said
    assert "edna-amocrm topics create" in said


async def test_a_request_that_is_malformed_leaves_nothing_of_its_secrets_in_the_log(
    make_settings: MakeSettings, topics: None, tmp_path: Path
) -> None:
    async with running(tmp_path, environment(make_settings()), "--port", "0") as process:
        port = int((await url_of(process)).rsplit(":", 1)[1])
        for line in (
            b"POST /webhooks/edna HTTP/1.1\r\nHost: x\r\nAuthorization: Token very-secret\x01",
            b"POST /webhooks/edna/very-secret\x01 HTTP/1.1\r\nHost: x",
            b"GET /media/very-secret/a.png HTTP/9.9.9\r\nHost: x",
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(line + b"\r\n\r\n")
            assert (await reader.readline()).split()[1] == b"400"
            writer.close()
        process.send_signal(signal.SIGTERM)
        code, said = await ended(process)
    assert code == 0
    assert "very-secret" not in said


async def test_logs_hold_no_phone_and_no_text(make_settings: MakeSettings, topics: None, tmp_path: Path) -> None:
    async with running(tmp_path, environment(make_settings()), "--port", "0") as process:
        url = await url_of(process)
        bad = {**pulse(text="very private"), "id": None}
        odd = {"nobody_knows": {"text": "very private", "who": "79001234567"}}
        async with aiohttp.ClientSession() as session:
            for document, status in ((pulse(text="very private"), 200), (bad, 422), (odd, 200)):
                async with session.post(f"{url}/webhooks/edna", json=document) as answer:
                    assert answer.status == status
        process.send_signal(signal.SIGTERM)
        code, said = await ended(process)
    assert code == 0
    assert "webhook.refused" in said
    assert "webhook.set_aside" in said
    assert "very private" not in said
    assert "79001234567" not in said


@pytest.mark.parametrize("port", ["99999", "-1", "many"])
async def test_a_port_that_is_none_is_exit_2_and_says_so(
    make_settings: MakeSettings, tmp_path: Path, port: str
) -> None:
    async with running(tmp_path, environment(make_settings()), f"--port={port}") as process:
        code, said = await ended(process)
    assert code == 2
    assert said.splitlines()[-1] == (
        "gateway: error: argument --port: has to be a number from 0, which takes a free one, to 65535"
    )


async def test_a_host_that_is_not_of_this_machine_is_exit_78_and_names_listen_host(
    make_settings: MakeSettings, topics: None, tmp_path: Path
) -> None:
    variables = environment(make_settings()) | {"LISTEN_HOST": "nope.invalid"}
    async with running(tmp_path, variables, "--port", "0") as process:
        code, said = await ended(process)
    assert code == 78
    assert said.splitlines()[-1].startswith("edna-amocrm: LISTEN_HOST=nope.invalid: cannot listen there")
    assert "set a name or an address of this machine" in said


async def test_an_env_file_in_another_encoding_is_exit_78_and_one_line(
    make_settings: MakeSettings, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_bytes("# ключ\n".encode("cp1251"))
    async with running(tmp_path, environment(make_settings()), "--port", "0") as process:
        code, said = await ended(process)
    assert (code, said) == (78, "edna-amocrm: .env: is not UTF-8: save it as UTF-8\n")


async def test_servers_that_are_no_addresses_are_exit_78_and_one_line(
    make_settings: MakeSettings, tmp_path: Path
) -> None:
    variables = environment(make_settings()) | {"KAFKA_BOOTSTRAP_SERVERS": "kafka:port"}
    async with running(tmp_path, variables, "--port", "0") as process:
        code, said = await ended(process)
    assert code == 78
    (line,) = said.splitlines()
    assert line.startswith("edna-amocrm: KAFKA_BOOTSTRAP_SERVERS: ")
