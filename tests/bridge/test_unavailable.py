"""Kafka that cannot be used is told in words, without the classes of a library."""

from __future__ import annotations

import pytest

from bridge.errors import KafkaUnavailable
from bridge.kafka.admin import describe_topics
from bridge.kafka.reading import reading
from bridge.settings import Settings
from sandbox.kafka.broker import free_port


async def test_a_broker_that_is_away_does_not_answer_and_that_is_all_that_is_said() -> None:
    where = f"127.0.0.1:{free_port()}"
    settings = Settings(_env_file=None, kafka_bootstrap_servers=where)
    with pytest.raises(KafkaUnavailable) as caught:
        await describe_topics(settings)
    assert str(caught.value) == f"Kafka at {where} does not answer"
    with pytest.raises(KafkaUnavailable) as caught:
        async with reading(settings):
            raise AssertionError("it read from nothing")
    assert str(caught.value) == f"Kafka at {where} does not answer"
