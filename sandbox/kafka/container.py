"""Apache Kafka in a container, through testcontainers; the same version as embedded."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import threading
import time
from typing import Any

from bridge.errors import ConfigurationError
from sandbox.kafka.broker import READY_WITHIN_S, Broker, answers, free_port
from sandbox.kafka.jars import KAFKA_VERSION

IMAGE = f"apache/kafka:{KAFKA_VERSION}"
PULL_WITHIN_S = 60
OWNER = "edna-amocrm.owner"  # a label: the host and process that will remove the container
LOG_DIR = "/tmp/kafka-logs"  # noqa: S108 - inside the container

# The image formats its storage at each start, and fails when that was done: a second start skips it.
COMMAND = (
    f"if [ -f {LOG_DIR}/meta.properties ]; "
    "then exec /opt/kafka/bin/kafka-server-start.sh /opt/kafka/config/server.properties; "
    "else exec /etc/kafka/docker/run; fi"
)


class ContainerBroker(Broker):
    """A container whose host port is chosen beforehand, because the broker has to advertise it."""

    def __init__(self, reason: str = "") -> None:
        self._port = free_port()
        self._container: Any = None
        self.bootstrap_servers = f"127.0.0.1:{self._port}"
        self.why = f"container {IMAGE} ({reason})" if reason else f"container {IMAGE}"

    async def start(self) -> None:
        """Create the container, or start it again with its port and data. One that does not answer is removed."""
        if self._container is None:
            self._container = await asyncio.to_thread(self._create)
        else:
            await asyncio.to_thread(self._wrapped.start)
        try:
            await self._wait_ready()
        except BaseException:
            await self.dispose()
            raise

    async def _wait_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        while not await answers(self.bootstrap_servers):
            if time.monotonic() > deadline:
                logs = await asyncio.to_thread(self._wrapped.logs, tail=15)
                raise ConfigurationError(f"{IMAGE} did not answer within {READY_WITHIN_S:.0f} s:\n{logs.decode()}")
            await asyncio.sleep(0.2)

    async def stop(self) -> None:
        """Stop it in order; port and data stay."""
        if self._container is not None:
            await asyncio.to_thread(self._stop_in_order)

    async def kill(self) -> None:
        """SIGKILL."""
        await asyncio.to_thread(self._wrapped.kill)

    async def pause(self) -> None:
        """Freeze it."""
        await asyncio.to_thread(self._wrapped.pause)

    async def resume(self) -> None:
        """Let it go on."""
        await asyncio.to_thread(self._wrapped.unpause)

    async def dispose(self) -> None:
        """Remove it with its data."""
        if self._container is not None:
            await asyncio.to_thread(self._wrapped.remove, force=True, v=True)
            self._container = None

    @property
    def _wrapped(self) -> Any:
        return self._container.get_wrapped_container()

    def _stop_in_order(self) -> None:
        with contextlib.suppress(Exception):
            self._wrapped.unpause()  # a frozen container cannot stop
        self._wrapped.stop(timeout=8)

    def _create(self) -> Any:
        os.environ.setdefault(
            "TESTCONTAINERS_RYUK_DISABLED", "true"
        )  # we remove it ourselves, and need no second image
        from testcontainers.core.container import DockerContainer  # noqa: PLC0415 - slow, and needed here only

        settings = {
            "KAFKA_NODE_ID": "1",
            "KAFKA_PROCESS_ROLES": "broker,controller",
            "KAFKA_LISTENERS": f"PLAINTEXT://0.0.0.0:{self._port},CONTROLLER://localhost:9093",
            "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://127.0.0.1:{self._port}",
            "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
            "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
            "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
            "KAFKA_LOG_DIRS": LOG_DIR,
            "KAFKA_HEAP_OPTS": "-Xmx512m -Xms128m",
            "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
            "KAFKA_BROKER_SESSION_TIMEOUT_MS": "3000",
            "KAFKA_BROKER_HEARTBEAT_INTERVAL_MS": "500",
            "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
            "KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS": "4",
            "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
            "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
            "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
            "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR": "1",
            "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR": "1",
        }
        container: Any = DockerContainer(IMAGE).with_command(["sh", "-c", COMMAND])
        container = container.with_kwargs(labels={OWNER: f"{socket.gethostname()}:{os.getpid()}"})
        remove_orphans()
        for name, value in settings.items():
            container = container.with_env(name, value)
        container.ports[self._port] = ("127.0.0.1", self._port)
        return container.start()


def remove_orphans() -> None:
    """Remove the containers of processes of this host that ended without doing so, by a SIGKILL for instance."""
    import docker  # noqa: PLC0415 - see `obstacle`

    client = docker.from_env()
    for one in client.containers.list(all=True, filters={"label": OWNER}):
        host, _, pid = one.labels[OWNER].partition(":")
        if host == socket.gethostname() and not _runs(int(pid)):
            with contextlib.suppress(docker.errors.DockerException):  # another start does the same
                one.remove(force=True, v=True)
    client.close()


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def obstacle() -> str | None:
    """Why no container can be used, in a few words, or None. Tries to pull the image for a minute at most."""
    try:
        import docker  # noqa: PLC0415 - comes with testcontainers, which only tests have
        from docker.errors import DockerException, ImageNotFound  # noqa: PLC0415
    except ImportError:
        return "testcontainers is not installed"
    try:
        client = docker.from_env(timeout=PULL_WITHIN_S)
        client.ping()
    except (DockerException, OSError):
        return "no Docker engine answers"
    try:
        client.images.get(IMAGE)
    except ImageNotFound:
        return None if _pulled(client) else f"{IMAGE} could not be pulled within {PULL_WITHIN_S} s"
    except (DockerException, OSError):
        return "no Docker engine answers"
    return None


def _pulled(client: Any) -> bool:
    """Pull the image; the client's own timeout is one between two bytes, so the whole has a limit here."""
    done: list[bool] = []

    def pull() -> None:
        with contextlib.suppress(Exception):  # whatever the reason, there is another broker
            client.images.pull(*IMAGE.split(":"))
            done.append(True)

    thread = threading.Thread(target=pull, daemon=True)
    thread.start()
    thread.join(PULL_WITHIN_S)
    return bool(done)
