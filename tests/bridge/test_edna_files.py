"""The files that clients send: what each is, where it can be fetched, what it is called (edna.md §3, §4)."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.events import Content, ContentType
from bridge.media_hosts import location_of
from tests.bridge.edna_contents import NULLS, S3, content, file


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
    assert content(kind, attachment=file("bin"), caption="Смотрите", text="Вот").text == "Смотрите\nВот"
    assert content(kind, attachment=file("bin"), caption="Смотрите", text="Смотрите ").text == "Смотрите"
    assert content(kind, attachment=file("bin"), caption=" ", text="Смотрите").text == "Смотрите"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://f/Снимок\u202f10.00.png", "https://f/Снимок%E2%80%AF10.00.png"),  # as macOS names a screenshot
        ("https://f/a\u00a0b c.png", "https://f/a%C2%A0b%20c.png"),
        ("https://f/👩\u200d🔧.png?s=a%2Bb", "https://f/👩%E2%80%8D🔧.png?s=a%2Bb"),
    ],
)
@pytest.mark.row("client → operator", "edna Pulse", "IMAGE at {url}", "`picture` at {expected}")
def test_signs_that_nobody_sees_are_encoded_in_the_link_of_a_file(url: str, expected: str) -> None:
    found = content("IMAGE", attachment=file("x", url=url))
    assert (found.type, found.url, found.mime) == (ContentType.PICTURE, expected, "image/png")
    assert location_of(expected) == location_of(url)
    assert content("IMAGE", attachment=file("x", url="https://f/a\u2028b\x85c")).url == "https://f/a%E2%80%A8b%C2%85c"


@pytest.mark.parametrize("sign", ["\0", "\n", "\t", "\x1f", "\x7f", "\ud800"])
def test_a_control_character_or_half_a_character_makes_a_link_none(sign: str) -> None:
    assert content("IMAGE", attachment=file("x", url=f"https://f/a{sign}b.png")).type is ContentType.UNSUPPORTED


@pytest.mark.parametrize("attachment", [S3.format("jpg"), [S3.format("jpg")], [file("jpg")], [NULLS, file("jpg")]])
@pytest.mark.row("client → operator", "edna Pulse", "IMAGE with the attachment {attachment}", "`picture`")
def test_an_attachment_may_be_a_link_or_a_list(attachment: Any) -> None:
    assert content("IMAGE", attachment=attachment) == content("IMAGE", attachment=file("jpg"))
    assert content("TEXT", attachment=attachment) == content("TEXT", attachment=file("jpg"))


@pytest.mark.row("client → operator", "edna Pulse", "IMAGE, several attachments", "`picture`, the further ones as text")
def test_the_links_of_further_attachments_stand_in_the_text() -> None:
    several = [file("jpg"), {"url": "https://f/2.jpg"}, {"name": "3.jpg", "url": None}]
    found = content("IMAGE", attachment=several, caption="Вот")
    assert (found.url, found.text) == (S3.format("jpg"), "Вот\nhttps://f/2.jpg\nname: 3.jpg")


@pytest.mark.parametrize(
    ("name", "url", "expected"),
    [
        ("Счёт № 5.pdf", "https://f/1.pdf", "Счёт № 5.pdf"),
        ("", "https://f/a/%D0%A1%D1%87%D1%91%D1%82.pdf?x=/y.jpg", "Счёт.pdf"),
        ("../../etc/passwd", "https://f/1", "passwd"),
        ("C:\\Users\\a\\b.doc", "https://f/1", "b.doc"),
        (None, "https://f/a/..%2F..%2Fsecret.txt", "secret.txt"),
        ("a\u202etxt\n.exe", "https://f/1", "atxt.exe"),
        ("10.00\u202fPM\u00a0(2).png", "https://f/1", "10.00 PM (2).png"),
        (None, "https://f/10.00\u202fPM.png", "10.00 PM.png"),
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
    words = f"Смотрите\nurl: {url}" if url else "Смотрите"
    assert found == Content(type=ContentType.UNSUPPORTED, kind=kind.lower(), text=words)
