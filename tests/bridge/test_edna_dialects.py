"""The same message in edna's older dialects: the legacy API (edna.md §7) and the README form (§0)."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.edna.webhooks import Reading, parse
from bridge.errors import Unusable
from bridge.events import Content, ContentType, InboundMessage, Location
from bridge.shapes import Ignored
from tests.bridge.vendor_forms import legacy, pulse, readme

READING = Reading("whatsapp", "RU")
JPG = "https://f/1.jpg"


def message(document: Any) -> InboundMessage:
    found = parse(document, READING)
    assert isinstance(found, InboundMessage), found
    return found


@pytest.mark.row("client → operator", "edna legacy", "`text`", "what it would be in Pulse")
def test_a_legacy_message_is_the_same_event_as_the_pulse_message_that_it_would_be_today() -> None:
    assert message(legacy()) == message(pulse())


def test_without_its_number_a_legacy_channel_is_known_by_its_name() -> None:
    assert message(legacy(imSubjectId=None)).conversation_id == "v1.default.shop_wa.79001234567"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"contentType": "image", "attachmentUrl": JPG, "attachmentName": "a.jpg", "caption": "Вот"},
         {"type": ContentType.PICTURE, "url": JPG, "name": "a.jpg", "mime": "image/jpeg", "text": "Вот"}),
        ({"contentType": "video", "attachmentUrl": "https://f/1.mp4"},
         {"type": ContentType.VIDEO, "url": "https://f/1.mp4", "name": "1.mp4", "mime": "video/mp4"}),
        ({"contentType": "audio", "attachmentUrl": "https://f/1.ogg"},
         {"type": ContentType.VOICE, "url": "https://f/1.ogg", "name": "1.ogg", "mime": "audio/ogg"}),
        ({"contentType": "document", "attachmentUrl": "https://f/1.pdf"},
         {"type": ContentType.FILE, "url": "https://f/1.pdf", "name": "1.pdf", "mime": "application/pdf"}),
        ({"contentType": "location", "latitude": "55.75", "longitude": "37.61", "locationAddress": "Тверская, 1"},
         {"type": ContentType.LOCATION,
          "location": Location(latitude=55.75, longitude=37.61, address="Тверская, 1")}),
        ({"contentType": "button", "text": "Да", "payload": "yes-1"},
         {"type": ContentType.TEXT, "text": "Да", "payload": "yes-1"}),
        ({"contentType": None, "text": "Привет"}, {"type": ContentType.TEXT, "text": "Привет"}),
        ({"contentType": "image"}, {"type": ContentType.UNSUPPORTED, "kind": "image"}),
        ({"contentType": "location", "locationAddress": "Тверская, 1"},
         {"type": ContentType.UNSUPPORTED, "kind": "location", "text": "Тверская, 1"}),
    ],
)  # fmt: skip
@pytest.mark.row("client → operator", "edna legacy", "{changes}", "{expected}")
def test_each_legacy_type_becomes_what_its_pulse_type_becomes(
    changes: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert message(legacy(**{"text": None, **changes})).content == Content(**expected)


@pytest.mark.parametrize(
    ("network", "phone"),
    [("whatsapp", "+79001234567"), ("Viber", "+79001234567"), ("sms", "+79001234567"), (None, "+79001234567"),
     ("vk", None)],
)  # fmt: skip
@pytest.mark.row(
    "client → operator", "edna legacy", "any type, `imType` {network}", "the same, its author's phone {phone}"
)
def test_the_address_of_a_network_without_phones_is_no_phone(network: str | None, phone: str | None) -> None:
    assert message(legacy(imType=network)).sender.phone == phone


def test_an_address_without_a_countrys_code_is_a_phone_only_where_a_network_of_phones_is_named() -> None:
    assert message(legacy(address="9001234567")).sender.phone == "+79001234567"
    assert message(legacy(address="9001234567", imType=None)).sender.phone is None
    assert message(readme(subject="89001234567")).sender.phone == "+79001234567"


@pytest.mark.parametrize(("network", "phone"), [("whatsapp", "+79001234567"), ("MAX", None), ("telegram", None)])
@pytest.mark.row(
    "client → operator", "edna README form", "text, `imType` {network}", "the same, its author's phone {phone}"
)
def test_the_client_of_a_readme_message_has_a_phone_in_networks_of_phones(network: str, phone: str | None) -> None:
    assert message(readme(imType=network)).sender.phone == phone


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"id": None}, "id"),
        ({"address": ""}, "address"),
        ({"imSubject": None, "imSubjectId": None}, "imSubjectId"),
        ({"contentType": "x" * 300}, "contentType"),
    ],
)
def test_a_legacy_message_without_what_it_needs_names_the_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Unusable) as raised:
        parse(legacy(**changes), READING)
    assert raised.value.field == field


@pytest.mark.parametrize(
    ("attachment", "expected"),
    [
        ({"url": "https://f/x", "mimeType": "image/png", "name": "a", "size": 5}, ContentType.PICTURE),
        ({"url": JPG, "mimeType": "", "name": None}, ContentType.PICTURE),
        ({"url": "https://f/x", "mimeType": "audio/ogg; codecs=opus"}, ContentType.AUDIO),
        ({"url": "https://f/x.ogg", "mimeType": "audio/ogg"}, ContentType.VOICE),
        ({"url": "https://f/x.mp4", "mimeType": "application/octet-stream"}, ContentType.VIDEO),
        ({"url": "https://f/x"}, ContentType.FILE),
    ],
)
@pytest.mark.row("client → operator", "edna README form", "attachment {attachment}", "{expected}")
def test_a_readme_attachment_is_what_its_mime_type_or_its_ending_says(
    attachment: dict[str, Any], expected: ContentType
) -> None:
    found = message(readme(text="", attachment=attachment)).content
    assert (found.type, found.url, found.text) == (expected, attachment["url"], None)


@pytest.mark.row("client → operator", "edna README form", "attachment with a text", "the file, the text beside it")
def test_a_readme_text_stands_beside_its_attachment() -> None:
    found = message(readme(text="Вот", attachment={"url": JPG, "name": "a.jpg", "size": "7"})).content
    assert (found.text, found.name, found.size) == ("Вот", "a.jpg", 7)


@pytest.mark.parametrize("attachment", [JPG, [JPG], [{"url": JPG}]])
@pytest.mark.row("client → operator", "edna README form", "the attachment {attachment}", "`picture`")
def test_a_readme_attachment_may_be_a_link_or_a_list(attachment: Any) -> None:
    assert message(readme(attachment=attachment)).content == message(readme(attachment={"url": JPG})).content


@pytest.mark.row(
    "client → operator", "edna README form", "attachment without a link", "`text`, or `unsupported` when there is none"
)
def test_a_readme_attachment_that_cannot_be_fetched_leaves_the_text_or_says_so() -> None:
    assert message(readme(text="Вот", attachment={"url": None})).content == Content(type=ContentType.TEXT, text="Вот")
    odd = message(readme(text="Вот", attachment={"link": JPG})).content
    assert odd == Content(type=ContentType.TEXT, text=f"Вот\nlink: {JPG}")
    unshown = message(readme(text="", attachment={"url": None})).content
    assert unshown == Content(type=ContentType.UNSUPPORTED, kind="attachment")


@pytest.mark.row("client → operator", "edna legacy", "`conversation_started`", "counted as `conversation_started`")
def test_a_legacy_chat_that_was_only_opened_is_counted() -> None:
    assert parse(legacy(contentType="conversation_started", text="/start"), READING) == Ignored("conversation_started")
