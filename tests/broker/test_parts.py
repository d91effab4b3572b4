"""A message in parts through deaths at the worst points: each part once, in order, with and without an id of ours."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable

import pytest

from bridge.events import Content, ContentType
from bridge.ids import Conversation, request_id
from bridge.settings import Settings
from sandbox.edna import EdnaFake
from tests.broker.agents import Agent, eventually, outbound, produce, read_all, record
from tests.broker.test_channels import sends

pytestmark = [pytest.mark.broker]

WORDS, BOT = Conversation("345", "79000000001"), Conversation("347", "194089500")
LONG = "слово " * 1000  # two parts for MAX Bot
BEFORE_IT_IS_REMEMBERED = "before=streams.delivery.courier:Courier.part@1"
BEFORE_THE_NEXT = "after=streams.delivery.courier:Courier.part@1"


def captioned(message_id: str) -> tuple[str, bytes]:
    """A picture with words: two parts for WhatsApp."""
    content = Content(type=ContentType.PICTURE, url="https://a.example/1.jpg", name="1.jpg", text="Смотрите")
    return record(outbound(message_id, WORDS, "").model_copy(update={"content": content}))


def seen(edna: EdnaFake, conversation: Conversation) -> list[str]:
    """What a client sees, in order: texts by their length, files by their names."""
    of_it = (one for one in sends(edna) if one.conversation == f"{conversation.channel}/{conversation.address}")
    contents = [json.loads(one.body)["content"] for one in of_it]
    inner = [each.get("whatsappContent", each) for each in contents]
    return [each["text"] if "text" in each else each["attachment"]["name"] for each in inner]


@pytest.mark.parametrize("conversation", [WORDS, BOT], ids=["cascade", "MAX Bot"])
async def test_each_part_is_there_once_and_in_order_though_the_agent_dies_between_them(
    at_edna: Callable[..., Settings],
    topics: None,
    edna: EdnaFake,
    agent: Callable[..., Agent],
    conversation: Conversation,
) -> None:
    given = at_edna(group_instance_id="one")
    own = str(uuid.uuid4())
    first = captioned(own) if conversation is WORDS else record(outbound(own, BOT, LONG))
    behind = record(outbound(str(uuid.uuid4()), conversation, "следом"))
    await produce(given, "outbound", [first, behind])
    for point in (BEFORE_IT_IS_REMEMBERED, BEFORE_THE_NEXT):
        dying = await agent("outbound", given, point).start(ready=False)
        assert await dying.ended() == -9, dying.log
        assert len(seen(edna, conversation)) == 1
    await agent("outbound", given).start()
    await eventually("what is behind", lambda: "следом" in seen(edna, conversation))
    parts = seen(edna, conversation)
    if conversation is WORDS:
        assert parts == ["1.jpg", "Смотрите", "следом"]
        ids = [json.loads(one.body)["requestId"] for one in sends(edna)]
        assert ids[:2] == [own, request_id(own, part=2)]
        assert len(sends(edna, "duplicate")) == 1, "edna itself refuses what is not remembered"
    else:
        assert " ".join(parts[:2]) == LONG.strip()
        assert len(parts) == 3
    assert await read_all(given, "outbound.dlq") == []
