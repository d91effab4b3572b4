"""What a client sent: each type of `messageContent` a row, as edna writes it (edna.md §4) and as it breaks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bridge.edna.webhooks import parse
from bridge.events import Content, ContentType, InboundMessage, Location
from bridge.shapes import Ignored
from tests.bridge.edna_contents import NULLS, READING, content, file, read
from tests.bridge.vendor_forms import REQUEST_ID, pulse, pulse_content

PLACE = Location(latitude=55.75, longitude=37.61)
ROW = {"title": "Вторник", "subtitle": "10:00", "identifier": "row-2"}
TEXTS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("TEXT", {"text": "Да", "payload": "yes-1"}, {"text": "Да", "payload": "yes-1"}),
    ("TEXT", {"text": None, "payload": "yes-1"}, {"text": "yes-1", "payload": "yes-1"}),
    ("TEXT", {"text": " ", "caption": "Да"}, {"text": "Да"}),
    ("TEXT", {"text": "Да", "caption": "Ответ"}, {"text": "Ответ\nДа"}),
    ("TEXT", {"text": None, "payload": {"id": "yes-1"}}, {"text": "id: yes-1"}),
    ("TEXT", {"text": "Да", "product": {"id": None}}, {"text": "Да"}),
    ("TEXT", {"text": "Да", "order": {"id": None, "items": [{"id": None}]}}, {"text": "Да"}),
    ("TEXT", {"text": "Да", "story": {"url": None}}, {"text": "Да"}),
    ("TEXT", {"text": "Да", "reaction": {"emoji": None}}, {"text": "Да"}),
    ("TEXT", {"text": "Да", "callPermissionReply": {"response": None}}, {"text": "Да"}),
    ("TEXT", {"text": "Да", "attachment": NULLS, "location": {"latitude": None}}, {"text": "Да"}),
    ("TEXT", {"text": "Да", "payload": "yes-1", "items": [None]}, {"text": "Да", "payload": "yes-1"}),
    ("TEXT", {"text": "Вот", "contact": {"company": "Лес"}}, {"text": "Вот\ncompany: Лес"}),
    ("TEXT", {"text": 5}, {"text": "5"}),
    ("TEXT", {"text": "Есть?", "product": {"id": "p-1"}}, {"text": "Есть?\nid: p-1", "kind": "product"}),
    ("text", {"text": " a \n"}, {"text": " a \n"}),
    ("LIST", {"items": [ROW]}, {"text": "Вторник\n10:00", "payload": "row-2", "kind": "list"}),
    ("LIST", {"items": [ROW], "text": "Вторник"}, {"text": "Вторник", "payload": "row-2", "kind": "list"}),
    ("LIST", {"items": [{"identifier": 7}]}, {"text": "7", "payload": "7", "kind": "list"}),
    ("LIST", {"items": [ROW, {"title": "Среда"}]}, {"text": "Вторник\n10:00\nСреда", "kind": "list"}),
    ("LIST", {"items": ["Вторник", "Среда"]}, {"text": "Вторник\nСреда", "kind": "list"}),
    ("LIST", {"items": {"day": "Среда"}}, {"text": "day: Среда", "kind": "list"}),
    ("FLOW", {"text": '{"flow_token":"t-1","city":"Тула","n":2,"ok":true,"no":null}'},
     {"text": "city: Тула\nn: 2\nok: true", "kind": "flow"}),
    ("FLOW", {"text": '{"who":{"name":"Анна","kids":["А","Б"]}}'},
     {"text": "who: name: Анна, kids: А; Б", "kind": "flow"}),
    ("FLOW", {"text": '{"flowToken":"t-1","@type":"x","city":"Тула"}'}, {"text": "city: Тула", "kind": "flow"}),
    ("FLOW", {"text": "not json"}, {"text": "not json", "kind": "flow"}),
    ("FLOW", {"text": {"flow_token": "t-1", "city": "Тула"}}, {"text": "city: Тула", "kind": "flow"}),
    ("FLOW", {"text": '{"city":"Тула"}', "caption": "Адрес"}, {"text": "Адрес\ncity: Тула", "kind": "flow"}),
    ("ORDER", {"order": {"catalogId": 9, "items": [{"productId": "p-1", "quantity": 2}]}, "text": "Жду"},
     {"text": "Жду\ncatalogId: 9\nitems: productId: p-1, quantity: 2", "kind": "order"}),
    ("ORDER", {"order": {"id": 3}, "items": [{"title": "Стол"}]}, {"text": "id: 3\ntitle: Стол", "kind": "order"}),
    ("PRODUCT", {"product": {"id": "p-1"}}, {"text": "id: p-1", "kind": "product"}),
    ("CATALOG", {"catalog": {"id": 12}}, {"text": "id: 12", "kind": "catalog"}),
    ("STORY", {"text": "Класс", "story": {"url": "https://s/1"}}, {"text": "Класс\nhttps://s/1", "kind": "story"}),
    ("STORY", {"text": "Класс", "story": {"url": "javascript:x"}}, {"text": "Класс", "kind": "story"}),
    ("STORY", {"story": {"id": 7, "text": "Акция", "attachment": {"url": "https://s/1.jpg"}}},
     {"text": "text: Акция\nattachment: url: https://s/1.jpg", "kind": "story"}),
    ("STORY", {"story": {"url": "https://s/1", "text": "Акция"}},
     {"text": "text: Акция\nhttps://s/1", "kind": "story"}),
    ("STORY", {"story": "https://s/1"}, {"text": "https://s/1", "kind": "story"}),
    ("STORY", {"story": {"link": "https://s/1"}}, {"text": "https://s/1", "kind": "story"}),
    ("STORY", {"story": {"mediaUrl": "https://s/1"}}, {"text": "https://s/1", "kind": "story"}),
    ("STORY", {"text": "Класс", "story": "Акция"}, {"text": "Класс\nАкция", "kind": "story"}),
    ("POLL", {"text": "Когда?", "poll": {"options": ["Утром", "Вечером"]}},
     {"text": "Когда?\noptions: Утром; Вечером", "kind": "poll"}),
    ("REACTION", {"text": "👍"}, {"text": "👍", "kind": "reaction"}),
    ("REACTION", {"reaction": {"emoji": "👍"}}, {"text": "👍", "kind": "reaction"}),
    ("REACTION", {"reaction": {"text": "👍"}}, {"text": "👍", "kind": "reaction"}),
    ("REACTION", {"reaction": {"value": "👍", "messageId": 5}}, {"text": "value: 👍", "kind": "reaction"}),
    ("REACTION", {"emoji": {"code": "👍", "message_id": 5}}, {"text": "code: 👍", "kind": "reaction"}),
    ("REACTION", {"emoji": "👍"}, {"text": "👍", "kind": "reaction"}),
    ("REACTION", {"payload": "👍"}, {"text": "👍", "kind": "reaction"}),
    ("TEXT", {"text": "Да", "reaction": {"emoji": "👍"}}, {"text": "👍\nДа", "kind": "reaction"}),
    ("TEXT", {"text": "Да", "callPermissionReply": {"response": "accept"}},
     {"text": "Да\nresponse: accept", "kind": "call_permission"}),
    ("CALL_PERMISSION_REPLY", {"callPermissionReply": {"response": "accept"}},
     {"text": "response: accept", "kind": "call_permission"}),
    ("CONVERSATION_STARTED", {"text": "Нужен мастер"}, {"text": "Нужен мастер", "kind": "conversation_started"}),
    ("CONVERSATION_STARTED", {"text": "/start", "payload": "promo-7"},
     {"text": "promo-7", "kind": "conversation_started"}),
    ("CONVERSATION_STARTED", {"text": "/start", "payload": "/start", "referral": {"headline": "Скидка"}},
     {"text": "→ Скидка", "kind": "conversation_started"}),
    ("BUTTON", {"text": "Да", "payload": "1"}, {"text": "Да", "payload": "1"}),
    ("HOLOGRAM", {"text": "Смотрите"}, {"text": "Смотрите", "kind": "hologram"}),
    ("HOLOGRAM", {"order": {"id": 3}}, {"text": "id: 3", "kind": "order"}),
    ("HOLOGRAM", {"reaction": "👍"}, {"text": "👍", "kind": "reaction"}),
    ("CALL", {"text": "Да", "callPermissionReply": {"x": None}}, {"text": "Да", "kind": "call"}),
    ("ORDER", {"text": "Жду"}, {"text": "Жду", "kind": "order"}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "said", "expected"), TEXTS)
@pytest.mark.row("client → operator", "edna Pulse", "{kind} {said}", "`text` {expected}")
def test_what_can_be_read_is_a_text(kind: str, said: dict[str, Any], expected: dict[str, Any]) -> None:
    assert content(kind, **said) == Content(type=ContentType.TEXT, **expected)


@pytest.mark.parametrize(
    "said",
    [
        {"location": {"latitude": 55.75, "longitude": 37.61}},
        {"location": {"latitude": "55.75", "longitude": "37,61", "address": ""}},
        {"latitude": "55.75", "longitude": "37.61"},
    ],
)
@pytest.mark.row("client → operator", "edna Pulse", "`LOCATION` {said}", "`location`")
def test_a_place_has_degrees_whether_they_come_as_numbers_or_strings(said: dict[str, Any]) -> None:
    assert content("LOCATION", **said) == Content(type=ContentType.LOCATION, location=PLACE)
    if "location" in said:
        assert content("HOLOGRAM", **said) == content("LOCATION", **said)


@pytest.mark.parametrize("beside", [{"address": "Тверская, 1"}, {"locationAddress": "Тверская, 1"}])
@pytest.mark.row("client → operator", "edna Pulse", "`LOCATION` with {beside}", "`location` with its address")
def test_a_place_has_its_address_under_either_name(beside: dict[str, str]) -> None:
    found = content("LOCATION", location={"latitude": 55.75, "longitude": 37.61, **beside}).location
    assert found == Location(latitude=55.75, longitude=37.61, address="Тверская, 1")
    outside = content(
        "LOCATION", location={"latitude": 55.75, "longitude": 37.61}, locationAddress="Тверская, 1"
    ).location
    assert outside == found


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (None, None), ({}, None), ({"latitude": 1}, "latitude: 1"),
        ({"latitude": "x", "longitude": 1}, "latitude: x, longitude: 1"),
        ({"latitude": "nan", "longitude": 1}, "latitude: nan, longitude: 1"),
        ({"latitude": 91, "longitude": 1}, "latitude: 91, longitude: 1"),
        ({"latitude": 1, "longitude": "inf"}, "latitude: 1, longitude: inf"),
        ([{"latitude": 1, "longitude": 2}], "latitude: 1, longitude: 2"),
    ],
)  # fmt: skip
@pytest.mark.row("client → operator", "edna Pulse", "`LOCATION` of {place}", "`unsupported` that names it, and {words}")
def test_a_place_without_coordinates_is_said_to_be_one(place: Any, words: str | None) -> None:
    shown = f"location: {words}" if words else None
    assert content("LOCATION", location=place) == Content(type=ContentType.UNSUPPORTED, kind="location", text=shown)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("TEXT", {"text": ""}), ("TEXT", {"text": None}), ("CONTACT", {"contact": {}}), ("CONTACT", {"contact": None}),
        ("LIST", {"items": []}), ("FLOW", {"text": ""}), ("ORDER", {"order": None}), ("STORY", {"story": {}}),
        ("DOCUMENT", {"attachment": NULLS}), ("AUDIO", {"attachment": None}), ("POLL", {}), ("HOLOGRAM", {"x": None}),
        ("LIST", {"items": [None, {"title": None}]}), ("CALL", {"callPermissionReply": {"response": None}}),
    ],
)  # fmt: skip
@pytest.mark.row("client → operator", "edna Pulse", "{kind} {said}", "`unsupported` that names it")
def test_what_cannot_be_shown_is_said_and_never_passed_over(kind: str, said: dict[str, Any]) -> None:
    assert content(kind, **said) == Content(type=ContentType.UNSUPPORTED, kind=kind.lower())


@pytest.mark.parametrize(
    ("kind", "said", "words"),
    [
        ("HOLOGRAM", {"x": {"y": 1}}, "x: y: 1"),
        ("TEXT", {"text": {"body": "Да"}}, "text: body: Да"),
        ("TEXT", {"text": ["Да"]}, "text: Да"),
        ("DOCUMENT", {"attachment": {"link": "https://f/1.pdf"}}, "link: https://f/1.pdf"),
        ("CONTACT", {"contact": {"company": "Лес"}}, "contact: company: Лес"),
        ("STORY", {"story": {"id": 7}}, "story: id: 7"),
        ("TEXT", {"referral": {"headline": "Скидка"}}, "→ Скидка"),
    ],
)
@pytest.mark.row("client → operator", "edna Pulse", "{kind} {said}", "`unsupported` that names it, and {words}")
def test_what_stands_in_a_form_that_nobody_knows_is_shown_in_words(kind: str, said: dict[str, Any], words: str) -> None:
    assert content(kind, **said) == Content(type=ContentType.UNSUPPORTED, kind=kind.lower(), text=words)


@pytest.mark.parametrize(
    ("kind", "said", "word"),
    [
        ("CONVERSATION_STARTED", {"text": "/start"}, "conversation_started"),
        ("CONVERSATION_STARTED", {"text": None}, "conversation_started"),
        ("REACTION", {"text": ""}, "reaction"),
        ("REACTION", {"reaction": {"emoji": None}}, "reaction"),
        ("REACTION", {"reaction": {"emoji": "", "messageId": 5, "message_id": "x"}}, "reaction"),
        ("CONVERSATION_STARTED", {"text": "/start", "payload": "", "referral": {}}, "conversation_started"),
    ],
)
@pytest.mark.row("client → operator", "edna Pulse", "{kind} {said}", "counted as {word}")
def test_what_says_nothing_to_an_operator_is_counted(kind: str, said: dict[str, Any], word: str) -> None:
    assert read(kind, **said) == Ignored(word)


@pytest.mark.row("client → operator", "edna Pulse", "any type with a `referral`", "the same, a line more in its text")
def test_the_advertisement_that_a_client_came_by_is_a_line_beside_what_the_client_wrote() -> None:
    referral = {"sourceUrl": "https://ad/1", "headline": "Скидка", "sourceType": "ad"}
    assert content("TEXT", text="Привет", referral=referral).text == "Привет\n→ Скидка https://ad/1"
    assert content("IMAGE", attachment=file("jpg"), referral=referral).text == "→ Скидка https://ad/1"
    assert content("TEXT", text="Привет", referral={"x": 1}).text == "Привет"
    assert content("TEXT", text="Привет", referral="https://ad/1").text == "Привет\n→ https://ad/1"
    assert content("TEXT", text="Привет", referral=[referral, None, "x"]).text == "Привет\n→ Скидка https://ad/1\n→ x"


def test_a_reaction_names_the_message_that_it_is_about() -> None:
    told = {**pulse_content("REACTION", text="👍"), "replyOutMessageExternalRequestId": REQUEST_ID}
    found = parse(told, READING)
    assert isinstance(found, InboundMessage)
    assert found.reply_to == REQUEST_ID


def test_the_answers_of_a_form_are_read_to_a_depth_and_a_number_that_people_read() -> None:
    deep = content("FLOW", text='{"a":' * 500 + "1" + "}" * 500).text or ""
    assert deep.endswith("…")
    deepest = content("FLOW", text='{"a":' * 100_000 + "1" + "}" * 100_000).text or ""
    assert deepest.startswith('{"a":')
    long = content("FLOW", text=json.dumps({f"q{number}": number for number in range(1000)})).text or ""
    assert len(long.splitlines()) == 60


def test_a_type_of_another_form_than_a_word_is_unusable_and_a_long_one_is_cut() -> None:
    assert content("X" * 100).kind == "x" * 40
    event = parse(pulse(messageContent={"type": "text", "text": "ok"}), READING)
    assert isinstance(event, InboundMessage)
