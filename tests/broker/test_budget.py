"""What waits too long is given up: by its own budget while others pass, or by its age; and the operator reads it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable

import pytest

from bridge.events import OutboundMessage
from bridge.ids import Conversation
from bridge.settings import Settings
from tests.broker.agents import Agent, eventually, inbound, outbound, produce, read_all, record
from tests.broker.vendor import BROKEN, Vendor

pytestmark = [pytest.mark.broker]

Make = Callable[..., Agent]
Tuned = Callable[..., Settings]

ATTEMPTS_SOON = "set=streams.delivery.retry:LIMIT_S@0.4"


def message(words: str, address: str, channel: str = "345") -> OutboundMessage:
    """An operator's message."""
    return outbound(str(uuid.uuid5(uuid.NAMESPACE_URL, words)), Conversation(channel, address), words)


async def test_a_message_stuck_among_others_is_given_up_and_told_while_one_alone_is_tried_on(
    tuned: Tuned, topics: None, vendor: Vendor, agent: Make
) -> None:
    vendor.troubles.update({"stuck": BROKEN, "alone": BROKEN})
    given = tuned(retry_budget_s=1)
    sender, teller = agent("outbound", given, ATTEMPTS_SOON), agent("status", given)
    await teller.start(ready=False)
    await sender.start()
    stuck = message("stuck", "79000000001")
    behind = message("behind it", "79000000001")
    await produce(given, "outbound", [record(message("alone", "79000000002", "1")), record(stuck), record(behind)])
    others = 0
    while not vendor.statuses:
        assert others < 200, "it was never given up"
        words = f"other {others}"
        await produce(given, "outbound", [record(message(words, f"7900001{others % 20:04d}"))])
        await eventually("another", lambda: words in vendor.seen())  # noqa: B023
        others += 1
    [(told, body)] = vendor.statuses
    assert (told, body["status_code"], body["error_code"]) == (stuck.message_id, -1, 905)
    assert body["error"] == "edna не приняла сообщение после многих попыток: отправьте его ещё раз"
    await eventually("the one behind", lambda: "behind it" in vendor.seen())
    await eventually("more attempts than a budget has", lambda: vendor.texts().count("alone") > 5)
    [letter] = await read_all(given, "outbound.dlq")
    headers = dict(letter.headers)
    assert headers["dlq-class"] == b"budget"
    assert headers["dlq-http-status"] == b"500"
    assert int(headers["dlq-attempts"]) == vendor.texts().count("stuck") >= 5
    assert len(vendor.statuses) == 1


async def test_an_old_message_of_an_operator_is_told_and_never_sent_while_an_old_one_of_a_client_arrives(
    tuned: Tuned, topics: None, vendor: Vendor, agent: Make
) -> None:
    given = tuned(outbound_max_age_s=3600)
    parts = [agent(direction, given) for direction in ("outbound", "status", "inbound")]
    for part in parts:
        await part.start(ready=False)
    hours_ago = {"accepted_at": int(time.time() * 1000) - 2 * 3_600_000}
    old = message("come at three", "79000000001").model_copy(update=hours_ago)
    of_client = inbound(1, Conversation("345", "79000000001"), "I waited").model_copy(update=hours_ago)
    await produce(given, "outbound", [record(old), record(message("new", "79000000001"))])
    await produce(given, "inbound", [record(of_client)])
    await eventually("what may arrive", lambda: {"I waited", "new"} <= set(vendor.seen()))
    await eventually("the operator is told", lambda: vendor.statuses)
    [(told, body)] = vendor.statuses
    assert (told, body["status_code"]) == (old.message_id, -1)
    assert body["error"] == "Сообщение не отправлено вовремя и устарело"
    assert "come at three" not in vendor.texts()
    [letter] = await read_all(given, "outbound.dlq")
    assert dict(letter.headers)["dlq-class"] == b"too-old"
