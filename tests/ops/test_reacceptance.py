"""An event is confirmed before its marker is written, and is newer than all that is known of its conversation."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any, cast

import pytest

from bridge.errors import KafkaUnavailable
from bridge.events import encode
from bridge.kafka.producer import Position, Producer
from bridge.kafka.reading import Place
from bridge.settings import Settings
from ops.reacceptance import Acceptor, Handled
from ops.replays import Again
from ops.sources import Sources
from tests.broker.agents import inbound
from tests.ops.stories import ANNA

SETTINGS = Settings(_env_file=None, topic_prefix="p.")
LETTERS = Place("p.inbound.dlq", 0)


class Kafka:
    """Confirms, later, what it is asked to write, unless `fails` says otherwise."""

    def __init__(self, fails: Callable[[str], Exception | None] = lambda _topic: None) -> None:
        self.confirmed: list[tuple[str, dict[str, Any]]] = []
        self._fails = fails

    async def send(self, topic: str, value: bytes, **_: Any) -> Position:
        await asyncio.sleep(0.001)
        if (error := self._fails(topic)) is not None:
            raise error
        self.confirmed.append((topic, json.loads(value or b"{}")))
        return Position(0, len(self.confirmed))


def again(number: int, after_ms: int = 0) -> Again:
    event = inbound(number, ANNA, "x")
    return Again("inbound", ANNA.id.encode(), json.loads(encode(event)), f"old-{number}", after_ms, after_ms)


def task(*events: Again) -> Handled:
    return Handled("p.inbound/0/1", LETTERS, ANNA.id.encode(), events)


def acceptor(kafka: Kafka) -> Acceptor:
    return Acceptor(SETTINGS, cast("Producer", kafka), Sources(SETTINGS, []))


async def test_the_marker_comes_when_all_events_are_confirmed() -> None:
    kafka = Kafka()
    await acceptor(kafka).handle([task(again(1), again(2)), task(again(3))], "replayed")
    assert [topic for topic, _ in kafka.confirmed] == ["p.inbound"] * 3 + ["p.inbound.dlq"] * 2


async def test_without_confirmation_nothing_is_marked() -> None:
    kafka = Kafka(lambda topic: KafkaUnavailable("away") if topic == "p.inbound" else None)
    with pytest.raises(KafkaUnavailable):
        await acceptor(kafka).handle([task(again(1))], "replayed")
    assert kafka.confirmed == []


async def test_what_kafka_can_never_take_is_told_and_not_marked() -> None:
    kafka = Kafka(lambda topic: ValueError("too large") if topic == "p.inbound" else None)
    writing = acceptor(kafka)
    event = again(1)
    await writing.handle([task(event)], "replayed")
    assert kafka.confirmed == []
    assert (writing.outcome(event).position, writing.outcome(event).trouble) == (None, "larger than Kafka takes")


async def test_times_rise_strictly_within_a_conversation_and_above_a_clock_that_is_ahead() -> None:
    kafka = Kafka()
    ahead_ms = int(time.time() * 1000) + 60_000
    await acceptor(kafka).handle([task(again(1), again(2, ahead_ms), again(3))], "replayed")
    times = [event["accepted_at"] for topic, event in kafka.confirmed if topic == "p.inbound"]
    assert times == sorted(set(times))
    assert times[1] == ahead_ms + 1


async def test_an_event_that_comes_twice_is_written_once_and_told_as_standing_there() -> None:
    kafka = Kafka()
    writing = acceptor(kafka)
    event = again(1)
    await writing.handle([task(event), task(event)], "replayed")
    assert [topic for topic, _ in kafka.confirmed] == ["p.inbound", "p.inbound.dlq", "p.inbound.dlq"]
    assert [writing.outcome(event).stood for _ in range(2)] == [False, True]
