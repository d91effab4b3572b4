"""SIGKILL at exact points of a message's way: done is done, told once, and a refused id is not a delivered one (I4).

The agents are static members of their group, so that one that was killed is followed at once.
"""

from __future__ import annotations

import time
import uuid
from collections import Counter
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
AFTER_A_REFUSAL = f"after={COURIER}.refusal@1"
AFTER_THE_ANSWER = "after=streams.outbound:OutboundCarrier.attempt@2"


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


async def die(given: Settings, agent: Make, point: str) -> None:
    """An agent dies at the point."""
    dying = await agent("outbound", given, point).start(ready=False)
    assert await dying.ended() == -9, dying.log


async def receipts(given: Settings, count: int) -> list[tuple[str, str]]:
    """(outcome, request id) of the outbound receipts, once there are so many."""
    deadline = time.monotonic() + 15
    while True:
        records = await read_all(given, "outbound.receipts")
        if len(records) >= count:
            found = (Receipt.model_validate_json(each.value) for each in records)
            return [(receipt.outcome.value, receipt.request_id or "") for receipt in found]
        assert time.monotonic() < deadline, f"{len(records)} receipts"


async def test_a_dead_letter_is_told_once_through_deaths_at_every_point_and_done_when_its_receipt_is_there(
    given: Settings, vendor: Vendor, agent: Make
) -> None:
    vendor.remembers = vendor.remembers_refused = True
    vendor.troubles["wrong"] = WRONG_TEXT
    first, second, third = (request_id(id_of("wrong"), replay=replay) for replay in range(3))
    await produce(given, "outbound", [message("wrong")])
    await die(given, agent, BEFORE_THE_STATUS)
    assert await read_all(given, "status") == []
    # The vendor knows the refused id: whoever follows asks with it, and then sends under the next.
    await die(given, agent, BEFORE_THE_RECEIPT)
    assert [own for own, _ in vendor.calls] == [first, first, second]
    await die(given, agent, BEFORE_THE_COMMIT)
    calls = [first, first, second, first, second, third]
    assert [own for own, _ in vendor.calls] == calls
    await produce(given, "outbound", [message("behind")])
    await agent("outbound", given).start()
    await eventually("the one behind", lambda: vendor.seen() == ["behind"])
    ended = [outcome for outcome, _ in await receipts(given, 5)]
    assert Counter(ended) == {"refused": 3, "dead-lettered": 1, "delivered": 1}
    assert [own for own, text in vendor.calls if text == "wrong"] == calls, (
        "attempted again though its receipt is there"
    )
    letters = await read_all(given, "outbound.dlq")
    assert len(letters) == 3, "one for each life that ended before the receipt"
    assert len({dict(letter.headers)["dlq-source"] for letter in letters}) == 1
    records = await read_all(given, "status")
    for each in records:
        headers = {name: value.decode() for name, value in each.headers}
        assert headers.keys() >= {"ce_id", "ce_type", "ce_source", "ce_sequence", "ce_time", "ce_specversion"}
        assert headers["ce_source"].startswith(f"{given.instance}/outbound/")
    told = [StatusUpdate.model_validate_json(each.value) for each in records]
    assert {each.message_id for each in told} == {id_of("wrong")}
    assert len({each.event_id for each in told}) == 1, "the status agent knows a repeat by its event id"


async def test_a_refused_id_is_never_taken_for_delivered_and_one_with_an_unknown_outcome_goes_again(
    given: Settings, vendor: Vendor, agent: Make
) -> None:
    vendor.remembers = vendor.remembers_refused = True
    vendor.troubles.update({"refused": [NO_CASCADE], "lost": [LOSES]})
    first, second = (request_id(id_of("refused"), replay=replay) for replay in range(2))
    await produce(given, "outbound", [message("refused")])
    await die(given, agent, AFTER_A_REFUSAL)
    await die(given, agent, AFTER_THE_ANSWER)  # the second: the first only says that the id is known
    assert [own for own, _ in vendor.calls] == [first, first, second]
    assert vendor.shown == [(second, "refused")]
    await produce(given, "outbound", [message("lost")])
    await agent("outbound", given).start()
    ended = await receipts(given, 3)
    assert ended == [("refused", first), ("delivered", second), ("delivered", id_of("lost"))]
    assert [own for own, _ in vendor.calls] == [first, first, second, first, second, id_of("lost"), id_of("lost")]
    assert vendor.seen() == ["refused", "lost"]
    assert await read_all(given, "outbound.dlq") == []
