"""edna's JSON as events: every shape of edna.md §11, and whatever else may come."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.edna.webhooks import Reading, Recognised, parse
from bridge.errors import Unusable
from bridge.events import InboundMessage, QuarantineReason, StatusUpdate
from bridge.ids import request_id
from bridge.shapes import Ignored, SetAside
from tests.bridge.vendor_forms import REQUEST_ID, legacy, legacy_status, pulse, pulse_status, readme

READING = Reading("whatsapp", "RU")


def read(document: Any) -> Recognised:
    return parse(document, READING)


def message(document: Any) -> InboundMessage:
    found = read(document)
    assert isinstance(found, InboundMessage), found
    return found


def aside(document: Any) -> QuarantineReason:
    found = read(document)
    assert isinstance(found, SetAside), found
    return found.reason


def test_a_pulse_text_is_an_inbound_message_of_channel_and_address() -> None:
    event = message(pulse())
    assert event.event_id == "edna.default.345.14558923001"
    assert (event.channel, event.address) == ("345", "79001234567")
    assert event.conversation_id == "v1.default.345.79001234567"
    assert event.message_id == "14558923001"
    assert event.timestamp == 1_651_246_208_000
    assert event.content.text == "Привет"
    assert (event.sender.name, event.sender.phone) == ("alex", "+79001234567")


@pytest.mark.row("client → operator", "edna Pulse", "any type beside a `status` or an `imType`", "the same")
def test_what_holds_a_content_is_a_message_whatever_else_stands_beside_it() -> None:
    assert message(pulse(status="NEW", imType="whatsapp")) == message(pulse())


def test_ids_may_be_strings_or_numbers() -> None:
    changed = pulse(id="14558923001", subjectId="345", subscriber={"identifier": 79001234567})
    assert message(changed) == message(pulse())


@pytest.mark.parametrize("info", [None, {}, {"userName": ""}, {"userName": None, "firstName": " "}, "odd"])
def test_a_client_without_a_name_has_none(info: Any) -> None:
    assert message(pulse(userInfo=info)).sender.name is None


def test_first_and_last_name_stand_in_for_a_missing_user_name() -> None:
    event = message(pulse(userInfo={"firstName": "Анна", "lastName": "Ли", "avatarUrl": "https://f/a.jpg"}))
    assert event.sender.name == "Анна Ли"
    assert event.sender.avatar == "https://f/a.jpg"


def test_the_plus_of_an_address_is_dropped() -> None:
    assert message(pulse(subscriber={"identifier": "+79001234567"})).address == "79001234567"


@pytest.mark.parametrize(
    ("subscriber", "phone"),
    [
        ({"identifier": "194089500", "identifiers": [{"type": "PHONE", "value": "79001234567"}]}, "+79001234567"),
        ({"identifier": "79001234567", "identifiers": [{"type": "MAX_ID", "value": "79001234567"}]}, None),
        ({"identifier": "194089500", "identifiers": [{"type": "PHONE", "value": "89001234567"}]}, "+79001234567"),
        ({"identifier": "194089500"}, None),
        ({"identifier": "9001234567"}, None),
        ({"identifier": "89001234567"}, None),
        ({"identifier": "some.user"}, None),
        ({"identifier": "79001234567", "identifiers": "odd"}, "+79001234567"),
    ],
)
@pytest.mark.row("client → operator", "edna Pulse", "any type of {subscriber}", "the same, its author's phone {phone}")
def test_a_phone_is_what_edna_says_is_one_or_has_its_countrys_code(
    subscriber: dict[str, Any], phone: str | None
) -> None:
    assert message(pulse(subscriber=subscriber)).sender.phone == phone


@pytest.mark.parametrize("key", ["channelType", "imType"])
@pytest.mark.parametrize(
    ("network", "phone"),
    [
        *((network, "+79001234567") for network in ("WHATSAPP", "viber", "SMS", "", None)),
        *((network, None) for network in ("MAX", "MAX_BOT", "TELEGRAM", "VK", "OK", "INSTAGRAM")),
    ],
)
@pytest.mark.row("client → operator", "edna Pulse", "any type, {key} {network}", "the same, its author's phone {phone}")
def test_an_id_in_a_network_whose_addresses_are_no_phones_is_none(key: str, network: Any, phone: str | None) -> None:
    bare = pulse(**{key: network})
    assert message(bare).sender.phone == phone
    named = {"identifier": "194089500", "identifiers": [{"type": "PHONE", "value": "79001234567"}]}
    assert message(pulse(**{key: network}, subscriber=named)).sender.phone == "+79001234567"


@pytest.mark.row(
    "client → operator", "edna Pulse", "any type without `subjectId`", "the same, its channel the `subject`"
)
def test_without_its_number_a_channel_is_known_by_its_name() -> None:
    assert message(pulse(subjectId=None)).conversation_id == "v1.default.shop_wa.79001234567"


@pytest.mark.parametrize(
    "identifiers", [[{"type": "PHONE", "value": "+79001234567"}], {"type": "PHONE", "value": 79001234567}]
)
@pytest.mark.row(
    "client → operator", "edna Pulse", "any type without `identifier`, `identifiers` {identifiers}", "the same"
)
def test_without_its_identifier_a_client_is_known_by_the_only_one_that_is_listed(identifiers: Any) -> None:
    assert message(pulse(subscriber={"id": 202, "identifiers": identifiers})) == message(pulse())


def test_a_quoted_message_of_ours_is_named_by_its_amojo_id() -> None:
    assert message(pulse(replyOutMessageExternalRequestId=REQUEST_ID)).reply_to == REQUEST_ID
    assert message(pulse(replyOutMessageExternalRequestId="campaign-é")).reply_to is None


def test_a_quoted_message_under_an_id_that_edna_chose_is_not_named_to_amojo() -> None:
    assert message(pulse(replyOutMessageExternalRequestId="01987f4a-069e-730e-bf59-cedc1e633490")).reply_to is None
    ours = request_id("m-1234567890-7")  # the 15th character decides only in a UUID
    assert ours[14] == "7" or message(pulse(replyOutMessageExternalRequestId=ours)).reply_to == "m-1234567890-7"


def test_a_quoted_message_of_the_client_is_named_by_its_edna_id() -> None:
    assert message(pulse(replyInMessageId=14558923000)).reply_to_own == "14558923000"
    assert message(pulse(replyInMessageId=None)).reply_to_own is None
    assert message(pulse(replyInMessageId="x" * 300)).reply_to_own is None


@pytest.mark.parametrize("avatar", ["", None, "nothing", "ftp://f/a.jpg", "https://", {"url": "https://f/a.jpg"}])
def test_an_avatar_that_is_no_web_address_is_none(avatar: Any) -> None:
    assert message(pulse(userInfo={"userName": "Анна", "avatarUrl": avatar})).sender.avatar is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"id": None}, "id"),
        ({"id": True}, "id"),
        ({"id": "x" * 300}, "id"),
        ({"subjectId": "", "subject": None}, "subjectId"),
        ({"subscriber": None}, "subscriber.identifier"),
        (
            {"subscriber": {"identifiers": [{"type": "PHONE", "value": "7"}, {"type": "MAX_ID", "value": "8"}]}},
            "subscriber.identifier",
        ),
        ({"messageContent": []}, "messageContent"),
        ({"messageContent": None}, "messageContent"),
        ({"messageContent": {"text": "x"}}, "messageContent.type"),
    ],
)
@pytest.mark.row("client → operator", "edna Pulse", "any type with {changes}", "quarantine, reason `unusable`: {field}")
def test_a_pulse_message_without_what_it_needs_names_the_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Unusable) as raised:
        read(pulse(**changes))
    assert raised.value.field == field


@pytest.mark.row("client → operator", "edna README form", "text", "`text` in the channel of its `imType`")
def test_the_readme_message_has_its_im_type_as_channel() -> None:
    event = message(readme())
    assert event.event_id == "edna.default.whatsapp.msg-12345"
    assert event.conversation_id == "v1.default.whatsapp.79001234567"
    assert event.content.text == "Здравствуйте, у меня вопрос!"
    assert event.sender.phone == "+79001234567"


@pytest.mark.parametrize("from_client", [False, "false", "False", 0])
@pytest.mark.row("client → operator", "edna README form", "`fromClient` {from_client}", "counted as `echo`")
def test_an_echo_of_ours_is_ignored(from_client: Any) -> None:
    assert read(readme(fromClient=from_client)) == Ignored("echo")


@pytest.mark.parametrize(
    ("changes", "field"), [({"id": ""}, "id"), ({"subject": None}, "subject"), ({"text": ""}, "text")]
)
@pytest.mark.row(
    "client → operator", "edna README form", "text with {changes}", "quarantine, reason `unusable`: {field}"
)
def test_a_readme_message_without_what_it_needs_names_the_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Unusable) as raised:
        read(readme(**changes))
    assert raised.value.field == field


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        (
            {
                "id": 7,
                "name": "t",
                "channelType": "WHATSAPP",
                "language": "RU",
                "category": "UTILITY",
                "status": "APPROVED",
            },
            "template",
        ),
        (
            {"type": "message_matcher.category_changed", "timestamp": "x", "payload": {"id": 7, "name": "t"}},
            "template category",
        ),
        ({"type": "LINK_CLICK", "timestamp": "x", "payload": {"url": "https://shop/1"}}, "click"),
        ({"type": "whatsapp.call.ended", "timestamp": "x", "payload": {"duration": 7}}, "call"),
    ],
)
@pytest.mark.row("status", "edna, other callbacks", "{document}", "counted as {kind}")
def test_what_edna_tells_of_other_things_is_counted_and_not_kept(document: dict[str, Any], kind: str) -> None:
    assert read(document) == Ignored(kind)


TEMPLATE = {"id": 7, "name": "t", "channelType": "WHATSAPP", "language": "RU", "category": "UTILITY"}


@pytest.mark.parametrize(
    "document",
    [
        *({}, {"hello": "world"}, "text", 42, None, [], True),
        *(
            {name: said for name, said in TEMPLATE.items() if name != each}
            for each in ("channelType", "language", "category")
        ),
    ],
)
@pytest.mark.row("status", "edna, other callbacks", "{document}", "quarantine, reason `unknown`")
def test_what_nobody_sends_is_set_aside_as_unknown(document: Any) -> None:
    assert aside(document) is QuarantineReason.UNKNOWN


NULL_OF_OTHERS = dict.fromkeys(
    ("messageContent", "dlvStatus", "imOutMessageId", "imSubject", "imSubjectId", "status", "requestId", "fromClient")
)


@pytest.mark.parametrize("nothing", [None, ""])
@pytest.mark.parametrize("form", [pulse(), pulse_status(), legacy(), legacy_status(), readme()])
@pytest.mark.row("client → operator", "edna, every dialect", "null under the keys of other dialects", "the same")
def test_null_under_a_key_of_another_dialect_says_nothing(form: dict[str, Any], nothing: Any) -> None:
    others = {key: nothing for key in NULL_OF_OTHERS if key not in form}
    assert read({**others, **form}) == read(form)


def test_null_says_nothing_in_the_short_forms_either() -> None:
    assert read({"requestId": REQUEST_ID, "status": "READ", "dlvStatus": None, "fromClient": None}) == read(
        {"requestId": REQUEST_ID, "status": "READ"}
    )
    assert read({"id": "msg-1", "status": "read", "requestId": None}) == read({"id": "msg-1", "status": "read"})
    assert read(readme(fromClient=None)) == read(readme())
    assert aside({"hello": "world", "imSubject": None, "fromClient": None}) is QuarantineReason.UNKNOWN


def test_a_lone_surrogate_is_replaced_so_that_the_event_can_be_written() -> None:
    event = message(pulse(messageContent={"type": "TEXT", "text": "a\ud800b"}))
    assert event.content.text == "a?b"


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FORMS = [pulse(), pulse_status(), readme(), legacy(), legacy_status()]
KEYS = sorted({*(key for form in FORMS for key in form), "attachment", "type"})
NESTED = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("type", "text", "identifier", "identifiers", "userName", "value"), ODD)
)


CHANGES = st.dictionaries(st.sampled_from(KEYS), ODD | NESTED, max_size=4)
CHANGED = st.builds(lambda whole, changes: {**whole, **changes}, st.sampled_from(FORMS), CHANGES)


@given(CHANGED | CHANGES | ODD)
def test_whatever_comes_is_recognised_or_unusable_and_never_another_error(document: Any) -> None:
    try:
        found = read(document)
    except Unusable:
        return
    if isinstance(found, InboundMessage | StatusUpdate):
        assert found.model_dump_json().encode()
