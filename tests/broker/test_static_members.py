"""Workers with a name of their own in the group: one that is restarted gets its partitions back, and no other stops."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable

import pytest

from bridge.ids import Conversation
from bridge.settings import Settings
from tests.broker.agents import Agent, eventually, outbound, produce, record
from tests.broker.vendor import Vendor

pytestmark = [pytest.mark.broker]


def messages(words: str) -> list[tuple[str, bytes]]:
    """Operators' messages, in all partitions."""
    return [
        record(outbound(str(uuid.uuid4()), Conversation("345", f"7900000{number:04d}"), f"{words} {number}"))
        for number in range(40)
    ]


async def test_a_restart_of_one_worker_within_its_session_moves_no_partition(
    tuned: Callable[..., Settings], topics: None, vendor: Vendor, agent: Callable[..., Agent]
) -> None:
    first, second = (
        agent("outbound", tuned(group_instance_id=name, edna_api_key=name, session_timeout_s=30))
        for name in ("one", "two")
    )
    await asyncio.gather(first.start(), second.start())
    await produce(tuned(), "outbound", messages("before"))
    await eventually("the first ones", lambda: len(vendor.seen()) == 40)
    assigned = first.log.count('"partitions.assigned"')
    own = {call.text.split()[1] for call in vendor.journal if call.key == "two"}
    assert own
    code, _ = await second.terminate()
    assert code == 0
    await produce(tuned(), "outbound", messages("between"))
    of_first = 40 - len(own)
    await eventually("those of the other", lambda: len(vendor.seen()) == 40 + of_first)
    await second.start()
    await eventually("those that waited", lambda: len(vendor.seen()) == 80)
    assert {call.text.split()[1] for call in vendor.journal[40:] if call.key == "two"} == own
    assert first.log.count('"partitions.assigned"') == assigned, first.log
    assert sorted(vendor.seen()) == sorted(set(vendor.seen()))
