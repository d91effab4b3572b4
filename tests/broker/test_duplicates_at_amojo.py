"""A client's message whose answer was lost is shown once, whatever amojo says to its repeat (I1, I4)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bridge.ids import Conversation
from bridge.settings import Settings
from tests.broker.agents import Agent, eventually, inbound, produce, read_all, record
from tests.broker.vendor import LOSES, WRONG_TEXT, Vendor

pytestmark = [pytest.mark.broker]

CONVERSATION = Conversation("345", "79001234567")


async def test_a_repeat_that_amojo_has_is_delivered_with_200_and_with_400_and_a_400_out_of_history_is_a_dead_letter(
    tuned: Callable[..., Settings], topics: None, vendor: Vendor, agent: Callable[..., Agent]
) -> None:
    given = tuned()
    vendor.remembers = True
    await agent("inbound", given).start()
    for number, (words, repeats) in enumerate({"taken with 200": 200, "refused with 400": 400}.items()):
        vendor.repeats = repeats
        vendor.troubles[words] = [LOSES]
        await produce(given, "inbound", [record(inbound(number, CONVERSATION, words))])
        await eventually("the repeat", lambda: vendor.texts().count(words) == 2)  # noqa: B023
    vendor.troubles["wrong"] = WRONG_TEXT
    await produce(given, "inbound", [record(inbound(8, CONVERSATION, "wrong"))])
    await produce(given, "inbound", [record(inbound(9, CONVERSATION, "behind"))])
    await eventually("the one behind", lambda: "behind" in vendor.seen())
    assert vendor.seen() == ["taken with 200", "refused with 400", "behind"]
    assert len(vendor.calls) == 2 + 2 + 1 + 1
    [letter] = await read_all(given, "inbound.dlq")
    assert b"wrong" in letter.value
    headers = dict(letter.headers)
    assert (headers["dlq-class"], headers["dlq-http-status"]) == (b"permanent", b"400")
