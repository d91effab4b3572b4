"""Workers that come and go in order, in the middle of a backlog: nothing lost, doubled or overtaken."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bridge.ids import Conversation
from bridge.settings import Settings
from tests.broker.agents import Agent, eventually, outbound, produce, record
from tests.broker.vendor import Vendor

pytestmark = [pytest.mark.broker]

CONVERSATIONS = 40
MESSAGES = 4_000  # several fetched batches a partition, so that a rebalance comes in the middle of one


def message(number: int) -> tuple[str, bytes]:
    """One of many, spread over the conversations in turn."""
    message_id = str(uuid.uuid5(uuid.NAMESPACE_URL, str(number)))
    conversation = Conversation("345", f"7900000{number % CONVERSATIONS:04d}")
    return record(outbound(message_id, conversation, str(number)))


@pytest.fixture
async def vendor() -> AsyncIterator[Vendor]:
    """A vendor slow enough for the backlog to last until the last rebalance."""
    one = await Vendor(latency_s=0.025).start()
    yield one
    await one.stop()


async def test_workers_that_join_and_leave_in_the_middle_of_a_batch_lose_and_repeat_nothing(
    make_settings: Callable[..., Settings], topics: None, vendor: Vendor, tmp_path: Path
) -> None:
    settings = make_settings(
        edna_base_url=vendor.url,
        edna_send_path="/api/cascade/schedule",
        edna_cascade_id="1",
        attempts_in_flight=8,
        events_held=100,  # fewer than a batch: the hand-over waits in the middle of it
        session_timeout_s=6,
    )
    await produce(settings, "outbound", [message(number) for number in range(MESSAGES // 2)])
    first, second = (Agent("outbound", settings, tmp_path) for _ in range(2))
    try:
        await first.start()
        await eventually("some calls", lambda: len(vendor.calls) > 100)
        await second.start()
        assert len(vendor.calls) < MESSAGES // 2, "the backlog was over before the second worker came"
        await produce(settings, "outbound", [message(number) for number in range(MESSAGES // 2, MESSAGES)])
        seen = len(vendor.calls)
        await eventually("some more calls", lambda: len(vendor.calls) > seen + 50 or seen > MESSAGES - 100)
        code, took = await first.terminate()
        assert (code, took < 10) == (0, True)
        await eventually("every message", lambda: len(set(vendor.texts())) == MESSAGES, within_s=60)
        assert (await second.terminate())[0] == 0
    finally:
        await first.stop()
        await second.stop()
    assert len(vendor.calls) == MESSAGES, "a message was sent again although every worker ended in order"
    order: dict[int, list[int]] = defaultdict(list)
    for text in vendor.texts():
        order[int(text) % CONVERSATIONS].append(int(text))
    assert all(numbers == sorted(numbers) for numbers in order.values())
