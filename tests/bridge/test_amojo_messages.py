"""A client's message as amojo wants it: every type a row, and the strict types of amojo.md §3 on all of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.amojo.requests import Bound, chat, new_message
from bridge.edna.webhooks import Reading, parse
from bridge.errors import Unusable
from bridge.events import Contact, Content, ContentType, InboundMessage, Location, Person
from sandbox.amojo.shapes import wrong_message
from tests.bridge.vendor_forms import CONTENT_KEYS, OURS, REQUEST_ID, pulse_content

READING = Reading("whatsapp", "RU")
URL = "https://files.example.com/a.bin"


def inbound(content: Content, **changes: Any) -> InboundMessage:
    values: dict[str, Any] = {
        "event_id": "edna.default.345.9",
        "channel": "345",
        "address": "79001234567",
        "conversation_id": OURS,
        "accepted_at": 1_700_000_000_123,
        "message_id": "9",
        "content": content,
    }
    return InboundMessage(**values | changes)


def payload(event: InboundMessage, **options: Any) -> dict[str, Any]:
    """The payload that is made, after amojo's own rules have passed it."""
    body = json.loads(new_message(event, **options))
    assert body["event_type"] == "new_message"
    assert wrong_message(body["payload"]) is None, body
    found = body["payload"]
    assert isinstance(found, dict)
    return found


def message(content: Content, **options: Any) -> Any:
    return payload(inbound(content), **options)["message"]


def file(kind: ContentType, **changes: Any) -> Content:
    return Content(**{"type": kind, "url": URL, "name": "a.bin", "size": 7, "duration_s": 5, **changes})


NAMED = {"file_name": "a.bin", "file_size": 7}
ROWS: list[tuple[Content, dict[str, Any]]] = [
    (Content(type=ContentType.TEXT, text="Здравствуйте"), {"type": "text", "text": "Здравствуйте"}),
    (Content(type=ContentType.TEXT, text="Да", payload="yes-1"), {"type": "text", "text": "Да"}),
    (
        Content(type=ContentType.TEXT, text="Вторник", payload="row-2", kind="list"),
        {"type": "text", "text": "Вторник", "callback_data": "row-2"},
    ),
    (file(ContentType.PICTURE, text="Вот"), {"type": "picture", "text": "Вот", "media": URL, **NAMED}),
    (file(ContentType.FILE), {"type": "file", "media": URL, **NAMED}),
    (file(ContentType.VIDEO), {"type": "video", "media": URL, **NAMED, "media_duration": 5}),
    (file(ContentType.AUDIO), {"type": "audio", "media": URL, **NAMED, "media_duration": 5}),
    (file(ContentType.VOICE), {"type": "voice", "media": URL, "file_size": 7, "media_duration": 5}),
    (file(ContentType.STICKER), {"type": "sticker", "media": URL}),
    (file(ContentType.FILE, name=None, size=None, duration_s=None), {"type": "file", "media": URL}),
    (
        Content(type=ContentType.LOCATION, location=Location(latitude=55.75, longitude=37)),
        {"type": "location", "location": {"lon": 37.0, "lat": 55.75}},
    ),
    (
        Content(type=ContentType.LOCATION, location=Location(latitude=55.75, longitude=37.61, address="Тверская, 1")),
        {"type": "location", "text": "Тверская, 1", "location": {"lon": 37.61, "lat": 55.75}},
    ),
    (
        Content(type=ContentType.CONTACT, contact=Contact(name="Пётр", phone="+79990000002")),
        {"type": "contact", "contact": {"name": "Пётр", "phone": "+79990000002"}},
    ),
    (
        Content(type=ContentType.CONTACT, contact=Contact(phone="+79990000002"), text="Анна 112"),
        {"type": "contact", "text": "Анна 112", "contact": {"name": "+79990000002", "phone": "+79990000002"}},
    ),
    (Content(type=ContentType.CONTACT, contact=Contact(name="Пётр")), {"type": "text", "text": "Пётр"}),
    (Content(type=ContentType.TEXT, text="👍", kind="reaction"), {"type": "text", "text": "Реакция: 👍"}),
    (Content(type=ContentType.TEXT, text="id: 1", kind="order"), {"type": "text", "text": "Заказ:\nid: 1"}),
    (Content(type=ContentType.TEXT, text="Смотрите", kind="hologram"), {"type": "text", "text": "Смотрите"}),
]


@pytest.mark.parametrize(("content", "expected"), ROWS)
@pytest.mark.row("client → operator", "amojo `new_message`", "{content}", "{expected}")
def test_each_content_has_a_form_that_amojo_takes(content: Content, expected: dict[str, Any]) -> None:
    assert message(content) == expected


def test_coordinates_are_numbers_with_a_fraction_as_amojo_asks() -> None:
    body = new_message(inbound(Content(type=ContentType.LOCATION, location=Location(latitude=55, longitude=37))))
    assert b'"location":{"lon":37.0,"lat":55.0}' in body


@pytest.mark.parametrize(
    ("content", "language", "said"),
    [
        (Content(type=ContentType.UNSUPPORTED, kind="poll"), "ru",
         "Клиент отправил то, что здесь показать нельзя: опрос"),
        (Content(type=ContentType.UNSUPPORTED, kind="poll"), "en", "The client sent what cannot be shown here: a poll"),
        (Content(type=ContentType.UNSUPPORTED, kind="hologram", text="Вот"), "ru",
         "Клиент отправил то, что здесь показать нельзя: hologram\nВот"),
        (Content(type=ContentType.UNSUPPORTED), "ru",
         "Клиент отправил то, что здесь показать нельзя: сообщение неизвестного вида"),
        (Content(type=ContentType.TEXT, text="", kind="text"), "ru",
         "Клиент отправил то, что здесь показать нельзя: пустое сообщение"),
        (Content(type=ContentType.LOCATION, kind="location"), "ru",
         "Клиент отправил то, что здесь показать нельзя: место без координат"),
        (Content(type=ContentType.TEXT, text="id: 1", kind="order"), "en", "Order:\nid: 1"),
    ],
)  # fmt: skip
@pytest.mark.row("client → operator", "amojo `new_message`", "{content}, language {language}", "{said}")
def test_what_cannot_be_shown_is_said_in_the_operators_language(content: Content, language: str, said: str) -> None:
    assert message(content, language=language) == {"type": "text", "text": said}


def test_a_file_goes_under_the_link_that_is_published_for_it() -> None:
    assert message(file(ContentType.PICTURE), link=lambda content: f"https://relay/{content.name}")["media"] == (
        "https://relay/a.bin"
    )


@pytest.mark.row("client → operator", "amojo `new_message`", "a file that cannot be published", "`text` with its link")
def test_a_file_that_cannot_be_published_leaves_its_link_in_the_text() -> None:
    said = message(file(ContentType.PICTURE, text="Вот"), link=lambda _content: None)
    assert said == {"type": "text", "text": f"Изображение «a.bin»: {URL}\nВот"}


@pytest.mark.parametrize(
    ("kind", "russian", "english"),
    [
        (ContentType.PICTURE, "изображение", "a picture"),
        (ContentType.VIDEO, "видео", "a video"),
        (ContentType.AUDIO, "аудио", "an audio file"),
        (ContentType.VOICE, "голосовое сообщение", "a voice message"),
        (ContentType.STICKER, "стикер", "a sticker"),
        (ContentType.FILE, "файл", "a file"),
    ],
)
@pytest.mark.row(
    "client → operator", "amojo `new_message`", "{kind} without any link", "`text` that names it: {russian}, {english}"
)
def test_a_file_without_any_link_is_said_to_be_one(kind: ContentType, russian: str, english: str) -> None:
    said = message(Content(type=kind), link=lambda _content: None)
    assert said == {"type": "text", "text": f"Клиент отправил файл, который отсюда не получить: {russian}"}
    assert message(Content(type=kind), language="en")["text"].endswith(f": {english}")


TEXT = Content(type=ContentType.TEXT, text="ok")


@pytest.mark.row(
    "client → operator", "amojo `new_message`", "any type that quotes a message", "`reply_to` with that message"
)
def test_a_quoted_message_is_named_by_amojos_id_or_by_our_own() -> None:
    assert payload(inbound(TEXT, reply_to=REQUEST_ID))["reply_to"] == {"message": {"id": REQUEST_ID}}
    assert payload(inbound(TEXT, reply_to_own="8"))["reply_to"] == {"message": {"msgid": "edna.default.345.8"}}
    assert "reply_to" not in payload(inbound(TEXT))


@pytest.mark.parametrize(
    ("channel", "source"),
    [
        ("345", {"external_id": "345"}),
        ("x" * 36, {"external_id": "x" * 36}),
        ("x" * 37, None),
        ("канал", None),
        ("", None),
    ],
)
def test_the_channel_is_named_as_the_source_when_that_is_asked_for_and_amojo_can_take_it(
    channel: str, source: Any
) -> None:
    assert payload(inbound(TEXT, channel=channel), sources=True).get("source") == source
    assert "source" not in payload(inbound(TEXT, channel=channel))


def test_a_chat_that_an_operator_began_is_bound_by_amojos_ids() -> None:
    found = payload(inbound(TEXT), bound=Bound("k-1", "r-1"))
    assert (found["conversation_ref_id"], found["sender"]["ref_id"]) == ("k-1", "r-1")
    assert (found["conversation_id"], found["sender"]["id"]) == (OURS, OURS)
    assert "ref_id" not in payload(inbound(TEXT), bound=Bound("k-1"))["sender"]


@pytest.mark.parametrize(
    ("sender", "address", "name"),
    [
        (Person(name="Анна", phone="+79001234567"), "79001234567", "Анна"),
        (Person(phone="+79001234567"), "194089500", "+79001234567"),
        (Person(), "79001234567", "+79001234567"),
        (Person(), "194089500", "194089500"),
        (Person(), "1940895001", "1940895001"),
        (Person(), "some.user", "some.user"),
        (Person(), "", "Клиент"),
    ],
)
def test_a_client_is_called_by_the_name_else_the_phone_else_the_address(
    sender: Person, address: str, name: str
) -> None:
    event = inbound(TEXT, sender=sender, address=address)
    assert payload(event)["sender"]["name"] == name
    assert json.loads(chat(event))["user"]["name"] == name


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20) | st.just(URL),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(("url", "name", "phone", "latitude", "longitude", "title", "x")), inner)
    ),
    max_leaves=6,
)
TYPES = (
    "TEXT IMAGE VIDEO AUDIO VOICE DOCUMENT STICKER LOCATION CONTACT LIST FLOW ORDER STORY REACTION X "
    "CONVERSATION_STARTED CALL_PERMISSION_REPLY"
)


@given(st.sampled_from(TYPES.split()), st.dictionaries(st.sampled_from(CONTENT_KEYS.split()), ODD, max_size=4))
def test_whatever_a_client_sends_has_a_form_that_amojo_takes(kind: str, said: dict[str, Any]) -> None:
    try:
        event = parse(pulse_content(kind, **said), READING)
    except Unusable:
        return
    if isinstance(event, InboundMessage):
        found = payload(event.model_copy(update={"accepted_at": 1_700_000_000_123}), sources=True)
        assert found["message"]["type"] != "text" or found["message"]["text"].strip()
        again = InboundMessage.model_validate_json(event.model_dump_json(exclude_none=True))
        assert new_message(again) == new_message(event)
