"""The same Kafka everywhere: whose broker `make run` and the tests work on, and why.

    1. KAFKA_BOOTSTRAP_SERVERS is given: that cluster
    2. tests, when a Docker engine answers and has or can pull the image: a container
    3. else, and always for `make run`: embedded, the same Apache Kafka as a child process

`TEST_BROKER=embedded|container` overrides the choice for tests.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from bridge.errors import ConfigurationError
from sandbox.kafka import container
from sandbox.kafka.broker import Broker, ExternalBroker
from sandbox.kafka.container import ContainerBroker
from sandbox.kafka.embedded import KAFKA_VERSION, EmbeddedBroker

__all__ = [
    "KAFKA_VERSION",
    "Broker",
    "ContainerBroker",
    "EmbeddedBroker",
    "ExternalBroker",
    "broker_for_run",
    "broker_for_tests",
]

EMBEDDED_FOR_RUN = "no cluster is named by KAFKA_BOOTSTRAP_SERVERS"


def broker_for_run(external: str | None, data_dir: Path, port: int = 9092) -> Broker:
    """The broker of `make run`: the cluster that is named, else an embedded one with its data in `data_dir`."""
    if external:
        return ExternalBroker(external, "KAFKA_BOOTSTRAP_SERVERS names it")
    return EmbeddedBroker(data_dir, port, reason=EMBEDDED_FOR_RUN)


def broker_for_tests(data_dir: Path, environment: Mapping[str, str] = os.environ) -> Broker:
    """The broker of the tests, not started. Raises ConfigurationError for a TEST_BROKER that is not one."""
    wanted = environment.get("TEST_BROKER", "")
    if wanted not in ("", "embedded", "container"):
        raise ConfigurationError(f"TEST_BROKER={wanted}: use embedded or container")
    if not wanted and (external := environment.get("KAFKA_BOOTSTRAP_SERVERS")):
        return ExternalBroker(external, "KAFKA_BOOTSTRAP_SERVERS names it")
    if wanted == "embedded":
        return EmbeddedBroker(data_dir, reason="TEST_BROKER asks for it")
    obstacle = container.obstacle()
    if obstacle is None:
        return ContainerBroker(reason="TEST_BROKER asks for it" if wanted else "a Docker engine answers")
    if wanted == "container":
        raise ConfigurationError(f"TEST_BROKER=container: {obstacle}")
    return EmbeddedBroker(data_dir, reason=obstacle)
