"""Dead letters replayed to a running agent while new messages flow: each arrives once, although it is run twice."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.events import encode
from bridge.ids import Conversation, request_id
from tests.broker.agents import Agent, eventually, outbound, produce, read_all
from tests.broker.vendor import Vendor
from tests.ops.process import Command, MakeSettings

pytestmark = pytest.mark.broker

CHATS = 6
WORDS = ("dead-letters", "replay", "--direction", "outbound", "--yes")


@pytest.fixture
async def vendor() -> AsyncIterator[Vendor]:
    """edna, which refuses one message of each chat once."""
    one = await Vendor().start()
    one.troubles |= {f"refused {number}": [400] for number in range(CHATS)}
    yield one
    await one.stop()


def said(number: int, text: str, message_id: str = "") -> tuple[str, bytes]:
    """An operator's message in chat `number`: its key and its value."""
    event = outbound(message_id or str(uuid.uuid4()), Conversation("345", f"7900000000{number}"), text)
    return f"chat-{number}", encode(event.model_copy(update={"chat_id": f"chat-{number}"}))


async def test_each_arrives_once_under_an_id_that_edna_has_not_refused(
    make_settings: MakeSettings, topics: None, command: Command, vendor: Vendor, tmp_path: Path
) -> None:
    settings = make_settings(
        edna_base_url=vendor.url, edna_send_path="/api/cascade/schedule", edna_cascade_id="1", session_timeout_s=6
    )
    ids = [str(uuid.uuid4()) for _ in range(CHATS)]
    await produce(settings, "outbound", [said(number, f"refused {number}", ids[number]) for number in range(CHATS)])
    agent = await Agent("outbound", settings, tmp_path).start()
    try:
        await produce(settings, "outbound", [said(number, f"next {number}") for number in range(CHATS)])
        await eventually("what comes next", lambda: sum("next" in text for text in vendor.texts()) == CHATS)
        assert len(await read_all(settings, "outbound.dlq")) == CHATS
        both = [asyncio.create_task(asyncio.to_thread(command, *WORDS)) for _ in range(2)]
        flowing = 0
        while not all(task.done() for task in both):
            await produce(settings, "outbound", [said(flowing % CHATS, f"flowing {flowing}")])
            flowing += 1
        assert 0 in [task.result().returncode for task in both]
        # Whatever was accepted again stands before these in the lane of its chat.
        await produce(settings, "outbound", [said(number, f"last {number}") for number in range(CHATS)])
        await eventually("the last ones", lambda: sum("last" in text for text in vendor.texts()) == CHATS)
    finally:
        await agent.stop()
    texts = Counter(vendor.texts())
    again = {f"refused {number}": 2 for number in range(CHATS)}
    assert {text: count for text, count in texts.items() if count > 1} == again
    assert texts.keys() >= {f"flowing {number}" for number in range(flowing)}
    sent = [(text, vendor_id) for vendor_id, text in vendor.calls if text.startswith("refused")]
    assert sorted(sent[CHATS:]) == [(f"refused {number}", request_id(ids[number], replay=1)) for number in range(CHATS)]
    assert command("dead-letters", "list").stdout == "no open dead letters\n"
