"""SIGKILL at exact points of a message's way: done is done, told once, and a refused id is not a delivered one (I4).

The agents are static members of their group, so that one that was killed is followed at once.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest

from bridge.events import Receipt, StatusUpdate
from bridge.ids import Conversation, request_id
from bridge.settings import Settings
from tests.broker.agents import Agent, eventually, outbound, produce, read_all, record
from tests.broker.vendor import LOSES, NO_CASCADE, WRONG_TEXT, Vendor

pytestmark = [pytest.mark.broker]

Make = Callable[..., Agent]

COURIER = "streams.delivery.courier:Courier"
BEFORE_THE_STATUS = f"before={COURIER}._tell@1"
BEFORE_THE_RECEIPT = f"after={COURIER}._tell@1"
BEFORE_THE_COMMIT = "before=streams.consumer:GroupConsumer.commit@1"
AFTER_A_REFUSAL = f"after={COURIER}._remember_refusal@1"
AFTER_THE_ANSWER = "after=streams.outbound:OutboundCarrier.attempt@1"


def id_of(words: str) -> str:
    """amojo's id of the message with this text."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, words))


def message(words: str) -> tuple[str, bytes]:
    """An operator's message as (key, value)."""
    return record(outbound(id_of(words), Conversation("345", "79000000001"), words))


@pytest.fixture
def given(tuned: Callable[..., Settings], topics: None) -> Settings:
    """Settings of a static member."""
    return tuned(group_instance_id="one")


async def die_and_follow(given: Settings, agent: Make, point: str) -> Agent:
    """An agent dies at the point, and a plain one takes its place."""
    dying = await agent("outbound", given, point).start(ready=False)
    assert await dying.ended() == -9, dying.log
    return await agent("outbound", given).start()


async def receipts(given: Settings) -> list[tuple[str, str]]:
    """(outcome, request id) of the outbound receipts."""
    found = [Receipt.model_validate_json(each.value) for each in await read_all(given, "outbound.receipts")]
    return [(receipt.outcome.value, receipt.request_id or "") for receipt in found]


@pytest.mark.parametrize("point", [BEFORE_THE_STATUS, BEFORE_THE_RECEIPT, BEFORE_THE_COMMIT])
async def test_a_dead_letter_is_told_once_and_once_its_receipt_is_there_never_attempted_again(
    given: Settings, vendor: Vendor, agent: Make, point: str
) -> None:
    vendor.remembers = vendor.remembers_refused = True
    vendor.troubles["wrong"] = WRONG_TEXT
    message_id = id_of("wrong")
    await produce(given, "outbound", [message("wrong"), message("behind")])
    last = await die_and_follow(given, agent, point)
    await eventually("the one behind", lambda: "behind" in vendor.seen())
    assert (await last.terminate())[0] == 0
    ids = [own for own, text in vendor.calls if text == "wrong"]
    done = point == BEFORE_THE_COMMIT
    # The vendor knows the refused id: the one that follows asks with it, and then sends under the next.
    assert ids == ([message_id] if done else [message_id, message_id, request_id(message_id, replay=1)])
    letters = await read_all(given, "outbound.dlq")
    assert len(letters) == (1 if done else 2)
    assert len({dict(letter.headers)["dlq-source"] for letter in letters}) == 1
    told = [StatusUpdate.model_validate_json(each.value) for each in await read_all(given, "status")]
    assert {each.message_id for each in told} == {message_id}
    assert len({each.event_id for each in told}) == 1, "the status agent knows a repeat by its event id"
    ended = [outcome for outcome, _ in await receipts(given)]
    assert ended.count("dead-lettered") == 1
    assert ended.count("delivered") == 1
    assert vendor.seen() == ["behind"]


async def test_an_id_whose_refusal_is_remembered_is_followed_by_the_next_and_not_taken_for_delivered(
    given: Settings, vendor: Vendor, agent: Make
) -> None:
    vendor.remembers = vendor.remembers_refused = True
    vendor.troubles["refused"] = [NO_CASCADE]
    message_id = id_of("refused")
    await produce(given, "outbound", [message("refused")])
    last = await die_and_follow(given, agent, AFTER_A_REFUSAL)
    await eventually("it is shown", lambda: vendor.shown == [(request_id(message_id, replay=1), "refused")])
    assert [own for own, _ in vendor.calls] == [message_id, message_id, request_id(message_id, replay=1)]
    assert (await last.terminate())[0] == 0
    assert await receipts(given) == [("refused", message_id), ("delivered", request_id(message_id, replay=1))]


async def test_after_an_answer_without_a_receipt_the_same_id_goes_again_and_is_known_as_delivered(
    given: Settings, vendor: Vendor, agent: Make
) -> None:
    vendor.remembers = True
    vendor.troubles["lost"] = [LOSES]
    await produce(given, "outbound", [message("taken")])
    last = await die_and_follow(given, agent, AFTER_THE_ANSWER)
    await eventually("the repeat", lambda: len(vendor.calls) == 2)
    await produce(given, "outbound", [message("lost")])
    await eventually("the repeat of what was lost", lambda: len(vendor.calls) == 4)
    assert (await last.terminate())[0] == 0
    assert [own for own, _ in vendor.calls] == [id_of("taken")] * 2 + [id_of("lost")] * 2
    assert vendor.seen() == ["taken", "lost"]
    assert await receipts(given) == [("delivered", id_of("taken")), ("delivered", id_of("lost"))]
    assert await read_all(given, "outbound.dlq") == []
