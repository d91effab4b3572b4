"""Whose status it is, and how far it tells that the message got: parts, links, ids that edna chose (I5). No Kafka."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from bridge.events import MessageLink, MessageStatus, StatusUpdate
from bridge.ids import request_id
from bridge.outcome import Outcome, Verdict
from bridge.settings import Settings
from streams.delivery.memory import Memory
from streams.delivery.outcome import Delivered, Skipped

UUID = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
CHOSEN = "01987f4a-069e-730e-bf59-cedc1e633490"
SENT, DELIVERED, READ, FAILED = (
    MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.READ, MessageStatus.FAILED
)  # fmt: skip
TOLD = {DELIVERED: "1", READ: "2", FAILED: "-1"}


@pytest.fixture
def carrier(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The carrier of the status agent, whose module starts from the environment."""
    for name in ("AMOCRM_CHANNEL_ID", "AMOCRM_CHANNEL_SECRET", "AMOCRM_ACCOUNT_ID"):
        monkeypatch.setenv(name, "x")
    from streams.status import StatusCarrier

    return StatusCarrier(Settings(_env_file=None))


def update(own: str, word: MessageStatus, message_id: str | None = None, **more: Any) -> StatusUpdate:
    now_ms = int(time.time() * 1000)
    return StatusUpdate(
        event_id="e", channel="345", address="", conversation_id="", accepted_at=now_ms, request_id=own,
        message_id=message_id, status=word, **more,
    )  # fmt: skip


def link(carrier: Any, key: str, **fields: Any) -> None:
    carrier.links._known[key] = MessageLink(message_id=UUID, at=1, **fields)


async def tell(carrier: Any, memory: Memory, event: StatusUpdate) -> str:
    """What becomes of a status: the code that amojo is told, or why it is not."""
    prepared = await carrier.prepare(event, memory)
    if isinstance(prepared, Skipped):
        carrier.remembered(event, prepared, memory)
        return prepared.reason
    [request] = prepared
    carrier.remembered(event, Delivered(Verdict(Outcome.DELIVERED), 1), memory)
    assert request.message_id == UUID
    return TOLD[event.status]


def all_told(carrier: Any, events: list[StatusUpdate]) -> list[str]:
    async def main() -> list[str]:
        memory = Memory()
        return [await tell(carrier, memory, event) for event in events]

    return asyncio.run(main())


def test_the_last_part_tells_how_far_a_message_got_and_any_part_that_it_failed(carrier: Any) -> None:
    link(carrier, UUID, parts=2)
    second = request_id(UUID, part=2)
    steps = [(UUID, DELIVERED), (UUID, READ), (second, SENT), (second, DELIVERED), (UUID, FAILED), (second, READ)]
    assert all_told(carrier, [update(own, word, UUID) for own, word in steps]) == [
        "an earlier part", "an earlier part", "not told", "1", "-1", "not forward"
    ]  # fmt: skip


def test_parts_under_ids_that_edna_chose_are_joined_in_the_same_way(carrier: Any) -> None:
    link(carrier, "first", part=1, parts=2)
    link(carrier, "second", part=2, parts=2)
    steps = [("first", READ), ("second", DELIVERED), ("first", FAILED), ("second", READ)]
    assert all_told(carrier, [update(own, word, direct=True) for own, word in steps]) == [
        "an earlier part", "1", "-1", "not forward"
    ]  # fmt: skip


def test_a_replay_of_a_linked_message_may_still_arrive_after_its_failure(carrier: Any) -> None:
    link(carrier, "first")
    link(carrier, "again", replay=1)
    steps = [("first", FAILED), ("first", READ), ("again", DELIVERED)]
    assert all_told(carrier, [update(own, word, direct=True) for own, word in steps]) == ["-1", "not forward", "1"]


def test_a_link_says_more_than_an_id_that_looks_like_one_of_ours(carrier: Any) -> None:
    link(carrier, CHOSEN)
    assert all_told(carrier, [update(CHOSEN, READ, CHOSEN, direct=True)]) == ["2"]


@pytest.mark.parametrize(
    ("event", "waits"),
    [
        (update("987654321", READ, direct=True), True),
        (update(CHOSEN, READ, CHOSEN, direct=True), True),
        (update(UUID, READ, UUID, direct=True), False),
        (update("campaign-1", READ), False),
        (update("campaign-1", READ, stage="s"), False),
    ],
)
def test_only_a_status_that_needs_a_link_waits_for_one(carrier: Any, event: StatusUpdate, waits: bool) -> None:
    async def main() -> None:
        just_now = event.model_copy(update={"accepted_at": int(time.time() * 1000)})
        preparing = asyncio.ensure_future(carrier.prepare(just_now, Memory()))
        await asyncio.sleep(0.01)
        assert preparing.done() is not waits
        assert carrier.links.awaited == waits
        preparing.cancel()

    asyncio.run(main())


def test_nobody_waits_longer_than_half_a_minute_after_acceptance_nor_when_too_many_do(
    carrier: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import streams.status

    old = update("987654321", READ, direct=True).model_copy(update={"accepted_at": int(time.time() * 1000) - 30_000})
    assert all_told(carrier, [old]) == ["not ours"]
    monkeypatch.setattr(streams.status, "LANES_THAT_WAIT", 0)
    assert all_told(carrier, [update("987654321", READ, direct=True)]) == ["not ours"]
