"""While Kafka is away the gateway says so, to senders and to `/ready`, and comes back by itself."""

from __future__ import annotations

import time

import pytest

from bridge.kafka.admin import create_topics
from sandbox.kafka import Broker
from sandbox.kafka.broker import free_port
from tests.gateway.forms import pulse
from tests.gateway.server import Gateway, MakeSettings

pytestmark = pytest.mark.broker


async def test_a_paused_broker_means_503_within_seconds_and_a_resumed_one_means_200(
    own_broker: Broker, make_settings: MakeSettings
) -> None:
    settings = make_settings(kafka_bootstrap_servers=own_broker.bootstrap_servers)
    await create_topics(settings)
    async with Gateway(settings) as gateway:
        await gateway.becomes_ready()
        assert (await gateway.edna(pulse(1))).status == 200
        await own_broker.pause()
        try:
            started = time.monotonic()
            answer = await gateway.edna(pulse(2))
            assert answer.status == 503
            assert time.monotonic() - started < 3.5
            assert int(answer.headers["Retry-After"]) > 0
            assert answer.json["detail"]
            assert (await gateway.ask("GET", "/ready")).status == 503
            assert (await gateway.ask("GET", "/health")).status == 200
        finally:
            await own_broker.resume()
        await gateway.becomes_ready()
        assert (await gateway.edna(pulse(2))).status == 200
        stored = {record.value["message_id"] for record in await gateway.stored("inbound")}
        assert stored == {"1", "2"}


async def test_ready_notices_a_paused_broker_without_any_webhook(
    own_broker: Broker, make_settings: MakeSettings
) -> None:
    settings = make_settings(kafka_bootstrap_servers=own_broker.bootstrap_servers)
    await create_topics(settings)
    async with Gateway(settings) as gateway:
        await gateway.becomes_ready()
        await own_broker.pause()
        try:
            await gateway.becomes_ready(status=503)
        finally:
            await own_broker.resume()
        await gateway.becomes_ready()


async def test_a_gateway_without_kafka_answers_and_says_what_is_missing(make_settings: MakeSettings) -> None:
    async with Gateway(make_settings(kafka_bootstrap_servers=f"127.0.0.1:{free_port()}")) as gateway:
        assert (await gateway.ask("GET", "/health")).json == {"status": "ok"}
        ready = await gateway.ask("GET", "/ready")
        assert (ready.status, ready.json["kafka"]) == (503, "away")
        answer = await gateway.edna(pulse())
        assert (answer.status, "Retry-After" in answer.headers) == (503, True)
        assert (await gateway.edna({**pulse(), "id": None})).status == 422
        assert (await gateway.amocrm(b"{}", X_Signature="0" * 40)).status == 401
        assert (await gateway.ask("HEAD", "/webhooks/edna")).status == 200


async def test_missing_topics_are_named_nothing_is_produced_and_none_is_made(make_settings: MakeSettings) -> None:
    settings = make_settings()
    async with Gateway(settings) as gateway:
        answer = await gateway.edna(pulse())
        assert answer.status == 503
        ready = await gateway.ask("GET", "/ready")
        assert ready.status == 503
        await create_topics(settings)  # raises if a topic were there with another number of partitions
        await gateway.becomes_ready()
        assert (await gateway.edna(pulse())).status == 200
        assert len(await gateway.stored("inbound")) == 1
