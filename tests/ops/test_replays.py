"""What is accepted again: a new event id that follows from the old one, and everything else as it was."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bridge.events import Event, MessageStatus, StatusUpdate, encode
from bridge.kafka.reading import Place, Record
from bridge.records import record_of
from ops.letters import Letter
from ops.output import Failed
from ops.records import Fact
from ops.replays import again_of
from tests.broker.agents import inbound, outbound
from tests.ops.stories import ANNA

PREFIX = "p."
FAILED = StatusUpdate(
    event_id="status.default.r-1", channel="345", address="", conversation_id="", accepted_at=5, message_id="m-1",
    request_id="r-1", status=MessageStatus.READ,
)  # fmt: skip


def letter(event: Event, kind: str = "permanent", source: str | None = None, **more: Any) -> Letter:
    """A dead letter of an event that stood at 3/17."""
    record = record_of(event)
    named = f"{PREFIX}{record.topic}/3/17" if source is None else source
    value = json.dumps(json.loads(encode(event)) | more).encode()
    headers = (("dlq-class", kind.encode()), ("dlq-source", named.encode()))
    place = Place(f"{PREFIX}{record.topic}.dlq", 3)
    found = Record(place, 0, 1, record.key.encode(), value, headers)
    return Letter(Fact(f"{record.topic}.dlq", record.topic, "dead letter", found))


@pytest.mark.parametrize(
    "event", [inbound(1, ANNA, "x"), outbound("m-1", ANNA, "x"), FAILED], ids=lambda one: one.event_id
)
def test_every_kind_of_event_is_the_same_but_for_its_id_and_its_time(event: Event) -> None:
    again = again_of(letter(event, "budget", from_the_future=1), PREFIX)
    assert again.event_id == f"{event.event_id}.replay.3-17"
    assert (again.replay_of, again.key) == (event.event_id, record_of(event).key.encode())
    old = json.loads(encode(event))
    assert json.loads(again.value(99)) == old | {"event_id": again.event_id, "accepted_at": 99, "from_the_future": 1}


@pytest.mark.parametrize(("kind", "replay"), [("permanent", 1), ("budget", 0), ("too-old", 0), ("cannot-carry", 0)])
def test_only_an_id_that_was_refused_for_good_is_changed(kind: str, replay: int) -> None:
    assert again_of(letter(outbound("m-1", ANNA, "x"), kind), PREFIX).body.get("replay", 0) == replay
    assert "replay" not in again_of(letter(inbound(1, ANNA, "x"), kind), PREFIX).body


@pytest.mark.parametrize("source", ["", "other.inbound/3/17", "p.inbound/3", "p.inbound/3/x", "p.outbound/3/17"])
def test_what_does_not_say_where_it_stood_is_refused(source: str) -> None:
    with pytest.raises(Failed, match="does not say where"):
        again_of(letter(inbound(1, ANNA, "x"), source=source), PREFIX)
