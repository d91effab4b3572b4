"""Ids are pure functions that decode: a repeat always meets its first (I4)."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.ids import (
    REQUEST_ID_LIMIT,
    Attempt,
    Conversation,
    amojo_msgid,
    decode_request_id,
    request_id,
    status_event_id,
)

UUID = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(TEXTS, TEXTS, TEXTS)
def test_a_conversation_id_decodes_to_its_parts(account: str, channel: str, address: str) -> None:
    conversation = Conversation(channel, address, account)
    assert conversation.id.count(".") == 3
    assert Conversation.parse(conversation.id) == conversation


@pytest.mark.parametrize(
    "foreign",
    ["", "v1", "v1.default.345", "v2.default.345.7900", "v1.default.345.", "v1.a.b.c.d", "chat-xyz", "v1.a.b.%zz%"],
)
def test_a_foreign_conversation_id_is_none_of_ours(foreign: str) -> None:
    assert Conversation.parse(foreign) is None


def test_one_address_in_two_channels_is_two_conversations() -> None:
    assert Conversation("1", "79001234567").id != Conversation("2", "79001234567").id


@pytest.mark.parametrize(
    ("part", "replay", "expected"),
    [
        (1, 0, UUID),
        (2, 0, "aaaaaaaabbbb4ccc8dddeeeeeeeeeeee-2"),
        (1, 1, "aaaaaaaabbbb4ccc8dddeeeeeeeeeeee-r1"),
        (2, 1, "aaaaaaaabbbb4ccc8dddeeeeeeeeeeee-2r1"),
    ],
)
def test_a_uuid_goes_whole_or_as_its_digits_with_a_suffix(part: int, replay: int, expected: str) -> None:
    assert request_id(UUID, part, replay) == expected
    assert decode_request_id(expected) == Attempt(UUID, part, replay)


MESSAGE_IDS = st.one_of(st.uuids().map(str), TEXTS, st.uuids().map(lambda one: str(one).upper()))


@given(MESSAGE_IDS, st.integers(1, 9), st.integers(0, 9))
def test_every_request_id_is_short_and_decodes_or_is_hashed(message_id: str, part: int, replay: int) -> None:
    made = request_id(message_id, part, replay)
    assert len(made) <= REQUEST_ID_LIMIT
    assert made == request_id(message_id, part, replay)
    if made.startswith("h-"):
        assert decode_request_id(made) is None
    else:
        assert decode_request_id(made) == Attempt(message_id, part, replay)


@given(st.lists(st.tuples(MESSAGE_IDS, st.integers(1, 3), st.integers(0, 3)), unique=True, max_size=30))
def test_different_attempts_have_different_request_ids(attempts: list[tuple[str, int, int]]) -> None:
    assert len({request_id(*attempt) for attempt in attempts}) == len(attempts)


@given(st.text(max_size=60))
def test_no_foreign_request_id_breaks_the_decoder(value: str) -> None:
    found = decode_request_id(value)
    assert found is None or request_id(found.message_id, found.part, found.replay) == value


@pytest.mark.parametrize(
    "foreign", ["test-001", "v-" + "0" * 32, "h-" + "0" * 32, "a-", "a-?", "a-é", "a-/w", "0" * 32, UUID.upper()]
)
def test_what_is_not_ours_decodes_to_nothing(foreign: str) -> None:
    assert decode_request_id(foreign) is None


def test_msgids_keep_their_parts_apart() -> None:
    assert amojo_msgid("default", "345", "9") == "edna.default.345.9"
    assert amojo_msgid("default", "34.5", "9") == "edna.default.34%2E5.9"
    assert amojo_msgid("a", "b.c", "d") != amojo_msgid("a", "b", "c.d")


def test_a_status_has_an_id_of_its_own_for_each_step() -> None:
    request = str(uuid.UUID(int=1))
    steps = {status_event_id("default", request, None, word, "2026-01-01") for word in ("SENT", "DELIVERED", "READ")}
    assert len(steps) == 3
    assert status_event_id("default", request, None, "READ", "t") == status_event_id(
        "default", request, "", "read", "t"
    )


def test_the_id_of_a_hook_v1_goes_to_edna_as_it_is_and_no_status_finds_it() -> None:
    hashed = "v-" + "0a" * 16
    assert request_id(hashed) == hashed
    assert request_id(hashed, part=2) == f"{hashed}-2"
    assert request_id(hashed, replay=1).startswith("h-")
    assert all(decode_request_id(each) is None for each in (hashed, f"{hashed}-2"))
