"""While Kafka is away webhooks are kept in the spool and answered 200, and get into Kafka by themselves afterwards."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import pytest

from bridge.kafka.admin import admin_client, create_topics, describe_topics
from bridge.kafka.producer import BatchRecord, Producer
from bridge.topics import TOPICS
from sandbox.kafka import Broker
from sandbox.kafka.broker import free_port
from tests.gateway.forms import hook, pulse
from tests.gateway.server import Gateway, MakeSettings

pytestmark = pytest.mark.broker


async def test_while_the_broker_is_silent_every_webhook_is_answered_200_in_time_and_stands_in_kafka_afterwards(
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
            at_once = await asyncio.gather(gateway.edna(pulse(2)), gateway.amocrm(hook("x-1")))
            assert [answer.status for answer in at_once] == [200, 200]
            assert time.monotonic() - started < 3
            started = time.monotonic()
            assert (await gateway.edna([pulse(number) for number in range(3, 701)])).status == 200
            assert (await gateway.amocrm(hook("x-2"))).status == 200
            assert time.monotonic() - started < 2
            await gateway.becomes_ready(mode="spool", kafka="away")
            spool = (await gateway.ask("GET", "/ready")).json["spool"]
            assert (spool["records"], spool["rejected"]) == (701, 0)
            assert spool["bytes"] > 0
            assert spool["oldest_s"] > 0
            assert (await gateway.ask("GET", "/health")).status == 200
        finally:
            await own_broker.resume()
        await gateway.becomes_ready()
        first = [record.value["message_id"] for record in await gateway.stored("inbound")]
        assert list(dict.fromkeys(first)) == [str(number) for number in range(1, 701)]
        assert {record.value["message_id"] for record in await gateway.stored("outbound")} == {"x-1", "x-2"}
        assert (await gateway.ask("GET", "/ready")).json["spool"]["records"] == 0


async def test_ready_tells_of_a_paused_broker_without_any_webhook_and_stays_200(
    own_broker: Broker, make_settings: MakeSettings
) -> None:
    settings = make_settings(kafka_bootstrap_servers=own_broker.bootstrap_servers)
    await create_topics(settings)
    async with Gateway(settings) as gateway:
        await gateway.becomes_ready()
        await own_broker.pause()
        try:
            await gateway.becomes_ready(kafka="away")
        finally:
            await own_broker.resume()
        await gateway.becomes_ready()


async def test_a_gateway_that_starts_without_kafka_accepts_at_once_and_refuses_what_it_always_refuses(
    make_settings: MakeSettings,
) -> None:
    async with Gateway(make_settings(kafka_bootstrap_servers=f"127.0.0.1:{free_port()}")) as gateway:
        assert (await gateway.ask("GET", "/health")).json == {"status": "ok"}
        await gateway.becomes_ready(mode="spool", kafka="away")
        started = time.monotonic()
        assert (await gateway.edna(pulse())).status == 200
        assert (await gateway.edna({"what": "is this"})).status == 200  # quarantine of a 200 is kept
        assert (await gateway.edna({**pulse(), "id": None})).status == 422
        assert (await gateway.amocrm(hook(), X_Signature="0" * 40)).status == 401
        assert (await gateway.ask("HEAD", "/webhooks/edna")).status == 200
        assert time.monotonic() - started < 1
        ready = (await gateway.ask("GET", "/ready")).json
        assert ready["spool"]["records"] == 2  # of the refused ones none is
        assert "does not answer" in ready["detail"]
        metrics = (await gateway.ask("GET", "/metrics")).body.decode()
        assert "edna_amocrm_gateway_spool_records 2.0" in metrics
        assert 'edna_amocrm_gateway_mode{edna_amocrm_gateway_mode="spool"} 1.0' in metrics


async def test_missing_topics_are_named_nothing_is_produced_and_what_came_is_there_once_they_are(
    make_settings: MakeSettings,
) -> None:
    settings = make_settings()
    async with Gateway(settings) as gateway:
        await gateway.becomes_ready(mode="spool")
        assert (await gateway.edna(pulse(1))).status == 200
        assert "is missing" in (await gateway.ask("GET", "/ready")).json["detail"]
        await create_topics(settings)  # raises if a topic were there with another number of partitions
        await gateway.becomes_ready()
        assert (await gateway.edna(pulse(2))).status == 200
        assert [record.value["message_id"] for record in await gateway.stored("inbound")] == ["1", "2"]


async def test_topics_that_vanish_while_it_runs_are_not_made_by_it_and_what_comes_is_there_once_they_are(
    make_settings: MakeSettings, topics: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.kafka_watch.ASK_EVERY_S", 0.1)
    settings = make_settings()
    async with Gateway(settings) as gateway:
        await gateway.becomes_ready()
        assert (await gateway.edna(pulse(1))).status == 200
        async with admin_client(settings) as client:
            await client.delete_topics([state.name for state in await describe_topics(settings)])
        deadline = time.monotonic() + 20
        while len((await gateway.ask("GET", "/ready")).json["missing_topics"] or ()) < len(TOPICS):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)
        written = asyncio.Event()
        send_batch = Producer.send_batch

        async def noted(producer: Producer, topic: str, records: Sequence[BatchRecord], **named: Any) -> None:
            written.set()  # by name: a cluster with auto-creation would make the topic
            await send_batch(producer, topic, records, **named)

        monkeypatch.setattr(Producer, "send_batch", noted)
        assert (await gateway.edna(pulse(2))).status == 200
        assert (await gateway.edna(pulse(3))).status == 200
        ready = (await gateway.ask("GET", "/ready")).json
        assert (ready["mode"], ready["spool"]["records"]) == ("spool", 2)
        assert not any(state.partitions for state in await describe_topics(settings))
        assert not written.is_set()
        await create_topics(settings)
        await gateway.becomes_ready()
        assert [record.value["message_id"] for record in await gateway.stored("inbound")] == ["2", "3"]
