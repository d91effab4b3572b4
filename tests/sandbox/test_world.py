"""The supervisor of `make run` with stand-in parts: it waits, restarts, gives up by name, leaves nothing behind."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bridge.errors import ConfigurationError
from bridge.settings import Settings
from sandbox import parts, screen, world
from sandbox.kafka.broker import Broker, free_port
from sandbox.parts import Deaths, Part, PartFailed
from sandbox.world import World, parts_of, refuse_taken_ports
from tests.broker.agents import ROOT, eventually

SERVE = """
import http.server, signal, sys
class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def log_message(self, *_):
        pass
{first}
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Ready).serve_forever()
"""
STUBBORN = SERVE.format(first="signal.signal(signal.SIGTERM, signal.SIG_IGN)")
HEALTHY = SERVE.format(first="")


class NoBroker(Broker):
    """A broker that counts, and dies when the test says so."""

    bootstrap_servers = "127.0.0.1:1"
    why = "no broker"

    def __init__(self, stops_after_s: float = 0.0) -> None:
        self.pid = 1
        self.calls: list[str] = []
        self._stops_after_s = stops_after_s

    async def start(self) -> None:
        self.pid = 2
        self.calls.append("start")

    async def stop(self) -> None:
        self.calls.append("stop")
        await asyncio.sleep(self._stops_after_s)

    async def kill(self) -> None:
        self.calls.append("kill")

    async def pause(self) -> None:
        raise NotImplementedError

    async def resume(self) -> None:
        raise NotImplementedError


def part(script: str, name: str = "stand-in") -> Part:
    port = free_port()
    return Part(name, (sys.executable, "-c", script, str(port)), port, "STAND_IN_PORT", "/health")


WorldOf = Callable[..., AbstractAsyncContextManager[World]]


@pytest.fixture
def world_of(tmp_path: Path) -> WorldOf:
    """A world of the given parts; whatever happens, none of them outlives the test."""

    @asynccontextmanager
    async def make(*given: Part, broker: Broker | None = None) -> AsyncIterator[World]:
        made = World(given, dict(os.environ), tmp_path, broker or NoBroker())
        try:
            yield made
        finally:
            for one in made.running:
                one.signal(signal.SIGKILL)

    return make


@asynccontextmanager
async def in_background(work: Coroutine[Any, Any, None]) -> AsyncIterator[Awaitable[None]]:
    task = asyncio.ensure_future(work)
    yield task
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError, PartFailed):
        await task


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_world_is_started_when_each_part_says_that_it_is_ready_and_stops_whole(world_of: WorldOf) -> None:
    broker = NoBroker()
    async with world_of(part(HEALTHY, "one"), part(HEALTHY, "two"), broker=broker) as made:
        await made.start()
        pids = [one.pid for one in made.running]
        assert all(os.getsid(pid) == pid for pid in pids), "a part is not in a session of its own"
        await made.stop()
        assert not any(alive(pid) for pid in pids)
        assert broker.calls == ["stop"]


async def test_a_part_that_dies_is_restarted_and_named(world_of: WorldOf, capsys: pytest.CaptureFixture[str]) -> None:
    async with world_of(part(HEALTHY, "phoenix")) as made:
        await made.start()
        (one,) = made.running
        before = one.pid
        async with in_background(made.watch()):
            os.kill(before, signal.SIGKILL)
            await eventually("it runs again", lambda: one.pid != before and one.exit_code is None)
        await made.stop()
    said = capsys.readouterr().out
    assert "phoenix ended by SIGKILL" in said
    assert f"phoenix runs again, pid {one.pid}" in said


async def test_a_part_that_keeps_dying_ends_the_world_by_name_with_its_last_line(
    world_of: WorldOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "FIRST_PAUSE_S", 0.01)
    async with world_of(part("print('no luck'); raise SystemExit(3)", "mayfly")) as made:
        made.running[0].start()
        with pytest.raises(PartFailed, match=r"mayfly keeps dying: .*exit code 3: no luck; see .*mayfly\.log"):
            await asyncio.wait_for(made.watch(), 20)


async def test_a_part_without_its_configuration_is_not_restarted(world_of: WorldOf) -> None:
    async with world_of(part("print('GATEWAY_PORT: wrong'); raise SystemExit(78)", "gateway")) as made:
        made.running[0].start()
        with pytest.raises(PartFailed, match="gateway ended with exit code 78: GATEWAY_PORT: wrong"):
            await asyncio.wait_for(made.watch(), 10)


async def test_a_part_that_dies_before_it_is_ready_is_named(world_of: WorldOf) -> None:
    async with world_of(part(HEALTHY), part("raise SystemExit(78)", "broken")) as made:
        with pytest.raises(PartFailed, match="broken ended with exit code 78"):
            await made.start()


async def test_a_part_that_ignores_sigterm_is_killed(
    world_of: WorldOf, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(world, "STOP_WITHIN_S", 0.5)
    async with world_of(part(STUBBORN, "stubborn"), part(HEALTHY, "polite")) as made:
        await made.start()
        pids = [one.pid for one in made.running]
        began = time.monotonic()
        await made.stop()
        assert time.monotonic() - began < 3
        assert not any(alive(pid) for pid in pids)
    said = capsys.readouterr().out
    assert "stubborn did not stop" in said
    assert "polite" not in said


async def test_a_kafka_that_does_not_stop_in_time_is_killed(world_of: WorldOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world, "ALL_WITHIN_S", 0.2)
    broker = NoBroker(stops_after_s=30)
    async with world_of(broker=broker) as made:
        await asyncio.wait_for(made.stop(), 5)
    assert broker.calls == ["stop", "kill"]


async def test_a_kafka_that_dies_is_started_again(world_of: WorldOf) -> None:
    broker = NoBroker()
    async with world_of(broker=broker) as made, in_background(made.watch()):
        await asyncio.sleep(0)  # watching has begun
        broker.pid = None
        await eventually("Kafka runs again", lambda: broker.calls == ["stop", "start"])


async def test_somebody_elses_kafka_is_left_alone(world_of: WorldOf) -> None:
    broker = NoBroker()
    broker.pid = None
    async with world_of(broker=broker) as made:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(made.watch(), 0.5)
    assert broker.calls == []


async def test_the_parts_die_with_their_supervisor(tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux tells a child that its parent died")
    supervisor = (
        "import os, pathlib, sys, time\n"
        "from sandbox.parts import Part, Running\n"
        "command = (sys.executable, '-c', 'import time; time.sleep(300)')\n"
        f"one = Running(Part('orphan', command, 1, 'X'), dict(os.environ), pathlib.Path({str(tmp_path)!r}))\n"
        "one.start()\n"
        "print(one.pid, flush=True)\n"
        "time.sleep(300)\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", supervisor, stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    assert process.stdout is not None
    pid = int(await asyncio.wait_for(process.stdout.readline(), 20))
    assert alive(pid)
    process.kill()
    await process.wait()
    await eventually("the part is gone", lambda: not running(pid), 10)


def running(pid: int) -> bool:
    """Alive, and not a zombie that nobody has waited for."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_pauses_grow_and_old_deaths_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    deaths = Deaths()
    assert [deaths.another() for _ in range(4)] == [0.5, 1, 2, 4]
    now += parts.DEATHS_WITHIN_S
    assert deaths.another() == 0.5
    assert [deaths.another() for _ in range(4)][-1] is None


def settings(**values: Any) -> Settings:
    return Settings(_env_file=None, **values)


def test_a_taken_port_is_named_with_its_variable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"OUTBOUND_PORT={port} is taken"):
            refuse_taken_ports([Part("outbound", (), port, "OUTBOUND_PORT")])


def test_a_port_that_is_not_known_beforehand_or_given_twice_is_refused_by_name() -> None:
    with pytest.raises(ConfigurationError, match="GATEWAY_PORT=0"):
        refuse_taken_ports([Part("gateway", (), 0, "GATEWAY_PORT")])
    port = free_port()
    with pytest.raises(ConfigurationError, match=f"INBOUND_PORT={port} is GATEWAY_PORT as well"):
        refuse_taken_ports([Part("gateway", (), port, "GATEWAY_PORT"), Part("inbound", (), port, "INBOUND_PORT")])


def test_the_fakes_run_only_where_they_are_wanted() -> None:
    product = ["gateway", "inbound", "outbound", "status"]
    assert [one.name for one in parts_of(settings(), fakes=False)] == product
    assert [one.name for one in parts_of(settings(), fakes=True)] == [*product, "fake-edna", "fake-amojo", "page"]


def shown(capsys: pytest.CaptureFixture[str], given: Settings, *, fakes: bool) -> str:
    rows = [screen.Row(name, 4242, "http://127.0.0.1:28000", f".sandbox/logs/{name}.log") for name in "abcdefg"]
    screen.show(Console(width=80), rows, "embedded Kafka", given, fakes, "EDNA_API_KEY")
    return capsys.readouterr().out


def test_one_screen_has_commands_that_are_pasted_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    said = shown(capsys, settings(), fakes=True)
    lines = said.splitlines()
    assert len(lines) <= 40
    assert sum(line.startswith("curl -X POST ") and line.endswith("'") for line in lines) == 2
    assert all(word in said for word in ("EDNA_API_KEY", "/docs"))
    assert lines[0].startswith("Page:   http://127.0.0.1:28080 ")


def test_with_accounts_the_commands_prove_themselves_and_show_no_secret(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = shown(capsys, settings(amocrm_channel_secret="hidden-one", edna_webhook_key="hidden-two"), fakes=False)
    assert "hidden" not in said
    assert said.count("$(date +%s%N)") == 2
    assert 'openssl dgst -sha1 -hmac "$AMOCRM_CHANNEL_SECRET"' in said
    assert "Authorization: Token $EDNA_WEBHOOK_KEY" in said
    assert "28080" not in said, "there is no page without fakes"
    assert len(said.splitlines()) <= 40


def test_a_secret_in_the_path_is_the_proof_where_there_is_no_key(capsys: pytest.CaptureFixture[str]) -> None:
    said = shown(capsys, settings(edna_webhook_secret="hidden-three"), fakes=False)
    assert "/webhooks/edna/$EDNA_WEBHOOK_SECRET" in said
    assert "Authorization" not in said
    assert "hidden" not in said
