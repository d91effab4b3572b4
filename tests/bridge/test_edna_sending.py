"""Operators' messages as calls of edna: bodies, ids, parts and ways (edna.md §0, §2, §7)."""

from __future__ import annotations

import json

import pytest

from bridge.edna.channels import Directory, Profile, Route
from bridge.edna.requests import renewed, rerouted, send_requests
from bridge.errors import CannotCarry
from bridge.events import Content, ContentType
from bridge.settings import LEGACY_PATHS, Settings
from tests.bridge.edna_forms import (
    BY_NUMBER,
    CAPTIONED,
    FILLED,
    LIST,
    PLACE,
    ROUTES,
    SCHEDULE,
    SECOND,
    TEMPLATED,
    TEXT,
    UUID,
    at,
    calls,
    file,
    message,
    text,
)
from tests.bridge.edna_rows import TABLE, Row


@pytest.mark.row("operator → client", "edna: {row.channel}", "{row.name}", "{row.bodies}")
@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.channel}: {row.name}")
def test_each_type_goes_as_its_method_wants_it(row: Row) -> None:
    made = calls(row.content, row.channel)
    assert [json.loads(one.body) for one in made] == row.bodies
    path = BY_NUMBER if "templateId" in row.bodies[0] else ROUTES[row.channel].path
    assert {one.path for one in made} == {path}
    assert made == calls(row.content, row.channel), "a repeat is the same to the byte"


OWN_IDS = ("whatsapp", "viber", "sms", "any other type", "legacy", "old legacy")


@pytest.mark.parametrize("channel", ROUTES)
def test_only_methods_that_take_an_id_of_ours_have_one_to_repeat(channel: str) -> None:
    [call] = calls(TEXT, channel)
    assert call.request_id == (UUID if channel in OWN_IDS else None)
    assert (UUID in call.body.decode()) is (call.request_id is not None)


@pytest.mark.parametrize("channel", ROUTES)
def test_a_message_of_which_nothing_can_be_sent_cannot_be_carried(channel: str) -> None:
    with pytest.raises(CannotCarry, match="poll"):
        calls(Content(type=ContentType.UNSUPPORTED, kind="poll"), channel)
    with pytest.raises(CannotCarry, match="without text or file"):
        calls(Content(type=ContentType.TEXT, text=" "), channel)


@pytest.mark.row("operator → client", "edna: any channel", "a file that is not there, with words", "a dead letter")
@pytest.mark.parametrize("channel", ROUTES)
def test_words_beside_what_cannot_be_carried_do_not_go_alone_as_if_they_were_all(channel: str) -> None:
    for template in (None, TEMPLATED.template):
        with pytest.raises(CannotCarry, match="picture"):
            calls(
                Content(type=ContentType.UNSUPPORTED, kind="picture", text=TEMPLATED.text, template=template), channel
            )
    with pytest.raises(CannotCarry, match="neither link nor name"):
        calls(Content(type=ContentType.PICTURE, text="вот счёт"), channel)


def test_a_template_goes_by_its_number_only_where_the_name_of_the_channel_is_known() -> None:
    [call] = send_requests(message(TEMPLATED), Route(SCHEDULE, "WHATSAPP", "", "111"))
    assert json.loads(call.body) == text(FILLED)


def test_a_template_with_a_file_has_it_as_its_header() -> None:
    content = TEMPLATED.model_copy(update={"type": ContentType.FILE, "url": at("offer.pdf"), "name": "offer.pdf"})
    [call] = calls(content, "whatsapp")
    assert json.loads(call.body)["attachment"] == {"url": at("offer.pdf"), "name": "offer.pdf"}


def test_a_template_of_which_a_part_has_no_place_at_its_number_goes_as_what_it_says() -> None:
    unlinked = TEMPLATED.model_copy(update={"type": ContentType.FILE, "url": "file:///offer.pdf", "name": "offer.pdf"})
    [call] = send_requests(message(unlinked), ROUTES["whatsapp"], lambda _: None)
    assert json.loads(call.body) == text(f"{FILLED}\noffer.pdf")
    placed = TEMPLATED.model_copy(update={"type": ContentType.LOCATION, "location": PLACE.location})
    assert [one.path for one in calls(placed, "whatsapp")] == [SCHEDULE, SCHEDULE]
    listed = TEMPLATED.model_copy(update={"choice": LIST.choice})
    [call] = calls(listed, "whatsapp")
    assert "• Утро: до 12" in json.loads(call.body)["content"]["whatsappContent"]["text"]


def test_a_long_name_of_a_file_is_cut_before_its_extension() -> None:
    [call] = calls(file(ContentType.FILE, "б" * 90 + ".pdf"), "whatsapp")
    name = json.loads(call.body)["content"]["whatsappContent"]["attachment"]["name"]
    assert name == "б" * 66 + ".pdf"


def test_parts_have_ids_of_their_own_and_a_refused_one_the_next() -> None:
    first, last = calls(CAPTIONED, "whatsapp")
    again = renewed(message(CAPTIONED), ROUTES["whatsapp"], last)
    assert (first.request_id, last.request_id, again.request_id) == (UUID, SECOND, SECOND + "r1")
    assert json.loads(again.body) == json.loads(last.body) | {"requestId": SECOND + "r1"}
    for _ in range(9):
        again = renewed(message(CAPTIONED), ROUTES["whatsapp"], again)
    assert again.request_id is not None
    assert again.request_id.startswith("h-"), "the tenth is linked instead of decoded"


def test_a_call_that_waited_goes_the_new_way_under_its_id() -> None:
    [call] = calls(TEXT, "whatsapp")
    moved = rerouted(message(TEXT), Route(SCHEDULE, "WHATSAPP", "RETAIL_WA", "222"), call)
    assert json.loads(moved.body) == json.loads(call.body) | {"cascadeId": 222}
    assert moved.request_id == call.request_id


def words(count: int) -> str:
    """So many words of five letters, each its own."""
    return " ".join(f"{number:05}" for number in range(count))


def test_more_parts_than_ids_have_digits_for_cannot_be_carried() -> None:
    assert len(calls(Content(type=ContentType.TEXT, text=words(1494)), "viber")) == 9
    with pytest.raises(CannotCarry) as caught:
        calls(Content(type=ContentType.TEXT, text=words(1500)), "viber")
    assert caught.value.code == "too-long"


def test_parts_that_would_be_equal_are_numbered_as_edna_cancels_a_repeat() -> None:
    made = calls(Content(type=ContentType.TEXT, text="а" * 2000), "sms")
    said = [json.loads(one.body)["content"]["smsContent"]["text"] for one in made]
    assert said == ["а" * 994 + " (1/3)", "а" * 994 + " (2/3)", "а" * 12 + " (3/3)"]


def test_a_file_of_the_readme_form_has_words_even_where_it_has_no_name() -> None:
    [call] = calls(Content(type=ContentType.FILE, url="https://a.example/"), "readme")
    assert json.loads(call.body)["text"] == "file"


def test_nobody_is_written_to_first_by_a_bot_that_knows_no_phones() -> None:
    first = {"write_first": True, "chat_id": "chat"}
    assert json.loads(calls(TEXT, "max", **first)[0].body)["to"] == {"value": "79000000000", "type": "PHONE"}
    with pytest.raises(CannotCarry) as caught:
        calls(TEXT, "max bot", **first)
    assert caught.value.code == "no-address"


def test_a_legacy_channel_whose_name_is_not_told_goes_by_what_its_webhooks_call_it() -> None:
    directory = Directory.of([Profile("345", "test", "WHATSAPP", True)], [])
    settings = Settings(_env_file=None, edna_send_path=LEGACY_PATHS[0])
    for channel, subject in (("345", "test"), ("test", "test"), ("unheard", "unheard")):
        route = directory.route(channel, settings)
        assert route is not None
        [call] = send_requests(message(TEXT, channel=channel), route)
        assert json.loads(call.body)["subject"] == subject
