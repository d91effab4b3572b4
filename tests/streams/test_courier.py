"""What holds one event holds no other: a bug of ours, a Kafka that takes no receipt (I3, I8)."""

from __future__ import annotations

import asyncio
from typing import Any
from unittest import mock

import pytest

from bridge.events import OutboundMessage
from streams.delivery import courier
from tests.streams.scripted import Request, ScriptedCarrier
from tests.streams.test_caps import Hand, in_hand


def break_one(hand: Hand, method: str, name: str) -> None:
    """The carrier has a bug that one message brings to light."""
    carrier = hand.worker.delivery.courier.attempts._carrier
    sound = getattr(carrier, method)

    def broken(self: ScriptedCarrier, given: OutboundMessage | Request, *rest: Any, **more: Any) -> Any:
        event = given.event if isinstance(given, Request) else given
        if event.message_id == name:
            raise RuntimeError("a bug")
        return sound(given, *rest, **more)

    setattr(carrier, method, broken.__get__(carrier))


@pytest.mark.parametrize("method", ["placed", "prepare", "attempt", "id_of", "remembered"])
def test_an_event_that_brings_a_bug_to_light_stays_unacknowledged_and_the_others_go_on(method: str) -> None:
    async def main(hand: Hand) -> None:
        break_one(hand, method, "m1")
        for number in range(3):
            hand.accept(f"m{number}", f"c{number}")
        hand.accept("behind", "c1")
        hand.accept("elsewhere", "c3", partition=1)
        await asyncio.sleep(10.0)
        assert {"m0", "m2", "elsewhere"} <= set(hand.vendor.taken)
        assert "behind" not in hand.vendor.taken, "its conversation waits behind it (I2)"
        assert hand.log.committed == {0: 1, 1: 1}
        assert {receipt.event_id for receipt in hand.log.receipts[0]} == {"event.m0", "event.m2"}
        assert [call.args for call in log.exception.call_args_list] == [("event.stuck",)], "said once"
        assert hand.worker.delivery.held == 2
        hand.accept("m3", "c4")
        await asyncio.sleep(2.0)
        assert "m3" in hand.vendor.taken, "the slot is free"

    with mock.patch.object(courier, "log") as log:
        in_hand(main, attempts_in_flight=1)


def test_a_lane_goes_on_at_the_vendors_answer_while_kafka_takes_no_receipt() -> None:
    async def main(hand: Hand) -> None:
        hand.log.read_only = True
        names = ["m0", "m1", "m2"]
        for name in names:
            hand.accept(name, "c")
        await asyncio.sleep(1.0)
        assert hand.vendor.taken == names
        await asyncio.sleep(10.0)
        assert hand.log.committed == {}
        assert hand.log.receipts[0] == []
        hand.log.read_only = False
        await asyncio.sleep(3.0)
        assert hand.log.committed == {0: 3}
        assert hand.vendor.calls == names

    in_hand(main, attempts_in_flight=1)
