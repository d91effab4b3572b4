"""What an operator sent: each type of a hook a row, as amojo writes it (amojo.md §6.4, §6.5) and as it breaks."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.amojo.webhooks import Reading, parse
from bridge.events import (
    Button,
    Choice,
    Contact,
    Content,
    ContentType,
    ListRow,
    ListSection,
    Location,
    OutboundMessage,
    Template,
)
from tests.bridge.vendor_forms import hook, hook_v1, readme_hook

READING = Reading("whatsapp", "RU", scope="channel_account")
AT = "https://amojo.amocrm.ru/attachments/A/U/"


def message(document: Any) -> OutboundMessage:
    found = parse(document, READING)
    assert isinstance(found, OutboundMessage), found
    return found


def content(**inner: Any) -> Content:
    """The content of a hook v2, which is that of a hook v1 too."""
    v2 = message(hook({"text": "", **inner})).content
    assert message(hook_v1(**{"text": "", **inner})).content == v2
    return v2


FILES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {"type": "picture", "media": AT + "x_photo.jpg", "thumbnail": AT + "x_photo_320x200.jpg",
         "file_name": "photo.jpg", "file_size": 48213},
        {"type": ContentType.PICTURE, "name": "photo.jpg", "size": 48213, "mime": "image/jpeg"},
    ),
    (
        {"type": "video", "media": AT + "clip.mp4", "file_name": "clip.mp4", "file_size": "2048000",
         "media_duration": 12},
        {"type": ContentType.VIDEO, "name": "clip.mp4", "size": 2048000, "mime": "video/mp4", "duration_s": 12},
    ),
    (
        {"type": "file", "text": "счёт", "media": AT + "bill.pdf", "file_name": "bill.pdf", "file_size": 120034},
        {"type": ContentType.FILE, "text": "счёт", "name": "bill.pdf", "size": 120034, "mime": "application/pdf"},
    ),
    (
        {"type": "voice", "media": AT + "v.ogg", "file_size": 9000, "media_duration": "5"},
        {"type": ContentType.VOICE, "name": "v.ogg", "size": 9000, "mime": "audio/ogg", "duration_s": 5},
    ),
    (
        {"type": "audio", "media": AT + "a.mp3", "file_name": "a.mp3", "file_size": 300000},
        {"type": ContentType.AUDIO, "name": "a.mp3", "size": 300000, "mime": "audio/mpeg"},
    ),
    (
        {"type": "sticker", "media": AT + "s.webp", "file_name": None, "file_size": 0},
        {"type": ContentType.STICKER, "name": "s.webp", "mime": "image/webp"},
    ),
    ({"type": "text", "media": AT + "s.png", "text": "Вот"},
     {"type": ContentType.PICTURE, "text": "Вот", "name": "s.png", "mime": "image/png"}),
    ({"type": "hologram", "media": AT + "s.glb"}, {"type": ContentType.FILE, "name": "s.glb"}),
    ({"type": "picture", "media": AT + "1.jpg", "media_group_id": "g-1"},
     {"type": ContentType.PICTURE, "name": "1.jpg", "mime": "image/jpeg", "group": "g-1"}),
]  # fmt: skip


@pytest.mark.parametrize(("inner", "expected"), FILES)
@pytest.mark.row("operator → client", "amojo hooks v2 and v1", "{inner}", "{expected}")
def test_a_file_is_carried_with_all_that_the_hook_tells_of_it(inner: dict[str, Any], expected: dict[str, Any]) -> None:
    assert content(**inner) == Content(**expected, url=inner["media"])


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        ({"type": "text", "text": " ok \n"}, {"type": ContentType.TEXT, "text": " ok \n"}),
        ({"type": "", "text": "ok"}, {"type": ContentType.TEXT, "text": "ok"}),
        ({"type": "text", "text": 5}, {"type": ContentType.TEXT, "text": "5"}),
        ({"type": "hologram", "text": "ok"}, {"type": ContentType.TEXT, "text": "ok", "kind": "hologram"}),
        ({"type": "location", "location": {"lon": 37.61, "lat": "55.75"}},
         {"type": ContentType.LOCATION, "location": Location(latitude=55.75, longitude=37.61)}),
        ({"type": "contact", "contact": {"name": "Пётр", "phone": "+79990000002"}},
         {"type": ContentType.CONTACT, "contact": Contact(name="Пётр", phone="+79990000002")}),
    ],
)  # fmt: skip
@pytest.mark.row("operator → client", "amojo hooks v2 and v1", "{inner}", "{expected}")
def test_words_places_and_contacts_are_carried(inner: dict[str, Any], expected: dict[str, Any]) -> None:
    assert content(**inner) == Content(**expected)


@pytest.mark.parametrize("kind", ["picture", "file", "video", "voice", "audio", "sticker"])
@pytest.mark.row(
    "operator → client",
    "amojo hooks v2 and v1",
    "{kind} that ends in another type's `.jpg`",
    "{kind}; `unsupported` without a link",
)
def test_a_file_is_what_amojo_calls_it_whatever_its_ending_says(kind: str) -> None:
    assert content(type=kind, media=AT + "1.jpg").type == kind
    assert content(type=kind, media="", text="Вот").type == ContentType.UNSUPPORTED


@pytest.mark.parametrize(
    ("inner", "words"),
    [
        ({"type": "text", "text": ""}, None),
        ({"type": "text", "text": None}, None),
        ({"type": "picture", "media": ""}, None),
        ({"type": "voice", "media": None, "text": "Вот"}, "Вот"),
        ({"type": "file", "media": "ftp://f/1.pdf"}, None),
        ({"type": "file", "media": "", "file_name": "1.pdf", "text": "Вот"}, "Вот"),
        ({"type": "hologram", "media": "ftp://f/1.glb", "text": "Вот"}, "Вот"),
        ({"type": "hologram", "file_name": "1.glb", "text": "Вот"}, "Вот"),
        ({"type": "location", "location": {"lon": 1}, "text": "Тут"}, "Тут"),
        ({"type": "location", "location": {"lon": 1}}, None),
        ({"type": "contact", "contact": {"name": "", "phone": None}}, None),
        ({"type": "hologram"}, None),
    ],
)
@pytest.mark.row("operator → client", "amojo hooks v2 and v1", "{inner}", "`unsupported` that names it, text {words}")
def test_what_has_no_form_is_an_event_that_says_what_it_was(inner: dict[str, Any], words: str | None) -> None:
    assert content(**inner) == Content(type=ContentType.UNSUPPORTED, kind=inner["type"], text=words)


@pytest.mark.parametrize("lacking", [{"media": "ftp://f/1.pdf"}, {"media": {"url": 1}}, {"file_name": "1.pdf"}])
@pytest.mark.row(
    "operator → client", "amojo hooks v2 and v1", "`text` with {lacking}", "`unsupported`, kind `attachment`, the text"
)
def test_a_text_does_not_go_without_the_file_that_it_came_with(lacking: dict[str, Any]) -> None:
    found = content(type="text", text="Счёт во вложении", **lacking)
    assert found == Content(type=ContentType.UNSUPPORTED, kind="attachment", text="Счёт во вложении")


@pytest.mark.row(
    "operator → client", "amojo hooks v2 and v1", "`text` with buttons", "`text` with buttons in the same rows"
)
def test_buttons_keep_their_rows() -> None:
    markup = {
        "mode": "inline",
        "buttons": [[{"text": "Да"}, {"text": " "}], [{"text": "Сайт", "url": "https://s"}], []],
    }
    found = content(text="Да?", markup=markup)
    assert found.buttons == ((Button(text="Да"),), (Button(text="Сайт", url="https://s"),))


@pytest.mark.row(
    "operator → client",
    "amojo hooks v2 and v1",
    "`text` with a list to choose from",
    "`text` with the list, ids included",
)
def test_a_list_to_choose_from_keeps_what_a_press_brings_back() -> None:
    row = {"callback_data": "cb-1", "title": "Вторник", "description": "10:00"}
    listed = {"header": "Когда?", "body": "День", "button": "Дни", "sections": [{"title": "Июнь", "rows": [row]}]}
    expected = ListSection(title="Июнь", rows=(ListRow(title="Вторник", description="10:00", id="cb-1"),))
    found = content(text="День", markup={"list_message": listed})
    assert found.choice == Choice(header="Когда?", body="День", button="Дни", sections=(expected,))


TEMPLATE = {
    "id": 7,
    "external_id": "my-tpl",
    "content": "Здравствуйте, {{contact.name}}",
    "params": [{"key": "{{contact.name}}", "value": "Анна"}],
}


@pytest.mark.row(
    "operator → client", "amojo hooks v2 and v1", "`text` of a template", "`text`, filled, the template beside it"
)
def test_a_template_is_named_beside_its_filled_text() -> None:
    found = content(text="Здравствуйте, Анна", template=TEMPLATE)
    assert found.text == "Здравствуйте, Анна"
    assert found.template == Template(
        id="7", external_id="my-tpl", params={"{{contact.name}}": "Анна"}, content=TEMPLATE["content"]
    )
    assert content(template=TEMPLATE).text == "Здравствуйте, Анна"


@pytest.mark.parametrize(
    ("words", "params", "expected"),
    [
        ("A {{x}} B {{xy}}", {"x": "1", "xy": "2"}, "A 1 B 2"),
        ("A {{x}} B {{xy}}", {"x": "1"}, "A 1 B {{xy}}"),
        ("x {{ x }}", {"{{x}}": "1"}, "x 1"),
        (r"A \{\{x\}\}", {r"\{\{x\}\}": "1"}, "A 1"),
        (r"A \{\{x\}\}", {"{{x}}": "1"}, "A 1"),
        ("A {{x}}", {r"\{\{x\}\}": "1"}, "A 1"),
        ("{{x}} {{y}}", {"x": "{{y}}", "y": r"\1"}, r"{{y}} \1"),
        ("{x} x", {"x": "1"}, "{x} x"),
    ],
)
@pytest.mark.row(
    "operator → client", "amojo hooks v2 and v1", "template {words} with {params} and no text", "`text` {expected}"
)
def test_only_whole_places_of_a_template_are_filled(words: str, params: dict[str, str], expected: str) -> None:
    listed = [{"key": key, "value": value} for key, value in params.items()]
    assert content(template={"content": words, "params": listed}).text == expected


@pytest.mark.row(
    "operator → client",
    "amojo hooks v2 and v1",
    "`text` with forwarded messages",
    "the words, the forwarded under them",
)
def test_a_forward_stands_under_the_operators_words_or_alone() -> None:
    forwarded = {"messages": [{"id": "q-1", "type": "text", "text": "Ваш заказ готов"}]}
    assert content(text="Смотрите", forwards=forwarded).text == "Смотрите\n\nВаш заказ готов"
    assert content(forwards=forwarded) == Content(type=ContentType.TEXT, text="Ваш заказ готов")
    picture = {"messages": [{"id": "q-1", "type": "picture", "text": "", "media": AT + "1.jpg"}]}
    found = content(text="Смотрите", forwards=picture)
    assert (found.type, found.url, found.text) == (ContentType.PICTURE, AT + "1.jpg", "Смотрите")


KEPT: list[tuple[str, dict[str, Any]]] = [
    ("buttons", {"markup": {"buttons": [[{"text": "Да"}]]}}),
    ("choice", {"markup": {"list_message": {"button": "Дни"}}}),
    ("template", {"template": TEMPLATE}),
    ("group", {"media_group_id": "g-1"}),
]


@pytest.mark.parametrize(("name", "beside"), KEPT)
@pytest.mark.row("operator → client", "amojo hooks v2 and v1", "{name} over a forwarded file", "the file with {name}")
def test_what_stands_beside_an_operators_words_stands_beside_the_file_that_they_forward(
    name: str, beside: dict[str, Any]
) -> None:
    picture = {"type": "picture", "media": AT + "1.jpg"}
    found = content(text="Вот", forwards={"messages": [picture]}, **beside)
    assert (found.type, found.text) == (ContentType.PICTURE, "Вот")
    assert getattr(found, name) == getattr(content(text="Вот", **beside), name) is not None


NO_PICTURE = {"type": "picture", "media": ""}
LACKING: list[tuple[dict[str, Any], dict[str, Any], str, str | None]] = [
    ({"text": "Смотрите"}, NO_PICTURE, "picture", "Смотрите"),
    ({"text": "Смотрите"}, {**NO_PICTURE, "text": "Дом"}, "picture", "Смотрите\n\nДом"),
    ({"text": "Смотрите"}, {"id": "q-1"}, "text", "Смотрите"),
    ({"text": ""}, {**NO_PICTURE, "text": "Дом"}, "picture", "Дом"),
    ({"type": "voice", "text": "Слушайте"}, {"type": "text", "text": "Дом"}, "voice", "Слушайте\n\nДом"),
    ({"type": "voice"}, {"type": "picture", "media": AT + "1.jpg"}, "voice", AT + "1.jpg"),
    ({"media": "ftp://f/1"}, {"type": "text", "text": "Дом"}, "attachment", "Дом"),
]


@pytest.mark.parametrize(("own", "forwarded", "kind", "words"), LACKING)
@pytest.mark.row(
    "operator → client",
    "amojo hooks v2 and v1",
    "{own} that forwards {forwarded}",
    "`unsupported`, kind {kind}, text {words}",
)
def test_neither_words_nor_a_forward_hide_that_a_file_is_missing(
    own: dict[str, Any], forwarded: dict[str, Any], kind: str, words: str | None
) -> None:
    found = content(**own, forwards={"messages": [forwarded]})
    assert found == Content(type=ContentType.UNSUPPORTED, kind=kind, text=words)


SECOND_FILES: list[tuple[dict[str, Any], str]] = [
    ({"type": "picture", "text": "Второй", "media": AT + "2.jpg"}, f"Второй\n\n{AT}2.jpg"),
    ({"type": "location", "location": {"lon": 37.61, "lat": 55.75}}, "55.750000, 37.610000"),
    ({"type": "contact", "contact": {"name": "Пётр", "phone": "+79990000002"}}, "Пётр\n+79990000002"),
]


@pytest.mark.parametrize(("forwarded", "told"), SECOND_FILES)
@pytest.mark.row(
    "operator → client", "amojo hooks v2 and v1", "a file that forwards {forwarded}", "the file, text {told}"
)
def test_what_a_file_forwards_stands_in_its_text(forwarded: dict[str, Any], told: str) -> None:
    found = content(type="picture", text="Первый", media=AT + "1.jpg", forwards={"messages": [forwarded]})
    assert (found.type, found.url, found.text) == (ContentType.PICTURE, AT + "1.jpg", f"Первый\n\n{told}")


def test_a_file_that_forwards_one_without_its_media_does_not_go_alone() -> None:
    found = content(type="file", text="Счёт", media=AT + "1.pdf", forwards={"messages": [NO_PICTURE]})
    assert (found.type, found.kind, found.text) == (ContentType.UNSUPPORTED, "picture", "Счёт")
    assert found.url == AT + "1.pdf", "who reads the dead letter can still fetch it"


def test_of_several_forwards_none_is_lost_and_an_empty_one_is_none() -> None:
    texts = [{"type": "text", "text": each} for each in ("Раз", "Два")]
    picture = {"type": "picture", "media": AT + "1.jpg"}
    found = content(text="Вот", forwards={"messages": [texts[0], picture, texts[1]]})
    assert (found.type, found.url, found.text) == (ContentType.PICTURE, AT + "1.jpg", "Вот\n\nРаз\n\nДва")
    nothing: list[Any] = [None, [], [{}], {}]
    for empty in nothing:
        assert content(text="Вот", forwards={"messages": empty}) == Content(type=ContentType.TEXT, text="Вот")


@pytest.mark.parametrize(
    "odd", [None, "", [], {}, 5, {"buttons": None}, {"buttons": [5, [None]]}, {"list_message": []}]
)
@pytest.mark.row("operator → client", "amojo hooks v2 and v1", "`text` with markup {odd}", "`text` alone")
def test_markup_of_another_form_is_left_out(odd: Any) -> None:
    assert content(text="ok", markup=odd) == Content(type=ContentType.TEXT, text="ok")


@pytest.mark.parametrize(
    ("attachment", "text", "expected"),
    [
        ({"url": AT + "1.jpg"}, "Вот", Content(type=ContentType.PICTURE, text="Вот", url=AT + "1.jpg", name="1.jpg",
                                               mime="image/jpeg")),
        ({"url": AT + "1", "mimeType": "application/pdf", "name": "a.pdf", "size": 5}, "",
         Content(type=ContentType.FILE, url=AT + "1", name="a.pdf", size=5, mime="application/pdf")),
        ({"url": None}, "Вот", Content(type=ContentType.TEXT, text="Вот")),
        ({"url": None}, "", Content(type=ContentType.UNSUPPORTED, kind="attachment")),
        ({"url": None, "name": "a.pdf"}, "Вот", Content(type=ContentType.UNSUPPORTED, kind="attachment", text="Вот")),
        ({"url": "ftp://f/1"}, "Вот", Content(type=ContentType.UNSUPPORTED, kind="attachment", text="Вот")),
        ([AT + "1.jpg"], "Вот", Content(type=ContentType.UNSUPPORTED, kind="attachment", text="Вот")),
    ],
)  # fmt: skip
@pytest.mark.row("operator → client", "amojo README form", "attachment {attachment}, text {text}", "{expected}")
def test_the_readme_form_may_have_an_attachment(attachment: Any, text: str, expected: Content) -> None:
    assert message(readme_hook(message={"id": "1", "text": text, "attachment": attachment})).content == expected
