"""The page's reading of Kafka: from a little before the end, through missing topics and a broker that dies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bridge.ids import Conversation
from bridge.kafka.admin import create_topics
from bridge.settings import Settings
from sandbox.kafka import Broker
from sandbox.page import kafka_tail
from sandbox.page.kafka_tail import KafkaTail
from tests.broker.agents import eventually, inbound, produce, record

pytestmark = pytest.mark.broker

CONVERSATION = Conversation("345", "79001234567")


class Seen:
    """What the tail told."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []
        self.batches = 0
        self.states: list[tuple[str, int]] = []

    def have_records(self, records: list[dict[str, Any]]) -> None:
        self.records += records
        self.batches += 1

    def have_state(self, state: str, missing: list[str]) -> None:
        if not self.states or self.states[-1] != (state, len(missing)):
            self.states.append((state, len(missing)))

    def texts(self) -> list[str]:
        return [each["value"]["content"]["text"] for each in self.records]


@asynccontextmanager
async def tailing(settings: Settings) -> AsyncIterator[Seen]:
    seen = Seen()
    task = asyncio.create_task(KafkaTail(settings, seen.have_records, seen.have_state).run())
    try:
        yield seen
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def write(settings: Settings, *texts: str) -> None:
    records = [record(inbound(place, CONVERSATION, text)) for place, text in enumerate(texts)]
    await produce(settings, "inbound", records)


async def test_what_was_there_lately_is_shown_first_and_what_comes_after_it(
    make_settings: Callable[..., Settings], topics: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka_tail, "SHOWN_AT_FIRST", 5)
    settings = make_settings()
    await write(settings, *(f"old {number}" for number in range(8)))
    async with tailing(settings) as seen:
        await eventually("the last five", lambda: len(seen.records) == 5)
        await write(settings, "new")
        await eventually("the new one", lambda: seen.texts()[-1] == "new")
    assert seen.texts() == [*(f"old {number}" for number in range(3, 8)), "new"]
    assert {(each["topic"], each["key"]) for each in seen.records} == {("inbound", CONVERSATION.id)}


async def test_missing_topics_are_a_state_and_are_read_once_they_are_there(
    make_settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka_tail, "LOOK_AT_TOPICS_EVERY_S", 0.3)
    settings = make_settings()
    async with tailing(settings) as seen:
        await eventually("missing topics", lambda: seen.states and seen.states[-1][0] == "missing")
        await create_topics(settings)
        await eventually("all topics", lambda: seen.states[-1] == ("ok", 0))
        await write(settings, "first")
        await eventually("the record", lambda: seen.texts() == ["first"])


async def test_a_broker_that_dies_is_a_state_and_reading_goes_on_where_it_was(
    own_broker: Broker, make_settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka_tail, "LOOK_AT_TOPICS_EVERY_S", 0.3)
    settings = make_settings(kafka_bootstrap_servers=own_broker.bootstrap_servers)
    await create_topics(settings)
    async with tailing(settings) as seen:
        await eventually("all topics", lambda: seen.states and seen.states[-1] == ("ok", 0))
        await write(settings, "before")
        await eventually("the first record", lambda: seen.texts() == ["before"])
        await own_broker.kill()
        await eventually("away", lambda: seen.states[-1][0] == "away")
        await own_broker.start()
        await write(settings, "after")
        await eventually("the second record", lambda: seen.texts() == ["before", "after"])
        await eventually("all topics again", lambda: seen.states[-1] == ("ok", 0))
