"""What the commands show of a record: nothing personal, whatever somebody adds to the events later."""

from __future__ import annotations

import json
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from bridge.events import Content, ContentType, InboundMessage, OutboundMessage, Person, Receipt, StatusUpdate
from ops import masking
from ops.moments import duration
from ops.output import moment, number, printable

PERSONAL = "Совсем личное 79001234567"


def test_a_whole_message_keeps_its_shape_and_loses_what_is_personal() -> None:
    event = InboundMessage(
        event_id="edna.default.345.1",
        channel="345",
        address="79001234567",
        conversation_id="v1.default.345.79001234567",
        accepted_at=1,
        message_id="1",
        sender=Person(name=PERSONAL, phone="+79001234567", avatar=f"https://a.example/{PERSONAL}"),
        content=Content(type=ContentType.TEXT, text=PERSONAL, url="https://a.example/secret", name=PERSONAL, size=7),
    ).model_dump(mode="json")
    hidden = masking.document(event)
    assert hidden.keys() == event.keys()
    assert (hidden["event_id"], hidden["channel"], hidden["accepted_at"]) == ("edna.default.345.1", "345", 1)
    assert (hidden["address"], hidden["sender"]["phone"]) == ("…4567", "…4567")
    assert hidden["conversation_id"] == "v1.default.345.…4567"
    written = json.dumps(hidden, ensure_ascii=False)
    for personal in ("Совсем", "79001234567", "a.example"):
        assert personal not in written


@given(st.dictionaries(st.text(min_size=1), st.text(min_size=60), min_size=1))
def test_what_no_table_calls_harmless_is_hidden(document: dict[str, str]) -> None:
    known = masking.HARMLESS_KEYS | masking.MASKED_KEYS | {"conversation_id"}
    unknown = {name: value for name, value in document.items() if name not in known}
    assert all("characters, shown with --text" in value for value in masking.document(unknown).values())


def test_every_key_that_is_shown_is_one_of_the_events() -> None:
    keys = {name for event in (InboundMessage, OutboundMessage, StatusUpdate, Receipt) for name in event.model_fields}
    assert keys | Content.model_fields.keys() >= masking.HARMLESS_KEYS


@given(st.text())
def test_nothing_printed_is_obeyed_by_a_terminal(value: str) -> None:
    assert all(letter.isprintable() or letter == "\n" for letter in printable(value))


@given(st.integers(min_value=0))
def test_a_number_that_is_no_time_is_shown_as_it_is(value: int) -> None:
    assert moment(value) == str(value) or len(moment(value)) == 23


@given(st.text(st.characters(categories=["Nd", "No"])))
def test_only_what_is_a_number_counts_as_one(value: str) -> None:
    found = number(value)
    assert found is None or found == int(value)


@pytest.mark.parametrize(("value", "seconds"), [("90s", 90), ("15m", 900), ("2h", 7200), (" 7D ", 604_800)])
def test_durations_are_read_as_people_write_them(value: str, seconds: int) -> None:
    assert duration(value) == seconds


@pytest.mark.parametrize("value", ["", "2", "h", "-1h", "1.5h", "2 h", "²h", "9999999d"])
def test_what_is_no_duration_is_refused(value: Any) -> None:
    with pytest.raises(typer.BadParameter):
        duration(value)
