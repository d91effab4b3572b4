"""The product's processes, which a scenario hurts, and the two fakes beside them; all die with whoever started them.

A part that ends although it should run is started again, and its end is kept: the harness is its supervisor (I8).
"""

from __future__ import annotations

import asyncio
import ctypes
import signal
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from bridge.settings import Settings
from tests.bench.children import Child
from tests.broker.agents import Agent, environment

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)  # loaded here: between fork and exec nothing may wait for a lock
STOP_WITHIN_S = 20.0  # twice what is promised: how long it really took is the finding
FAKE_WITHIN_S = 30.0
RESTART_AFTER_S = 0.5


class Part(Agent):
    """A process of the product. `wanted`: it should run."""

    def __init__(self, name: str, command: tuple[str, ...], settings: Settings, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        super().__init__(name, settings, folder, command)
        self.name = name
        self.wanted = False
        self.pids: list[int] = []

    async def start(self, *, ready: bool = True) -> Part:
        """Start it and, with `ready`, wait until it says that it is."""
        self._starts += 1
        with self._log_path.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", *self._command, cwd=self._folder, env=self._environment,
                stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                preexec_fn=_die_with_parent,
            )  # fmt: skip
        self.wanted = True
        self.pids.append(self._process.pid)
        if ready:
            await self.wait_ready(60.0)
        return self

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process is not None and self.running else None

    async def kill(self) -> None:
        """SIGKILL, from which it is not brought back by the supervisor."""
        self.wanted = False
        if self.running:
            await super().kill()

    async def terminate(self) -> tuple[int, float]:
        """SIGTERM; returns the exit code (-9 when it had to be killed) and the seconds that it took."""
        self.wanted = False
        process = self._process
        assert process is not None
        started = time.monotonic()
        if self.running:
            process.send_signal(signal.SIGTERM)
        try:
            code = await asyncio.wait_for(process.wait(), STOP_WITHIN_S)
        except TimeoutError:
            await super().kill()
            code = -signal.SIGKILL
        return code, time.monotonic() - started


@dataclass(frozen=True, slots=True)
class Exit:
    """A part that ended by itself."""

    name: str
    code: int
    at: float  # s since the epoch


async def supervise(parts: Sequence[Part], exits: list[Exit]) -> None:
    """Start again what ends by itself, for ever; a broken promise when the code is 0 or 78."""
    while True:
        for part in parts:
            if part.wanted and not part.running:
                exits.append(Exit(part.name, await part.ended(1.0), time.time()))
                await asyncio.sleep(RESTART_AFTER_S)
                if part.wanted:
                    await part.start(ready=False)
        await asyncio.sleep(0.1)


class Fake:
    """A fake vendor as a process of its own, so that its work does not hold up who watches it."""

    def __init__(self, name: str, port: int, settings: Settings, folder: Path, retry_scale: float) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.url = f"http://127.0.0.1:{port}"
        variables = environment(settings)
        variables |= {f"{name.upper()}_FAKE_PORT": str(port)}
        command = ("sandbox", name, "--retry-scale", str(retry_scale))
        self._child = Child(name, command, variables, folder)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._child.pid

    async def wait_ready(self, session: aiohttp.ClientSession) -> None:
        """Wait until it answers. Raises ChildFailed when it ends, TimeoutError."""
        async with asyncio.timeout(FAKE_WITHIN_S):
            while True:
                self._child.check()
                try:
                    await self.ask(session, "GET", "/health")
                except aiohttp.ClientError:
                    await asyncio.sleep(0.05)
                else:
                    return

    async def ask(self, session: aiohttp.ClientSession, method: str, path: str, body: Any = None) -> Any:
        """One call of its controls; returns its JSON. Raises RuntimeError when it is refused."""
        async with session.request(method, self.url + path, json=body) as answer:
            if answer.status != 200:
                raise RuntimeError(f"{self.name} answers {answer.status} to {path}: {await answer.text()}")
            return await answer.json()

    def stop(self) -> None:
        """SIGKILL: nothing that it holds is wanted any more."""
        self._child.kill()


def running(parts: Iterable[Part]) -> list[Part]:
    """Those of them that run."""
    return [part for part in parts if part.running]


def _die_with_parent() -> None:
    if sys.platform == "linux":
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
