"""amojo's JSON as events: hook v2, the README form, and whatever else may come."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.amojo.webhooks import Reading, Recognised, account_id, is_foreign, is_stale, parse
from bridge.errors import Unusable
from bridge.events import OutboundMessage, QuarantineReason
from bridge.records import record_of
from bridge.shapes import Ignored, SetAside
from tests.bridge.vendor_forms import OURS, hook, hook_v1
from tests.bridge.vendor_forms import readme_hook as readme

READING = Reading("whatsapp", "RU")


def read(document: Any) -> Recognised:
    return parse(document, READING)


def message(document: Any) -> OutboundMessage:
    found = read(document)
    assert isinstance(found, OutboundMessage), found
    return found


def aside(document: Any) -> QuarantineReason:
    found = read(document)
    assert isinstance(found, SetAside), found
    return found.reason


def test_a_text_hook_is_an_outbound_message_in_its_chat() -> None:
    event = message(hook())
    assert event.event_id == "amojo.default.x-1"
    assert (event.channel, event.address, event.conversation_id) == ("345", "79001234567", OURS)
    assert (event.chat_id, record_of(event).key) == ("k-1", "k-1")
    assert event.timestamp == 1748946031456
    assert event.sender.name == "Олег"
    assert event.content.text == "Добрый день"


@pytest.mark.row(
    "operator → client", "amojo hooks v2 and v1", "any type with `reply_to`", "the same, the quoted message named"
)
def test_a_quoted_message_is_named() -> None:
    assert message(hook({"reply_to": {"message": {"id": "q-1"}}})).reply_to == "q-1"


def test_a_conversation_that_is_not_ours_is_an_event_without_an_address() -> None:
    event = message(hook(conversation={"id": "k-1", "client_id": "somebody-elses"}, receiver={"client_id": "u-1"}))
    assert (event.channel, event.address, event.conversation_id) == ("", "", "somebody-elses")


def test_a_chat_bound_by_its_user_alone_is_known_by_the_receiver() -> None:
    assert message(hook(conversation={"id": "k-1"})).conversation_id == OURS


@pytest.mark.parametrize("kind", ["typing", "reaction"])
@pytest.mark.row("operator → client", "amojo hooks, other actions", "{kind}", "counted as {kind}")
def test_typing_and_reactions_carry_nothing(kind: str) -> None:
    action: dict[str, Any] = {kind: {"user": {"id": "s-1"}}}
    assert read({"account_id": "a", "time": 1, "action": action}) == Ignored(kind)
    for empty in (None, ""):
        whole = {"typing": empty, "reaction": empty, **action}
        assert read({"account_id": "a", "time": 1, "message": empty, "action": whole}) == Ignored(kind)


@pytest.mark.parametrize("empty", [None, ""])
def test_a_key_without_a_value_says_no_more_of_a_hooks_shape_than_an_absent_one(empty: Any) -> None:
    assert message({**hook_v1(), "message": empty}).content == message(hook_v1()).content
    said = {**readme()["message"], "message": empty, "conversation": empty, "receiver": empty}
    assert message(readme(message=said)) == message(readme())
    assert aside({"account_id": "a", "message": empty, "action": {"typing": empty}}) is QuarantineReason.UNKNOWN


@pytest.mark.parametrize(
    ("said", "ours", "foreign"),
    [("AB-c_D", "ab-C_d", False), ("", "ab", False), (None, "ab", False), ("ab", "", True), ("ab", "abc", True)],
)
def test_an_id_is_another_ones_unless_it_differs_in_case_alone(said: str | None, ours: str, foreign: bool) -> None:
    assert is_foreign(said, ours) is foreign


@pytest.mark.parametrize(
    ("document", "field"),
    [
        (hook({"id": None}), "message.message.id"),
        (hook(message=None), "message.message"),
        ({"message": "text"}, "message"),
        ({"message": {}}, "message.id"),
        (hook(conversation={}, receiver={}), "message.conversation.id"),
        (hook_v1(conversation_id="", receiver=""), "conversation_id"),
        (readme(conversation=None), "conversation.id"),
        (readme(message={"id": "1", "text": ""}), "message.text"),
        (readme(message={"text": "x"}), "message.id"),
    ],
)
def test_a_hook_without_what_it_needs_names_the_field(document: dict[str, Any], field: str) -> None:
    with pytest.raises(Unusable) as raised:
        read(document)
    assert raised.value.field == field


@pytest.mark.row("operator → client", "amojo README form", "text in a conversation of ours", "`text` to that client")
def test_the_readme_form_may_name_our_conversation() -> None:
    event = message(readme(conversation={"id": OURS}))
    assert (event.channel, event.address, event.conversation_id) == ("345", "79001234567", OURS)
    assert (event.chat_id, record_of(event).key) == (None, OURS)
    assert event.timestamp == 1_678_886_400_000
    assert event.event_id == "amojo.default.chat-msg-67890"


@pytest.mark.parametrize("phone", ["79001234567", "+79001234567", "89001234567", 79001234567])
@pytest.mark.row("operator → client", "amojo README form", "text in the conversation {phone}", "`text` to that phone")
def test_the_readme_form_may_name_a_phone(phone: Any) -> None:
    event = message(readme(conversation={"id": phone}))
    assert (event.channel, event.address) == ("whatsapp", "79001234567")
    assert event.conversation_id == "v1.default.whatsapp.79001234567"


@pytest.mark.row(
    "operator → client",
    "amojo README form",
    "text in any other conversation",
    "no address: the operator is told that it failed",
)
def test_any_other_readme_conversation_is_an_event_without_an_address() -> None:
    event = message(readme())
    assert (event.channel, event.address, event.conversation_id) == ("", "", "chat-xyz")


@pytest.mark.parametrize("document", [{}, {"hello": "world"}, [hook()], "text", 1, None, {"action": {"x": {}}}])
@pytest.mark.row("operator → client", "amojo hooks, other actions", "{document}", "quarantine, reason `unknown`")
def test_what_nobody_sends_is_set_aside_as_unknown(document: Any) -> None:
    assert aside(document) is QuarantineReason.UNKNOWN


def test_a_hook_older_than_a_day_is_stale_and_one_without_time_is_not() -> None:
    now_ms = 1_748_946_031_000 + 86_400_000
    assert not is_stale(hook(), now_ms)
    assert is_stale(hook(), now_ms + 1)
    assert not is_stale(readme(), now_ms)
    assert not is_stale([], now_ms)


def test_the_account_of_a_hook_is_its_account_id_and_the_readme_form_has_none() -> None:
    assert account_id(hook()) == "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
    assert account_id(readme()) == account_id("x") == ""


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
NESTED_KEYS = ("id", "client_id", "text", "type", "media", "date", "name", "reply_to", "conversation", "message")
INNER = st.dictionaries(st.sampled_from(NESTED_KEYS), ODD, max_size=3)
NESTED = st.dictionaries(st.sampled_from(NESTED_KEYS), ODD | INNER, max_size=3)
SAID_WORDS = (
    "text media location contact markup template forwards buttons rows lon lat list_message sections params messages "
    "file_size file_name media_group_id title"
)
SAID_KEYS = SAID_WORDS.split()
TYPES = st.sampled_from(("text", "picture", "voice", "location", "contact", "x"))
SAID = st.recursive(
    ODD | st.just("https://f/1.jpg"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(SAID_KEYS), inner, max_size=4),
    max_leaves=8,
)
HOOKS = st.builds(
    lambda kind, said: hook({"type": kind, **said}),
    TYPES,
    st.dictionaries(st.sampled_from(SAID_KEYS), SAID, max_size=4),
)
KEYS = ("message", "sender", "conversation", "account", "account_id", "time", "action", *hook_v1())


CHANGES = st.dictionaries(st.sampled_from(KEYS), ODD | NESTED, max_size=4)
CHANGED = st.builds(
    lambda whole, changes: {**whole, **changes}, st.sampled_from([hook(), hook_v1(), readme()]), CHANGES
)


@given(HOOKS | CHANGED | CHANGES | ODD)
def test_whatever_comes_is_recognised_or_unusable_and_never_another_error(document: Any) -> None:
    account_id(document)
    is_stale(document, 0)
    try:
        found = read(document)
    except Unusable:
        return
    if isinstance(found, OutboundMessage):
        assert found.model_dump_json().encode()
        assert record_of(found).key
