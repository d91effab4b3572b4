"""An array as long as a webhook may be neither loses an element nor costs other senders anything."""

from __future__ import annotations

import asyncio

import pytest

from tests.gateway.forms import pulse
from tests.gateway.server import Gateway, encoded

pytestmark = pytest.mark.broker


async def test_a_long_array_of_good_elements_is_stored_whole_while_others_are_served(gateway: Gateway) -> None:
    statuses = [{"id": f"s{number}", "status": "read"} for number in range(7_500)]
    assert len(encoded(statuses)) < gateway.settings.max_webhook_bytes
    long, *others = await asyncio.gather(
        gateway.edna(statuses), *(gateway.edna(pulse(number, address=f"7900{number:07}")) for number in range(20))
    )
    assert [answer.status for answer in (long, *others)] == [200] * 21
    stored = {record.value["request_id"] for record in await gateway.stored("status")}
    assert stored == {status["id"] for status in statuses}
    assert len(await gateway.stored("inbound")) == 20


async def test_a_long_array_of_one_conversation_keeps_its_order(gateway: Gateway) -> None:
    messages = [{"id": f"m{n}", "imType": "w", "subject": "79001234567", "text": "a"} for n in range(1_200)]
    assert (await gateway.edna(messages)).status == 200
    stored = [record.value for record in await gateway.stored("inbound")]
    assert [event["message_id"] for event in stored] == [message["id"] for message in messages]
    moments = [event["accepted_at"] for event in stored]
    assert moments == sorted(set(moments))
