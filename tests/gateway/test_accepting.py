"""What is accepted stands in Kafka as one event with its key and headers, in order, before the 200."""

from __future__ import annotations

import asyncio

import pytest

from bridge.events import InboundMessage, OutboundMessage, StatusUpdate
from tests.gateway.forms import (
    CONVERSATION,
    README_ANSWER,
    README_MESSAGE,
    README_STATUS,
    REQUEST_ID,
    SCOPE_ID,
    hook,
    pulse,
    pulse_status,
)
from tests.gateway.server import Gateway

pytestmark = pytest.mark.broker


async def test_the_readme_forms_are_answered_code_ok_and_stored(gateway: Gateway) -> None:
    for answer in (
        await gateway.edna(README_MESSAGE),
        await gateway.edna(README_STATUS),
        await gateway.amocrm(README_ANSWER),
    ):
        assert (answer.status, answer.json) == (200, {"code": "ok"})
        assert answer.headers["Content-Type"] == "application/json"
    (inbound,) = await gateway.stored("inbound")
    (status,) = await gateway.stored("status")
    (outbound,) = await gateway.stored("outbound")
    assert InboundMessage(**inbound.value).conversation_id == inbound.key == "v1.default.whatsapp.79001234567"
    assert StatusUpdate(**status.value).request_id == status.key == "msg-abcde"
    answered = OutboundMessage(**outbound.value)
    assert (answered.conversation_id, answered.address, outbound.key) == ("chat-xyz", "", "chat-xyz")


async def test_the_real_forms_are_stored_under_their_keys(gateway: Gateway) -> None:
    assert (await gateway.edna(pulse())).status == 200
    assert (await gateway.edna(pulse_status())).status == 200
    assert (await gateway.amocrm(hook("x-1"))).status == 200
    assert (await gateway.amocrm(hook("x-2"), f"/webhooks/amocrm/{SCOPE_ID}")).status == 200
    (inbound,) = await gateway.stored("inbound")
    (status,) = await gateway.stored("status")
    outbound = await gateway.stored("outbound")
    assert inbound.key == inbound.value["conversation_id"] == CONVERSATION
    assert status.key == status.value["message_id"] == REQUEST_ID
    assert [record.key for record in outbound] == ["k-1", "k-1"]
    assert [record.value["message_id"] for record in outbound] == ["x-1", "x-2"]
    assert (await gateway.stored("quarantine")) == []


async def test_headers_are_cloud_events_names_without_anything_personal(gateway: Gateway) -> None:
    await gateway.edna(pulse())
    await gateway.edna(pulse_status())
    (message,) = await gateway.stored("inbound")
    (status,) = await gateway.stored("status")
    assert message.headers["ce_id"] == message.value["event_id"]
    assert message.headers["ce_type"] == "inbound.message"
    assert message.headers["ce_specversion"] == "1.0"
    assert message.headers["content-type"] == "application/json"
    assert message.headers["ce_source"] == status.headers["ce_source"]
    assert message.headers["ce_source"].startswith(f"{gateway.settings.instance}/")
    assert message.headers["ce_time"].endswith("Z")
    assert [message.headers["ce_sequence"], status.headers["ce_sequence"]] == ["1", "2"]
    assert "79001234567" not in str(message.headers)


async def test_a_repeat_of_a_webhook_is_the_same_event(gateway: Gateway) -> None:
    for _ in range(2):
        await gateway.edna(pulse())
    first, second = await gateway.stored("inbound")
    assert first.value["event_id"] == second.value["event_id"]


async def test_within_a_conversation_accepted_at_rises_in_the_order_of_the_topic(gateway: Gateway) -> None:
    await asyncio.gather(*(gateway.edna(pulse(number, f"n {number}")) for number in range(1, 60)))
    times = [record.value["accepted_at"] for record in await gateway.stored("inbound")]
    assert len(times) == 59
    assert times == sorted(set(times))


async def test_elements_of_an_array_are_stored_in_their_order(gateway: Gateway) -> None:
    assert (await gateway.edna([pulse(number) for number in range(1, 41)])).status == 200
    records = await gateway.stored("inbound")
    assert [record.value["message_id"] for record in records] == [str(number) for number in range(1, 41)]
    times = [record.value["accepted_at"] for record in records]
    assert times == sorted(set(times))


async def test_head_and_get_answer_200_without_proof_and_leave_no_record(gateway: Gateway) -> None:
    for path in ("/webhooks/edna", "/webhooks/edna/secret", "/webhooks/amocrm", f"/webhooks/amocrm/{SCOPE_ID}"):
        for method in ("HEAD", "GET"):
            assert (await gateway.ask(method, path)).status == 200
    assert set((await gateway.everything_stored()).values()) == {0}


async def test_what_carries_nothing_is_answered_200_and_leaves_no_record(gateway: Gateway) -> None:
    typing = {"account_id": hook()["account_id"], "time": hook()["time"], "action": {"typing": {"user": {"id": "s"}}}}
    assert (await gateway.amocrm(typing)).status == 200
    assert (await gateway.edna({**README_MESSAGE, "fromClient": False})).status == 200
    assert (await gateway.edna({**pulse_status(), "requestId": None})).status == 200
    assert (await gateway.edna([])).status == 200
    assert set((await gateway.everything_stored()).values()) == {0}
    metrics = (await gateway.ask("GET", "/metrics")).body.decode()
    assert 'edna_amocrm_gateway_ignored_total{kind="typing"}' in metrics
