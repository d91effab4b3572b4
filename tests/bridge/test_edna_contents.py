"""What a client sent: each type of `messageContent` a row, as edna writes it (edna.md §4) and as it breaks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bridge.edna.webhooks import Reading, parse
from bridge.events import Contact, Content, ContentType, InboundMessage, Location
from bridge.shapes import Ignored
from tests.bridge.vendor_forms import REQUEST_ID, pulse, pulse_content

READING = Reading("whatsapp", "RU")
S3 = "https://files.mfms.ru/imfiles4s/shop/8f3a.{}?AWSAccessKeyId=imfiles4s&Expires=1700000000&Signature=a%2Bb%3D"
NULLS = {"url": None, "name": None, "size": None}


def read(kind: str, **said: Any) -> Content | Ignored:
    found = parse(pulse_content(kind, **said), READING)
    assert isinstance(found, InboundMessage | Ignored), found
    return found.content if isinstance(found, InboundMessage) else found


def content(kind: str, **said: Any) -> Content:
    found = read(kind, **said)
    assert isinstance(found, Content), found
    return found


def file(ending: str, **said: Any) -> dict[str, Any]:
    return {"url": S3.format(ending), "name": None, "size": None, **said}


@pytest.mark.parametrize(
    ("kind", "ending", "expected", "mime"),
    [
        ("IMAGE", "jpg", ContentType.PICTURE, "image/jpeg"),
        ("IMAGE", "webp", ContentType.PICTURE, "image/webp"),  # MAX Bot's round video; WhatsApp's sticker
        ("IMAGE", "mp4", ContentType.VIDEO, "video/mp4"),
        ("IMAGE", "strange", ContentType.PICTURE, None),
        ("VIDEO", "strange", ContentType.VIDEO, None),
        ("AUDIO", "strange", ContentType.AUDIO, None),
        ("VOICE", "strange", ContentType.VOICE, None),
        ("DOCUMENT", "strange", ContentType.FILE, None),
        ("STICKER", "webp", ContentType.STICKER, "image/webp"),
        ("VIDEO", "mp4", ContentType.VIDEO, "video/mp4"),
        ("AUDIO", "mp3", ContentType.AUDIO, "audio/mpeg"),
        ("AUDIO", "mpga", ContentType.VOICE, "audio/mpeg"),  # MAX Bot's voice note
        ("AUDIO", "ogg", ContentType.VOICE, "audio/ogg"),
        ("AUDIO", "oga", ContentType.VOICE, "audio/ogg"),
        ("AUDIO", "opus", ContentType.VOICE, "audio/opus"),
        ("AUDIO", "amr", ContentType.VOICE, "audio/amr"),
        ("VOICE", "mp3", ContentType.VOICE, "audio/mpeg"),
        ("DOCUMENT", "pdf", ContentType.FILE, "application/pdf"),
        ("DOCUMENT", "mp4", ContentType.VIDEO, "video/mp4"),  # MAX Bot's video from the gallery
        ("DOCUMENT", "jpg", ContentType.FILE, "image/jpeg"),  # sent so to keep its quality
        ("HOLOGRAM", "mp4", ContentType.VIDEO, "video/mp4"),
        ("HOLOGRAM", "glb", ContentType.FILE, None),
        ("TEXT", "png", ContentType.PICTURE, "image/png"),
        ("document", "pdf", ContentType.FILE, "application/pdf"),
    ],
)
@pytest.mark.row("client → operator", "edna Pulse", "{kind}, a file that ends in {ending}", "{expected}")
def test_a_file_is_what_edna_calls_it_unless_its_ending_knows_better(
    kind: str, ending: str, expected: ContentType, mime: str | None
) -> None:
    found = content(kind, attachment=file(ending))
    assert (found.type, found.mime) == (expected, mime)
    assert found.url == S3.format(ending)
    assert found.name == f"8f3a.{ending}"
    assert found.size is None
    assert found.text is None


@pytest.mark.parametrize("kind", ["IMAGE", "VIDEO", "AUDIO", "DOCUMENT", "VOICE"])
@pytest.mark.row("client → operator", "edna Pulse", "{kind} with a caption or a text", "the file, the words beside it")
def test_a_caption_stands_beside_its_file_and_the_text_stands_in_for_it(kind: str) -> None:
    assert content(kind, attachment=file("bin"), caption="Смотрите", text="x").text == "Смотрите"
    assert content(kind, attachment=file("bin"), caption=" ", text="Смотрите").text == "Смотрите"


@pytest.mark.parametrize(
    ("name", "url", "expected"),
    [
        ("Счёт № 5.pdf", "https://f/1.pdf", "Счёт № 5.pdf"),
        ("", "https://f/a/%D0%A1%D1%87%D1%91%D1%82.pdf?x=/y.jpg", "Счёт.pdf"),
        ("../../etc/passwd", "https://f/1", "passwd"),
        ("C:\\Users\\a\\b.doc", "https://f/1", "b.doc"),
        (None, "https://f/a/..%2F..%2Fsecret.txt", "secret.txt"),
        ("a\u202etxt\n.exe", "https://f/1", "atxt.exe"),
        ("..", "https://f/", None),
        (None, "https://f", None),
        ("ё" * 300 + ".pdf", "https://f/1", "ё" * 251 + ".pdf"),
        ("x" * 300, "https://f/1", "x" * 255),
    ],
)
def test_a_file_has_a_name_without_folders_of_at_most_255_characters(
    name: str | None, url: str, expected: str | None
) -> None:
    assert content("DOCUMENT", attachment={"url": url, "name": name}).name == expected


@pytest.mark.parametrize(
    ("size", "expected"),
    [(48213, 48213), ("48213", 48213), (2**33, 2**33), (0, None), (-1, None), ("many", None), (1.5, None),
     (True, None), ("9" * 50, None)],
)  # fmt: skip
def test_a_size_is_a_whole_number_of_bytes_or_unknown(size: Any, expected: int | None) -> None:
    assert content("DOCUMENT", attachment=file("pdf", size=size)).size == expected


@pytest.mark.parametrize(
    "url", [None, "", "null", "ftp://f/1.jpg", "file:///etc/passwd", "//f/1.jpg", 5, {}, "http://["]
)
@pytest.mark.parametrize("kind", ["IMAGE", "VIDEO", "AUDIO", "VOICE", "DOCUMENT", "STICKER"])
@pytest.mark.row(
    "client → operator",
    "edna Pulse",
    "{kind} with a caption and no link that can be fetched",
    "`unsupported` that names it, and the caption",
)
def test_a_file_that_cannot_be_fetched_is_said_to_be_one(kind: str, url: Any) -> None:
    found = content(kind, attachment={**NULLS, "url": url}, caption="Смотрите")
    assert found == Content(type=ContentType.UNSUPPORTED, kind=kind.lower(), text="Смотрите")


PLACE = Location(latitude=55.75, longitude=37.61)
CARD = Contact(name="Пётр", phone="+79990000002")
ROW = {"title": "Вторник", "subtitle": "10:00", "identifier": "row-2"}
TEXTS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("TEXT", {"text": "Да", "payload": "yes-1"}, {"text": "Да", "payload": "yes-1"}),
    ("TEXT", {"text": None, "payload": "yes-1"}, {"text": "yes-1", "payload": "yes-1"}),
    ("TEXT", {"text": " ", "caption": "Да"}, {"text": "Да"}),
    ("TEXT", {"text": 5}, {"text": "5"}),
    ("TEXT", {"text": "Есть?", "product": {"id": "p-1"}}, {"text": "Есть?\nid: p-1", "kind": "product"}),
    ("text", {"text": " a \n"}, {"text": " a \n"}),
    ("LIST", {"items": [ROW]}, {"text": "Вторник\n10:00", "payload": "row-2", "kind": "list"}),
    ("LIST", {"items": [ROW], "text": "Вторник"}, {"text": "Вторник", "payload": "row-2", "kind": "list"}),
    ("LIST", {"items": [{"identifier": 7}]}, {"text": "7", "payload": "7", "kind": "list"}),
    ("LIST", {"items": [ROW, {"title": "Среда"}]}, {"text": "Вторник\n10:00\nСреда", "kind": "list"}),
    ("FLOW", {"text": '{"flow_token":"t-1","city":"Тула","n":2,"ok":true,"no":null}'},
     {"text": "city: Тула\nn: 2\nok: true", "kind": "flow"}),
    ("FLOW", {"text": '{"who":{"name":"Анна","kids":["А","Б"]}}'},
     {"text": "who: name: Анна, kids: А; Б", "kind": "flow"}),
    ("FLOW", {"text": '{"flowToken":"t-1","@type":"x","city":"Тула"}'}, {"text": "city: Тула", "kind": "flow"}),
    ("FLOW", {"text": "not json"}, {"text": "not json", "kind": "flow"}),
    ("ORDER", {"order": {"catalogId": 9, "items": [{"productId": "p-1", "quantity": 2}]}, "text": "Жду"},
     {"text": "Жду\ncatalogId: 9\nitems: productId: p-1, quantity: 2", "kind": "order"}),
    ("PRODUCT", {"product": {"id": "p-1"}}, {"text": "id: p-1", "kind": "product"}),
    ("CATALOG", {"catalog": {"id": 12}}, {"text": "id: 12", "kind": "catalog"}),
    ("STORY", {"text": "Класс", "story": {"url": "https://s/1"}}, {"text": "Класс\nhttps://s/1", "kind": "story"}),
    ("STORY", {"text": "Класс", "story": {"url": "javascript:x"}}, {"text": "Класс", "kind": "story"}),
    ("REACTION", {"text": "👍"}, {"text": "👍", "kind": "reaction"}),
    ("REACTION", {"reaction": {"emoji": "👍"}}, {"text": "👍", "kind": "reaction"}),
    ("CALL_PERMISSION_REPLY", {"callPermissionReply": {"response": "accept"}},
     {"text": "response: accept", "kind": "call_permission"}),
    ("CONVERSATION_STARTED", {"text": "Нужен мастер"}, {"text": "Нужен мастер", "kind": "conversation_started"}),
    ("BUTTON", {"text": "Да", "payload": "1"}, {"text": "Да", "payload": "1"}),
    ("HOLOGRAM", {"text": "Смотрите"}, {"text": "Смотрите", "kind": "hologram"}),
    ("HOLOGRAM", {"order": {"id": 3}}, {"text": "id: 3", "kind": "order"}),
    ("HOLOGRAM", {"reaction": "👍"}, {"text": "👍", "kind": "reaction"}),
    ("CALL", {"text": "Да", "callPermissionReply": {"x": None}}, {"text": "Да", "kind": "call_permission"}),
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


@pytest.mark.parametrize("place", [None, {}, {"latitude": 1}, {"latitude": "x", "longitude": 1},
                                   {"latitude": "nan", "longitude": 1}, {"latitude": 91, "longitude": 1},
                                   {"latitude": 1, "longitude": "inf"}])  # fmt: skip
@pytest.mark.row("client → operator", "edna Pulse", "`LOCATION` of {place}", "`unsupported` that names it")
def test_a_place_without_coordinates_is_said_to_be_one(place: Any) -> None:
    assert content("LOCATION", location=place) == Content(type=ContentType.UNSUPPORTED, kind="location")


@pytest.mark.parametrize(
    "said",
    [
        {"contact": {"name": "Пётр", "phone": "89990000002"}},
        {"contact": [{"firstName": "Пётр", "phoneNumber": "+7 999 000-00-02"}]},
        {"contact": {"name": {"formatted_name": "Пётр"}, "phones": [{"phone": "+79990000002", "type": "CELL"}]}},
        {"contacts": [{"name": "Пётр", "phones": ["79990000002"]}]},
    ],
)
@pytest.mark.row("client → operator", "edna Pulse", "`CONTACT` {said}", "`contact` with name and phone")
def test_a_contact_has_a_name_and_a_phone_however_it_is_written(said: dict[str, Any]) -> None:
    assert content("CONTACT", **said) == Content(type=ContentType.CONTACT, contact=CARD)


@pytest.mark.row("client → operator", "edna Pulse", "`CONTACT`, several", "`contact`, the further ones in its text")
def test_further_contacts_stand_in_the_text() -> None:
    found = content("CONTACT", contact=[{"name": "Пётр", "phone": "79990000002"}, {"name": "Анна", "phone": "112"}])
    assert (found.contact, found.text) == (CARD, "Анна 112")


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("TEXT", {"text": ""}), ("TEXT", {"text": None}), ("CONTACT", {"contact": {}}), ("CONTACT", {"contact": None}),
        ("LIST", {"items": []}), ("FLOW", {"text": ""}), ("ORDER", {"order": None}), ("STORY", {"story": {}}),
        ("DOCUMENT", {"attachment": NULLS}), ("AUDIO", {"attachment": None}), ("POLL", {}), ("HOLOGRAM", {"x": 1}),
    ],
)  # fmt: skip
@pytest.mark.row("client → operator", "edna Pulse", "{kind} {said}", "`unsupported` that names it")
def test_what_cannot_be_shown_is_said_and_never_passed_over(kind: str, said: dict[str, Any]) -> None:
    assert content(kind, **said) == Content(type=ContentType.UNSUPPORTED, kind=kind.lower())


@pytest.mark.parametrize(
    ("kind", "said", "word"),
    [
        ("CONVERSATION_STARTED", {"text": "/start"}, "conversation_started"),
        ("CONVERSATION_STARTED", {"text": None}, "conversation_started"),
        ("REACTION", {"text": ""}, "reaction"),
        ("REACTION", {"reaction": {"emoji": None}}, "reaction"),
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
