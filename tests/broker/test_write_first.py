"""An operator writes first: through the channel of the source or the default one, and bound for the answer."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable

import pytest

from bridge.events import ChatLink, OutboundMessage, StatusUpdate
from bridge.ids import Conversation
from bridge.settings import Settings
from sandbox.edna import EdnaFake
from tests.broker.agents import Agent, eventually, inbound, outbound, produce, read_all, record
from tests.broker.test_channels import conversations, sends
from tests.broker.vendor import Vendor

pytestmark = [pytest.mark.broker]

PHONE = "79000000001"


def first(text: str, channel: str, address: str = PHONE, chat: str = "chat-1") -> OutboundMessage:
    """A hook without a client id, as the gateway makes it."""
    event = outbound(str(uuid.uuid4()), Conversation(channel or "x", address or "x"), text)
    return event.model_copy(
        update={
            "channel": channel, "address": address, "chat_id": chat, "receiver_id": f"user of {chat}",
            "conversation_id": Conversation(channel, address).id if channel else "", "write_first": True,
        }
    )  # fmt: skip


async def test_a_first_message_is_linked_before_it_is_sent_through_a_death_and_binds_the_clients_answer(
    at_edna: Callable[..., Settings], topics: None, edna: EdnaFake, vendor: Vendor, agent: Callable[..., Agent]
) -> None:
    given = at_edna(group_instance_id="one", edna_default_subject_id="346")
    await produce(given, "outbound", [record(first("Здравствуйте", "345"))])
    dying = await agent("outbound", given, "before=streams.outbound:OutboundCarrier.attempt@1").start(ready=False)
    assert await dying.ended() == -9, dying.log
    assert sends(edna) == []
    [link] = await read_all(given, "inbound.links")
    assert link.key.decode() == Conversation("345", PHONE).id
    assert ChatLink.model_validate_json(link.value).chat_id == "chat-1"
    await produce(given, "outbound", [record(first("Без источника", "", "79000000002", "chat-2"))])
    await agent("outbound", given).start()
    await eventually("both", lambda: conversations(edna) == ["345/79000000001", "346/79000000002"])

    answers = [
        inbound(1, Conversation("345", PHONE), "ответ"),
        inbound(2, Conversation("346", "79000000002"), "и ответ"),
        inbound(3, Conversation("345", "79000000003"), "незнакомый"),
    ]
    await produce(given, "inbound", [record(answer) for answer in answers])
    await agent("inbound", given).start()
    await eventually("the answers", lambda: len(vendor.shown) == 3)
    bound = {
        each["payload"]["message"]["text"]: (
            each["payload"].get("conversation_ref_id"),
            each["payload"]["sender"].get("ref_id"),
        )
        for each in map(json.loads, vendor.bodies)
    }
    assert bound == {
        "ответ": ("chat-1", "user of chat-1"),
        "и ответ": ("chat-2", "user of chat-2"),
        "незнакомый": (None, None),
    }


async def test_a_first_message_that_nobody_can_be_sent_ends_in_a_sentence_and_holds_nobody(
    at_edna: Callable[..., Settings], topics: None, edna: EdnaFake, agent: Callable[..., Agent]
) -> None:
    given = at_edna()
    lost = {
        "no-channel": first("без канала", "", chat="chat-1"),
        "no-address": first("боту", "347", chat="chat-2"),
        "cannot-carry": first("", "345", chat="chat-3"),
    }
    await produce(given, "outbound", [*map(record, lost.values()), record(first("можно", "345", chat="chat-1"))])
    await agent("outbound", given).start()
    await eventually("the one that can be sent", lambda: len(sends(edna)) == 1)
    await eventually_told(given, {event.message_id: code for code, event in lost.items()})


async def eventually_told(given: Settings, expected: dict[str, str]) -> None:
    """Wait until the status topic says of each message why it failed."""
    for _ in range(100):
        updates = [StatusUpdate.model_validate_json(each.value) for each in await read_all(given, "status")]
        if (found := {each.message_id: each.reason for each in updates}) == expected:
            return
    raise AssertionError(found)
