"""What a test or `make run` can do with a broker, whichever it is: start and stop it, and make it fail."""

from __future__ import annotations

import asyncio
import socket
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from bridge.errors import ConfigurationError
from bridge.kafka.closing import close
from bridge.kafka.security import client_arguments
from bridge.settings import load_settings

READY_WITHIN_S = 60.0


class Broker(ABC):
    """A broker process. After `stop` or `kill`, `start` brings back the same port and data."""

    bootstrap_servers: str
    pid: int | None = None  # of the process on this machine that runs it, if we started one
    log_file: Path | None = None  # Kafka's own log, if we started it
    why: str  # which broker it is and why this one, in one line

    @abstractmethod
    async def start(self) -> None:
        """Start it and wait until it answers. Raises ConfigurationError with one line when it cannot."""

    @abstractmethod
    async def stop(self) -> None:
        """Stop it in order; harmless when it does not run."""

    @abstractmethod
    async def kill(self) -> None:
        """SIGKILL."""

    @abstractmethod
    async def pause(self) -> None:
        """Stop it from answering, without closing a connection."""

    @abstractmethod
    async def resume(self) -> None:
        """Let it answer again."""

    async def dispose(self) -> None:
        """Stop it and remove what it alone used."""
        await self.stop()


class ExternalBroker(Broker):
    """Somebody else's cluster: used, never started, stopped or hurt."""

    def __init__(self, bootstrap_servers: str, reason: str) -> None:
        self.bootstrap_servers = bootstrap_servers
        self.why = f"Kafka at {bootstrap_servers} ({reason})"

    async def start(self) -> None:
        """See that it answers."""
        if not await answers(self.bootstrap_servers, security=client_arguments(load_settings())):
            raise ConfigurationError(
                f"KAFKA_BOOTSTRAP_SERVERS={self.bootstrap_servers}: no answer; start it or unset it"
            )

    async def stop(self) -> None:
        """Leave it as it is."""

    async def kill(self) -> None:
        """Not ours."""
        raise NotImplementedError("a cluster of somebody else is not killed: run this on an embedded broker")

    async def pause(self) -> None:
        """Not ours."""
        raise NotImplementedError("a cluster of somebody else is not paused: run this on an embedded broker")

    async def resume(self) -> None:
        """Not ours."""
        raise NotImplementedError("a cluster of somebody else is not paused: run this on an embedded broker")


async def answers(bootstrap_servers: str, within_s: float = 5.0, security: Mapping[str, Any] | None = None) -> bool:
    """Whether a broker answers a metadata request; `security` are more arguments of aiokafka's clients."""
    arguments = {**(security or {}), "bootstrap_servers": bootstrap_servers}
    client = AIOKafkaAdminClient(**arguments, request_timeout_ms=2_000)
    try:
        async with asyncio.timeout(within_s):
            await client.start()
            return bool((await client.describe_cluster())["brokers"])
    except (KafkaError, OSError, TimeoutError):
        return False
    finally:
        await close(client.close, within_s=1.0)


def free_port() -> int:
    """A port of 127.0.0.1 that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
