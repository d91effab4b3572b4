"""What is known to be done, and the waits between attempts."""

from __future__ import annotations

import random

import pytest

from bridge.events import MessageStatus, Receipt, ReceiptOutcome
from streams.delivery import memory as memory_module
from streams.delivery.liveness import Liveness
from streams.delivery.memory import Memory
from streams.delivery.progress import Reached
from streams.delivery.retry import LIMIT_S, backoff_s


def receipt(event_id: str, outcome: ReceiptOutcome, **fields: object) -> Receipt:
    return Receipt.model_validate({"event_id": event_id, "outcome": outcome, "offset": 1, "at": 1, **fields})


@pytest.mark.parametrize("outcome", [ReceiptOutcome.DELIVERED, ReceiptOutcome.SKIPPED, ReceiptOutcome.DEAD_LETTERED])
def test_a_receipt_that_was_read_back_makes_its_event_known(outcome: ReceiptOutcome) -> None:
    memory = Memory()
    memory.note_receipt(receipt("one", outcome))
    assert memory.knows("one")
    assert not memory.knows("two")


def test_a_refusal_is_not_an_end() -> None:
    memory = Memory()
    memory.note_receipt(receipt("one", ReceiptOutcome.REFUSED))
    assert not memory.knows("one")


def test_a_status_receipt_rebuilds_how_far_the_message_got() -> None:
    memory = Memory()
    memory.note_receipt(
        receipt("s", ReceiptOutcome.DELIVERED, message_id="m", request_id="r", status=MessageStatus.READ)
    )
    known = memory.reached("m")
    assert known is not None
    assert known.status is MessageStatus.READ


def test_memory_is_bounded_and_forgets_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_module, "EVENTS_REMEMBERED", 100)
    memory = Memory()
    for number in range(250):
        memory.note(str(number))
        assert all(memory.knows(str(newest)) for newest in range(max(0, number - 99), number + 1))
    assert len(memory) <= 200
    assert not memory.knows("49")


def test_what_is_older_displaces_nothing_newer(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("EVENTS_REMEMBERED", "MESSAGES_REMEMBERED", "NAMES_REMEMBERED", "REFUSALS_REMEMBERED"):
        monkeypatch.setattr(memory_module, name, 100)
    memory, older = Memory(), Memory()
    for one, names in ((memory, [f"new{n}" for n in range(100)]), (older, [f"old{n}" for n in range(300)])):
        for name in names:
            one.note(name)
            one.note_reached(name, Reached.of(MessageStatus.READ, name, ""))
            one.note_name(name, name)
            one.note_refused(name)
    older.note_reached("new99", Reached.of(MessageStatus.SENT, "new99", ""))
    memory.take_older(older)
    for name in (f"new{n}" for n in range(100)):
        assert memory.knows(name)
        assert memory.reached(name) == Reached.of(MessageStatus.READ, name, "")
        assert memory.name(name) == name
        assert memory.refused(name)
    fresh, older = Memory(), Memory()
    older.note("old")
    older.note_name("old", "Anna")
    fresh.take_older(older)
    assert fresh.knows("old")
    assert fresh.name("old") == "Anna"


def test_waits_grow_with_full_jitter_up_to_a_limit() -> None:
    chance = random.Random(1)
    for attempts, ceiling in ((1, 0.2), (2, 0.4), (5, 3.2), (30, LIMIT_S)):
        waits = [backoff_s(attempts, jitter=chance) for _ in range(200)]
        assert max(waits) <= ceiling
        assert max(waits) > ceiling * 0.8
        assert min(waits) < ceiling * 0.2


def test_no_wait_is_shorter_than_the_vendor_asked() -> None:
    assert backoff_s(1, retry_after_s=7.0) == 7.0


def test_liveness_ends_with_the_session_and_returns_with_a_heartbeat() -> None:
    now = [0.0]
    liveness = Liveness(10.0, clock=lambda: now[0])
    assert not liveness.fresh
    liveness.good()
    now[0] = 9.9
    assert liveness.fresh
    now[0] = 10.0
    assert not liveness.fresh
    liveness.good()
    assert liveness.fresh
    liveness.lost()
    assert not liveness.fresh


def test_what_is_read_from_before_is_known_too_and_changes_no_status_that_is_known() -> None:
    memory, older = Memory(), Memory()
    memory.note_reached("m", Reached.of(MessageStatus.READ, "r", None))
    older.note("old")
    older.note_refused("id")
    older.note_reached("m", Reached.of(MessageStatus.SENT, "r", None))
    older.note_reached("n", Reached.of(MessageStatus.SENT, "r", None))
    memory.take_older(older)
    assert memory.knows("old")
    assert memory.refused("id")
    assert [memory.reached(each).status for each in ("m", "n")] == [  # type: ignore[union-attr]
        MessageStatus.READ,
        MessageStatus.SENT,
    ]


def test_a_refusal_that_was_read_back_is_one_of_its_id() -> None:
    memory = Memory()
    memory.note_receipt(receipt("one", ReceiptOutcome.REFUSED, request_id="id"))
    assert memory.refused("id")
    assert not memory.refused("another")
    assert not memory.refused(None)


def test_a_receipt_is_left_behind_when_its_epoch_is_over_and_kafka_has_not_confirmed_it() -> None:
    memory = Memory()
    one, two = receipt("one", ReceiptOutcome.DELIVERED), receipt("two", ReceiptOutcome.DELIVERED)
    for each in (one, two):
        memory.unconfirmed(each, epoch=1)
    assert memory.left_behind("one", epoch=1) is None, "it is still on its way"
    assert memory.left_behind("one", epoch=2) == one
    memory.confirmed("one")
    memory.note_receipt(two)  # another worker has written it meanwhile
    assert memory.left_behind("one", epoch=2) is None
    assert memory.left_behind("two", epoch=2) is None
