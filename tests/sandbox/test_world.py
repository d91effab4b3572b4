"""The supervisor of `make run`, with small stand-ins for the parts."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.errors import ConfigurationError
from bridge.settings import Settings
from sandbox.kafka.broker import free_port
from sandbox.parts import DEATHS, Part, PartFailed, environment_with
from sandbox.world import World, missing_credentials, parts_of, refuse_taken_ports
from tests.broker.agents import eventually

SERVER = """
import http.server, signal, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def log_message(self, *arguments): pass
if len(sys.argv) > 2: signal.signal(signal.SIGTERM, signal.SIG_IGN)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def serving(name: str, *arguments: str) -> Part:
    port = free_port()
    return Part(name, (sys.executable, "-c", SERVER, str(port), *arguments), port, f"{name.upper()}_PORT")


def ending(name: str, code: int, line: str) -> Part:
    script = f"import sys; print({line!r}, file=sys.stderr); sys.exit({code})"
    return Part(name, (sys.executable, "-c", script), free_port(), f"{name.upper()}_PORT")


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


async def test_a_part_that_dies_is_restarted_and_this_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World([serving("one"), serving("two")], environment_with({}), tmp_path)
    await world.start()
    stopping = asyncio.Event()
    watching = asyncio.create_task(world.watch(stopping))
    victim = world.running[0]
    before = victim.pid
    os.kill(before, 9)
    await eventually("a new process", lambda: victim.pid != before and victim.exit_code is None)
    stopping.set()
    await watching
    pids = [one.pid for one in world.running]
    await world.stop()
    said = capsys.readouterr().out
    assert "one ended with exit code -9" in said
    assert "one runs again" in said
    assert all(gone(pid) for pid in pids)


async def test_a_wrong_configuration_is_never_restarted_and_its_line_is_shown(tmp_path: Path) -> None:
    world = World([ending("picky", 78, "picky: EDNA_API_KEY not set")], environment_with({}), tmp_path)
    with pytest.raises(PartFailed, match="picky ended with exit code 78: picky: EDNA_API_KEY not set"):
        await world.start()


async def test_a_part_that_keeps_dying_is_given_up_by_name(tmp_path: Path) -> None:
    world = World([ending("weak", 1, "cannot")], environment_with({}), tmp_path)
    part = world.running[0]
    part.start()
    await eventually("the end", lambda: part.exit_code is not None)
    pauses = [part.died() for _ in range(DEATHS - 1)]
    assert pauses == sorted(pauses)
    with pytest.raises(PartFailed, match="weak keeps dying"):
        part.died()


async def test_a_part_that_ignores_sigterm_is_killed_in_time_while_others_stop_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.world.STOP_WITHIN_S", 1.0)
    world = World([serving("deaf", "ignore"), serving("good")], environment_with({}), tmp_path)
    await world.start()
    pids = [one.pid for one in world.running]
    started = time.monotonic()
    await world.stop()
    assert time.monotonic() - started < 3.0
    assert all(gone(pid) for pid in pids)


def test_a_taken_port_is_named_with_its_variable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        part = Part("gateway", ("true",), taken.getsockname()[1], "GATEWAY_PORT")
        with pytest.raises(ConfigurationError, match=r"^GATEWAY_PORT=\d+ is taken"):
            refuse_taken_ports([part])


def test_fakes_run_only_without_credentials(given_settings: Callable[..., Settings]) -> None:
    bare = given_settings()
    assert missing_credentials(bare) == [
        "EDNA_API_KEY", "AMOCRM_CHANNEL_ID", "AMOCRM_CHANNEL_SECRET", "AMOCRM_ACCOUNT_ID",
    ]  # fmt: skip
    assert [part.name for part in parts_of(bare, fakes=True)][-2:] == ["fake-edna", "fake-amojo"]
    full = given_settings(edna_api_key="k", amocrm_channel_id="c", amocrm_channel_secret="s", amocrm_account_id="a")
    assert missing_credentials(full) == []
    assert len(parts_of(full, fakes=False)) == 4


@pytest.fixture
def given_settings() -> Callable[..., Settings]:
    """Settings without any `.env`."""
    return lambda **values: Settings(_env_file=None, **values)
