"""What the watchdog takes for an answer of Kafka's: any, whatever it says of the topics."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bridge.settings import Settings
from sandbox.kafka.broker import free_port
from streams.shell import Shell

pytestmark = [pytest.mark.broker]


async def test_kafka_answers_even_when_topics_are_missing_and_does_not_where_nobody_listens(
    make_settings: Callable[..., Settings],
) -> None:
    shell = Shell("asks", store="memory://")
    shell.settings = make_settings()
    assert await shell.kafka_answers()
    shell.settings = make_settings(kafka_bootstrap_servers=f"127.0.0.1:{free_port()}")
    assert not await shell.kafka_answers()
