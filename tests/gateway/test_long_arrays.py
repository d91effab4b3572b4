"""An array as long as a webhook may be neither loses an element nor costs other senders anything."""

from __future__ import annotations

import asyncio
import time

import pytest

from bridge.errors import KafkaUnavailable
from bridge.kafka.producer import BatchRecord
from gateway.writer import Writer
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


async def test_an_array_of_which_one_element_was_not_stored_comes_again_whatever_became_of_the_others(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_over = Writer.hand_over
    outcomes = {b'"first"': ValueError("too large"), b'"second"': KafkaUnavailable("neither Kafka nor the disk")}

    def partly(
        writer: Writer, topic: str, record: BatchRecord, accepted_at: int, *, only_kafka: bool = False
    ) -> asyncio.Future[None]:
        for text, error in outcomes.items():
            if text in record.value:
                failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                failed.set_exception(error)
                return failed
        return hand_over(writer, topic, record, accepted_at, only_kafka=only_kafka)

    monkeypatch.setattr(Writer, "hand_over", partly)
    assert (await gateway.edna([pulse(1), pulse(2, "second"), pulse(3)])).status == 503
    assert (await gateway.edna([pulse(1, "first"), pulse(2, "second"), pulse(3)])).status == 503
    assert (await gateway.edna([pulse(1, "first"), pulse(3)])).status == 413
    assert {each.value["message_id"] for each in await gateway.stored("inbound")} == {"1", "3"}


async def test_a_long_array_that_nobody_stores_is_answered_before_the_sender_gives_up(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Writer, "hand_over", lambda *_, **__: asyncio.get_running_loop().create_future())
    started = time.monotonic()
    answer = await asyncio.wait_for(gateway.edna([pulse(number) for number in range(600)]), 20)
    assert (answer.status, "600 elements" in answer.json["detail"]) == (503, True)
    assert time.monotonic() - started < 5  # amojo's patience
