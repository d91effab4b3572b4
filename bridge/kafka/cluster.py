"""What the brokers tell of themselves."""

from __future__ import annotations

from dataclasses import dataclass

from aiokafka.protocol.admin import ApiVersionRequest
from aiokafka.protocol.fetch import FetchRequest

from bridge.kafka.admin import admin_client
from bridge.settings import Settings

OLDEST_FETCH_OF_4 = 4  # Kafka 4.0 gave up all earlier versions of the request


@dataclass(frozen=True, slots=True)
class Cluster:
    """`brokers`: how many there are. `is_4`: Kafka 4.0 or newer; the protocol does not tell the release."""

    brokers: int
    is_4: bool


async def describe_cluster(settings: Settings, within_s: float) -> Cluster:
    """Raises KafkaUnavailable when Kafka does not answer in time."""
    async with admin_client(settings, within_s) as client:
        told = await client.describe_cluster()
        versions = await client._send_request(ApiVersionRequest())
    oldest = {key: least for key, least, _newest in versions.api_versions}
    return Cluster(len(told["brokers"]), oldest.get(FetchRequest.API_KEY, 0) >= OLDEST_FETCH_OF_4)
