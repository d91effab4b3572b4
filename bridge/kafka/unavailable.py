"""How Kafka's failures are told to people: in words, where aiokafka has classes and addresses for programmers."""

from __future__ import annotations

from aiokafka.errors import KafkaConnectionError, KafkaError, KafkaTimeoutError

from bridge.errors import KafkaUnavailable
from bridge.settings import Settings

SILENCE = (KafkaConnectionError, KafkaTimeoutError, TimeoutError, OSError)


def unavailable(settings: Settings, error: OSError | KafkaError) -> KafkaUnavailable:
    """The error to raise for one of aiokafka's or of the network's: where Kafka should be, and what it did."""
    where = f"Kafka at {settings.kafka_bootstrap_servers}"
    return KafkaUnavailable(f"{where} does not answer" if isinstance(error, SILENCE) else f"{where}: {error}")
