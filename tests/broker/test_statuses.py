"""Statuses only move forward, whatever comes when and whoever dies; other people's statuses are not ours (I5)."""

from __future__ import annotations

import random
import uuid
from collections import defaultdict
from collections.abc import Callable

import pytest

from bridge.events import MessageStatus, StatusUpdate
from bridge.records import record_of
from bridge.settings import Settings
from tests.broker.agents import Agent, eventually, produce, read_all, until
from tests.broker.vendor import UNAVAILABLE, Vendor

pytestmark = [pytest.mark.broker]

Make = Callable[..., Agent]
Tuned = Callable[..., Settings]

FOREIGN = 2_000
OURS = 20
STEPS = (MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.READ)


def status(message_id: str | None, word: MessageStatus, request_id: str = "", number: int = 0) -> StatusUpdate:
    """A status as the gateway makes it; with a number, a repeat that has an event id of its own."""
    own = request_id or message_id or ""
    return StatusUpdate(
        event_id=f"status.default.{own}..{word}.{number}",
        channel="345",
        address="",
        conversation_id="",
        accepted_at=1,
        message_id=message_id,
        request_id=own,
        status=word,
    )


async def write(settings: Settings, updates: list[StatusUpdate]) -> None:
    """Write statuses to their topic."""
    records = ((record_of(each).key, each) for each in updates)
    await produce(settings, "status", [(key, each.model_dump_json().encode()) for key, each in records])


def told(vendor: Vendor) -> dict[str, list[int]]:
    """The codes that amojo was told, by message."""
    codes: dict[str, list[int]] = defaultdict(list)
    for message_id, body in vendor.statuses:
        codes[message_id].append(body["status_code"])
    return codes


async def skipped(carrier: Agent, count: int) -> bool:
    """Whether so many statuses, and no more, have passed for others'."""
    metrics = await carrier.metrics()
    return metrics.get('edna_amocrm_events_skipped_total{direction="status",reason="not ours"}') == count


async def test_a_late_delivered_is_not_told_after_read_whether_its_receipt_was_written_or_not_before_sigkill(
    tuned: Tuned, topics: None, vendor: Vendor, agent: Make
) -> None:
    given = tuned(group_instance_id="one")
    message_id, marker = str(uuid.uuid4()), str(uuid.uuid4())
    await write(given, [status(message_id, MessageStatus.READ)])
    for point in ("after=streams.status:StatusCarrier.attempt@1", "before=streams.consumer:GroupConsumer.commit@1"):
        dying = await agent("status", given, point).start(ready=False)
        assert await dying.ended() == -9
        assert told(vendor)[message_id][0] == 2
    await write(given, [status(message_id, MessageStatus.DELIVERED), status(message_id, MessageStatus.READ, number=1)])
    behind = status(marker, MessageStatus.READ).model_dump_json().encode()
    await produce(given, "status", [(message_id, behind)])
    await agent("status", given).start()
    await eventually("the one behind", lambda: told(vendor).get(marker) == [2])
    assert told(vendor)[message_id] == [2, 2], "once without a receipt, once with it, and never after that"


async def test_shuffled_and_repeated_statuses_among_thousands_of_others_are_told_forward_only(
    tuned: Tuned, topics: None, vendor: Vendor, agent: Make
) -> None:
    given = tuned()
    ours = [str(uuid.uuid5(uuid.NAMESPACE_URL, f"{n}")) for n in range(OURS)]
    vendor.ours = set(ours)
    vendor.troubles[ours[0]] = [UNAVAILABLE] * 2
    shuffled = random.Random(5)
    own = [status(each, word, number=n) for each in ours for word in STEPS for n in range(3)]
    foreign = [
        status(str(uuid.UUID(int=n)), MessageStatus(shuffled.choice(STEPS[1:]))) for n in range(FOREIGN // 2)
    ] + [status(None, shuffled.choice(STEPS), f"campaign-{n}") for n in range(FOREIGN // 2)]
    failed = [status(each, MessageStatus.FAILED) for each in ours[:5]]
    updates = own + foreign + failed
    shuffled.shuffle(updates)
    await write(given, updates)
    teller = await agent("status", given).start()
    await eventually("all of ours are read or failed", lambda: all(told(vendor)[each][-1:] == [2] for each in ours[5:]))
    await eventually(
        "so have those that fail", lambda: all(told(vendor)[each][-1:] in ([2], [-1]) for each in ours[:5])
    )
    await until("those of others", lambda: skipped(teller, FOREIGN))
    assert FOREIGN // 2 <= vendor.unknown_statuses < FOREIGN, "again only what was under way while it connected"
    codes = told(vendor)
    assert set(codes) <= set(ours)
    assert all(each in ([1, 2], [2]) for each in (codes[message] for message in ours[5:]))
    assert all(each in ([1, 2], [2], [-1]) for each in (codes[message] for message in ours[:5]))
    assert await read_all(given, "status.dlq") == []


async def test_while_the_account_is_not_connected_no_status_of_ours_passes_for_anothers(
    tuned: Tuned, topics: None, vendor: Vendor, agent: Make
) -> None:
    given = tuned()
    ours = [str(uuid.uuid5(uuid.NAMESPACE_URL, f"{n}")) for n in range(OURS)]
    vendor.ours, vendor.connected = set(ours), False  # amojo answers 404 to every message
    foreign = [status(str(uuid.UUID(int=n)), MessageStatus.DELIVERED) for n in range(OURS)]
    await write(given, [status(each, MessageStatus.READ) for each in ours] + foreign)
    carrier = await agent("status", given).start()
    await eventually("all of ours", lambda: set(told(vendor)) == set(ours))
    await until("the others", lambda: skipped(carrier, len(foreign)))
    assert vendor.connects == 1
    assert all(codes == [2] for codes in told(vendor).values())
