"""The parts of the world as processes: each in a session of its own, with a log of its own, dying with their parent."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from bridge.errors import EXIT_CONFIGURATION

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)  # loaded here: between fork and exec nothing may wait for a lock
DEATHS = 5  # this many
DEATHS_WITHIN_S = 60.0  # in this time: it keeps dying
READY_WITHIN_S = 60.0
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 8.0


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its name, its command, and where it says that it is ready."""

    name: str
    command: tuple[str, ...]
    port: int
    variable: str
    ready: str = "/ready"

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"


class PartFailed(Exception):
    """A part that cannot go on; the message names it, and what to do."""


class Deaths:
    """How often one thing died of late."""

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=DEATHS)

    def another(self) -> float | None:
        """Count one; returns the seconds to wait before the next start, None when it died too often."""
        now = time.monotonic()
        while self._times and now - self._times[0] >= DEATHS_WITHIN_S:
            self._times.popleft()
        self._times.append(now)
        if len(self._times) == DEATHS:
            return None
        return float(min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** (len(self._times) - 1)))


class Running:
    """A part and its process, which is replaced when it dies."""

    def __init__(self, part: Part, environment: dict[str, str], logs: Path) -> None:
        self.part = part
        self.log_path = logs / f"{part.name}.log"
        self._environment = environment
        self._deaths = Deaths()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id, 0 when there is none."""
        return self._process.pid if self._process is not None else 0

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll() if self._process is not None else None

    def start(self) -> None:
        """Start the process. To be called from the main thread: the child dies with the thread that started it."""
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own commands
                self.part.command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - one system call, no lock is taken
            )

    async def wait_ready(self, session: aiohttp.ClientSession) -> None:
        """Wait until it says that it is ready. Raises PartFailed when it dies or takes too long."""
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline:
            if self.exit_code is not None:
                raise PartFailed(self.why_it_ended())
            try:
                async with session.get(self.part.url + self.part.ready, timeout=aiohttp.ClientTimeout(2)) as answer:
                    if answer.status == 200:
                        return
            except (aiohttp.ClientError, TimeoutError):
                pass
            await asyncio.sleep(0.1)
        raise PartFailed(f"{self.part.name} was not ready within {READY_WITHIN_S:.0f} s: see {self.log_path}")

    def died(self) -> float:
        """Count a death; returns the seconds to wait before the next start. Raises PartFailed when it must not be."""
        if self.exit_code == EXIT_CONFIGURATION:
            raise PartFailed(self.why_it_ended())
        pause = self._deaths.another()
        if pause is None:
            raise PartFailed(f"{self.part.name} keeps dying: {self.why_it_ended()}; see {self.log_path}")
        return pause

    def why_it_ended(self) -> str:
        """Its exit code, or the signal that ended it, and its last line."""
        code = self.exit_code
        how = f"by {signal.Signals(-code).name}" if code is not None and code < 0 else f"with exit code {code}"
        return f"{self.part.name} ended {how}: {self.last_line() or 'it wrote nothing'}"

    def last_line(self) -> str:
        """The last line of its log."""
        try:
            lines = self.log_path.read_text(errors="replace").splitlines()
        except OSError:
            return ""
        return next((line for line in reversed(lines) if line.strip()), "")

    def signal(self, number: int) -> None:
        """Send a signal, if it runs."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)


async def stop_all(running: list[Running], within_s: float) -> list[str]:
    """SIGTERM to all at once, SIGKILL to what is left; returns the names of those that had to be killed."""
    for one in running:
        one.signal(signal.SIGTERM)
    deadline = time.monotonic() + within_s
    while any(one.pid and one.exit_code is None for one in running) and time.monotonic() < deadline:  # noqa: ASYNC110 - processes tell nobody
        await asyncio.sleep(0.05)
    killed = [one for one in running if one.pid and one.exit_code is None]
    for one in killed:
        one.signal(signal.SIGKILL)
    while any(one.exit_code is None for one in killed):  # noqa: ASYNC110 - processes tell nobody
        await asyncio.sleep(0.02)
    return [one.part.name for one in killed]


def environment_with(more: dict[str, str]) -> dict[str, str]:
    """The environment of the parts: ours, with more."""
    return {**os.environ, "PYTHONUNBUFFERED": "1", **more}


def python(*arguments: str) -> tuple[str, ...]:
    """A command of this Python."""
    return (sys.executable, "-m", *arguments)


def _die_with_parent() -> None:
    if sys.platform == "linux":
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
