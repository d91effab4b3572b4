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


async def test_each_part_is_there_once_and_in_order_though_the_agent_dies_between_them(
    at_edna: Callable[..., Settings], topics: None, edna: EdnaFake, agent: Callable[..., Agent]
) -> None:
    given = at_edna(group_instance_id="one")
    own = str(uuid.uuid4())
    behind = [record(outbound(str(uuid.uuid4()), one, "следом")) for one in (WORDS, BOT)]
    long = record(outbound(str(uuid.uuid4()), BOT, LONG))
    await produce(given, "outbound", [captioned(own), long, *behind])
    for point in (BEFORE_IT_IS_REMEMBERED, BEFORE_THE_NEXT):
        dying = await agent("outbound", given, point).start(ready=False)
        assert await dying.ended() == -9, dying.log
        assert "следом" not in seen(edna, WORDS) + seen(edna, BOT)
    sender = await agent("outbound", given).start()
    await eventually("what is behind", lambda: all("следом" in seen(edna, one) for one in (WORDS, BOT)))
    assert seen(edna, WORDS) == ["1.jpg", "Смотрите", "следом"]
    ids = [json.loads(one.body)["requestId"] for one in sends(edna) if one.kind == "schedule"]
    assert ids[:2] == [own, request_id(own, part=2)]
    first, second, last = seen(edna, BOT)
    assert f"{first} {second}" == LONG.strip()
    assert last == "следом"
    asked = [one for one in edna.journal.entries if one.kind == "history"]
    assert len(sends(edna, "duplicate")) + len(asked) >= 2, "nothing was in doubt, and nothing proven"
    assert await read_all(given, "outbound.dlq") == []
    assert sender.running
