"""Agents as processes on a real broker: nothing lost, nothing sent again that is done, through SIGKILL and SIGTERM."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp
import pytest

from bridge.events import MessageStatus, Receipt, StatusUpdate, encode
from bridge.ids import Conversation
from bridge.settings import Settings
from tests.broker.agents import Agent, eventually, inbound, outbound, produce, read_all, record
from tests.broker.vendor import Vendor

pytestmark = [pytest.mark.broker]


@pytest.fixture
async def vendor() -> AsyncIterator[Vendor]:
    """A vendor for both directions."""
    one = await Vendor().start()
    yield one
    await one.stop()


@pytest.fixture
def given(make_settings: Callable[..., Settings], vendor: Vendor, topics: None) -> Settings:
    """Settings whose vendors are the one above; one partition more than one lane would need."""
    return make_settings(
        edna_base_url=vendor.url,
        amocrm_amojo_base_url=vendor.url,
        edna_send_path="/api/cascade/schedule",
        edna_cascade_id="1",
        session_timeout_s=6,
    )


@pytest.fixture
async def start(given: Settings, tmp_path: Path) -> AsyncIterator[Callable[..., Agent]]:
    """Makes agents that are ended after the test."""
    made: list[Agent] = []

    def make(direction: str) -> Agent:
        agent = Agent(direction, given, tmp_path)
        made.append(agent)
        return agent

    yield make
    for agent in made:
        await agent.stop()


def one(number: int, text: str) -> tuple[str, bytes]:
    """An operator's message of conversation `number`."""
    message_id = str(uuid.uuid5(uuid.NAMESPACE_URL, text))
    return record(outbound(message_id, Conversation("345", f"7900000{number:04d}"), text))


async def receipts(settings: Settings, direction: str) -> list[Receipt]:
    """The receipts of a direction."""
    return [Receipt.model_validate_json(found.value) for found in await read_all(settings, f"{direction}.receipts")]


async def test_the_first_message_of_a_fresh_group_is_delivered_again_after_sigkill(
    given: Settings, vendor: Vendor, start: Callable[..., Agent]
) -> None:
    vendor.hold("slow")
    await produce(given, "outbound", [one(1, "slow")])
    agent = start("outbound")
    await agent.start()
    await eventually("the call", lambda: vendor.texts() == ["slow"])
    await agent.kill()
    vendor.release("slow")
    await agent.start()
    await eventually("the repeat", lambda: vendor.texts() == ["slow", "slow"])
    assert len({vendor_id for vendor_id, _ in vendor.calls}) == 1


async def test_what_is_done_behind_an_unfinished_head_is_not_sent_again_after_sigkill(
    given: Settings, vendor: Vendor, start: Callable[..., Agent]
) -> None:
    vendor.hold("head")
    await produce(given, "outbound", [one(0, "head"), *(one(number, f"done {number}") for number in range(1, 41))])
    agent = start("outbound")
    await agent.start()
    await eventually("all calls", lambda: len(vendor.calls) == 41)
    for _ in range(100):
        if len(await receipts(given, "outbound")) == 40:
            break
    assert len(await receipts(given, "outbound")) == 40
    await agent.kill()
    vendor.release("head")
    await agent.start()
    await eventually("the head again", lambda: vendor.texts().count("head") == 2)
    assert (await agent.terminate())[0] == 0
    counts = Counter(vendor.texts())
    assert counts.pop("head") == 2
    assert set(counts.values()) == {1}
    assert len(counts) == 40


async def test_sigterm_waits_for_what_is_in_flight_and_nothing_is_sent_twice(
    given: Settings, vendor: Vendor, start: Callable[..., Agent]
) -> None:
    vendor.hold("in flight")
    await produce(given, "outbound", [one(1, "in flight"), one(1, "next")])
    agent = start("outbound")
    await agent.start()
    await eventually("the call", lambda: vendor.texts() == ["in flight"])
    ending = agent.terminate()
    vendor.release("in flight")
    code, seconds = await ending
    assert code == 0
    assert seconds < 10
    await agent.start()
    await eventually("the next", lambda: "next" in vendor.texts())
    assert (await agent.terminate())[0] == 0
    assert vendor.texts() == ["in flight", "next"]


async def test_sigterm_ends_in_time_when_the_vendor_never_answers(
    given: Settings, vendor: Vendor, start: Callable[..., Agent]
) -> None:
    vendor.hold("never")
    await produce(given, "outbound", [one(1, "never")])
    agent = start("outbound")
    await agent.start()
    await eventually("the call", lambda: vendor.texts() == ["never"])
    code, seconds = await agent.terminate()
    assert code == 0
    assert seconds < 10


async def test_poison_goes_to_the_dead_letters_whole_and_the_stream_goes_on(
    given: Settings, vendor: Vendor, start: Callable[..., Agent]
) -> None:
    poison = b"\xff\x00 not an event"
    await produce(given, "outbound", [("chat-79000000001", poison), one(1, "after")])
    agent = start("outbound")
    await agent.start()
    await eventually("the one behind", lambda: vendor.texts() == ["after"])
    assert (await agent.terminate())[0] == 0
    [letter] = await read_all(given, "outbound.dlq")
    assert letter.value == poison
    assert letter.key == b"chat-79000000001"
    headers = dict(letter.headers)
    assert headers["dlq-class"] == b"poison"
    assert headers["dlq-source"].startswith(given.topic_prefix.encode() + b"outbound/")
    assert {found.outcome for found in await receipts(given, "outbound")} == {"delivered", "dead-lettered"}


async def test_a_message_without_client_address_is_dead_lettered_and_the_operator_is_told(
    given: Settings, vendor: Vendor, start: Callable[..., Agent]
) -> None:
    message_id = str(uuid.uuid4())
    lost = outbound(message_id, Conversation("345", "1"), "text").model_copy(update={"address": ""})
    await produce(given, "outbound", [record(lost)])
    sender, teller = start("outbound"), start("status")
    await sender.start()
    await teller.start()
    await eventually("the operator is told", lambda: vendor.statuses)
    told, body = vendor.statuses[0]
    assert told == message_id
    assert body["status_code"] == -1
    assert "нет адреса клиента" in body["error"]
    assert vendor.calls == []


async def test_one_event_read_three_times_across_a_restart_is_one_vendor_call(
    given: Settings, vendor: Vendor, start: Callable[..., Agent]
) -> None:
    event = record(inbound(7, Conversation("345", "79001234567"), "once"))
    agent = start("inbound")
    await produce(given, "inbound", [event, event])
    await agent.start()
    await eventually("the call", lambda: vendor.texts() == ["once"])
    assert (await agent.terminate())[0] == 0
    await produce(given, "inbound", [event, record(inbound(8, Conversation("345", "79001234567"), "behind"))])
    await agent.start()
    await eventually("the one behind", lambda: "behind" in vendor.texts())
    assert vendor.texts() == ["once", "behind"]


async def test_one_address_on_two_channels_is_two_chats(
    given: Settings, vendor: Vendor, start: Callable[..., Agent]
) -> None:
    await produce(
        given,
        "inbound",
        [record(inbound(1, Conversation(channel, "79001234567"), f"by {channel}")) for channel in ("1", "2")],
    )
    await start("inbound").start()
    await eventually("both calls", lambda: len(vendor.calls) == 2)
    assert sorted(vendor.conversations.values()) == ["v1.default.1.79001234567", "v1.default.2.79001234567"]
    assert len({vendor_id for vendor_id, _ in vendor.calls}) == 2


async def test_a_status_never_goes_backwards_even_across_a_restart(
    given: Settings, vendor: Vendor, start: Callable[..., Agent]
) -> None:
    message_id = str(uuid.uuid4())

    def status(word: MessageStatus) -> tuple[str, bytes]:
        update = StatusUpdate(
            event_id=f"status.{message_id}.{word}", channel="345", address="", conversation_id="", accepted_at=1,
            message_id=message_id, request_id=message_id, status=word,
        )  # fmt: skip
        return message_id, encode(update)

    agent = start("status")
    await produce(given, "status", [status(MessageStatus.SENT), status(MessageStatus.READ)])
    await agent.start()
    await eventually("read is told", lambda: len(vendor.statuses) == 1)
    await agent.terminate()
    other = StatusUpdate(
        event_id="status.other", channel="345", address="", conversation_id="", accepted_at=1,
        message_id="other", request_id="other", status=MessageStatus.DELIVERED,
    )  # fmt: skip
    await produce(given, "status", [status(MessageStatus.DELIVERED), (message_id, encode(other))])
    await agent.start()
    await eventually("the one behind", lambda: len(vendor.statuses) == 2)
    assert [(told, body["status_code"]) for told, body in vendor.statuses] == [(message_id, 2), ("other", 1)]


async def test_metrics_tell_what_was_done_and_that_nothing_waits(
    given: Settings, vendor: Vendor, start: Callable[..., Agent]
) -> None:
    await produce(given, "outbound", [one(number, f"text {number}") for number in range(5)])
    agent = start("outbound")
    await agent.start()
    await eventually("all calls", lambda: len(vendor.calls) == 5)
    deadline = time.monotonic() + 20
    async with aiohttp.ClientSession() as session:
        while True:
            async with session.get(f"{agent.url}/metrics") as answer:
                lines = (await answer.text()).splitlines()
            lags = [float(line.split()[-1]) for line in lines if line.startswith("edna_amocrm_lag{")]
            if len(lags) == given.topic_partitions and not any(lags):
                break
            assert time.monotonic() < deadline, lags
            await asyncio.sleep(0.1)
    assert 'edna_amocrm_events_accepted_total{direction="outbound"} 5.0' in lines
    assert 'edna_amocrm_events_delivered_total{direction="outbound"} 5.0' in lines
    assert 'edna_amocrm_events_held{direction="outbound"} 0.0' in lines
    assert 'edna_amocrm_attempts_in_flight{direction="outbound"} 0.0' in lines


async def test_a_throttled_call_is_repeated_in_its_lane_with_the_same_id(
    given: Settings, vendor: Vendor, start: Callable[..., Agent]
) -> None:
    vendor.troubles["hard"] = [503, 429, 500]
    await produce(given, "outbound", [one(1, "hard"), one(1, "behind"), one(2, "beside")])
    await start("outbound").start()
    await eventually("all", lambda: vendor.texts().count("hard") == 4 and "behind" in vendor.texts())
    own = [text for text in vendor.texts() if text != "beside"]
    assert own == ["hard", "hard", "hard", "hard", "behind"]
    assert len({vendor_id for vendor_id, text in vendor.calls if text == "hard"}) == 1


async def test_what_the_vendor_can_never_take_is_dead_lettered_and_the_next_goes_on(
    given: Settings, vendor: Vendor, start: Callable[..., Agent]
) -> None:
    vendor.troubles["wrong"] = [400]
    await produce(given, "outbound", [one(1, "wrong"), one(1, "behind")])
    agent = start("outbound")
    await agent.start()
    await eventually("the one behind", lambda: vendor.texts() == ["wrong", "behind"])
    assert (await agent.terminate())[0] == 0
    [letter] = await read_all(given, "outbound.dlq")
    headers = dict(letter.headers)
    assert headers["dlq-class"] == b"permanent"
    assert headers["dlq-http-status"] == b"400"
    assert headers["dlq-attempts"] == b"1"
