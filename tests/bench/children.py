"""The sides as processes: started in a folder without `.env`, measured through /proc, ended by pid whatever happens.

A child dies with the bench even when the bench is killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)  # loaded here: between fork and exec nothing may wait for a lock
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
LISTENING = re.compile(r'"url": ?"(http://[^"]+)"')
START_WITHIN_S = 30.0


class ChildFailed(Exception):
    """A side that ended or never came up; the message has the end of its log."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process has used since its start."""

    cpu_s: float
    peak_mb: float


def announce(port: int) -> None:
    """Say where one listens, as the product's parts do in their logs."""
    print(json.dumps({"event": "bench.listening", "url": f"http://127.0.0.1:{port}"}), flush=True)  # noqa: T201 - its log


class Child:
    """One process and its log."""

    def __init__(self, name: str, command: tuple[str, ...], environment: Mapping[str, str], folder: Path) -> None:
        self.name = name
        self._log = folder / f"{name}-{time.monotonic_ns()}.log"
        inherited = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
        fixed = {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                (sys.executable, "-m", *command),
                cwd=folder,
                env=inherited | fixed | dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C reaches the bench alone, which ends its children
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - one system call, no lock is taken
            )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def log(self) -> str:
        """What it has written."""
        return self._log.read_text(errors="replace")

    def usage(self) -> Usage:
        """CPU and peak memory up to now. Raises ChildFailed when it has ended."""
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
            status = Path(f"/proc/{self.pid}/status").read_text()
            peak_kb = int(status.split("VmHWM:", 1)[1].split(None, 1)[0])
        except (OSError, IndexError):
            raise self._failed("ended") from None
        return Usage((int(fields[11]) + int(fields[12])) / TICKS_PER_S, peak_kb / 1024)

    async def url(self) -> str:
        """Where it listens, once it says so. Raises ChildFailed."""
        deadline = time.monotonic() + START_WITHIN_S
        while True:
            if found := LISTENING.search(self.log):
                return found[1]
            self.check()
            if time.monotonic() > deadline:
                raise self._failed(f"did not listen within {START_WITHIN_S:.0f} s")
            await asyncio.sleep(0.02)

    async def finished(self, within_s: float) -> None:
        """Wait for its good end. Raises ChildFailed when it is none, or takes longer."""
        deadline = time.monotonic() + within_s
        while self._process.poll() is None:
            if time.monotonic() > deadline:
                raise self._failed(f"took longer than {within_s:.0f} s")
            await asyncio.sleep(0.02)
        if self._process.returncode:
            raise self._failed(f"ended with code {self._process.returncode}")

    def check(self) -> None:
        """Raise ChildFailed when it has ended."""
        if self._process.poll() is not None:
            raise self._failed(f"ended with code {self._process.returncode}")

    def kill(self) -> None:
        """SIGKILL: nothing that a side still holds is of use to anybody."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def _failed(self, how: str) -> ChildFailed:
        return ChildFailed(f"{self.name} {how}:\n" + "\n".join(self.log.splitlines()[-20:]))


@contextlib.asynccontextmanager
async def running(
    name: str, command: tuple[str, ...], environment: Mapping[str, str], folder: Path
) -> AsyncIterator[Child]:
    """A child for the time of the block."""
    child = Child(name, command, environment, folder)
    try:
        yield child
    finally:
        child.kill()


def _die_with_parent() -> None:
    if sys.platform == "linux":
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
