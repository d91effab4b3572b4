"""Each type of an operator's message in each of edna's methods, and what it becomes (edna.md §0, §2, §7)."""

from __future__ import annotations

from typing import Any, NamedTuple

from bridge.events import Content, ContentType
from tests.bridge.edna_forms import (
    AUDIO,
    BUTTONS,
    CAPTIONED,
    CONTACT,
    DOCUMENT,
    EDITED,
    ESCAPED,
    FILLED,
    HTTP_LINK,
    LINKS,
    LIST,
    LONG_BUTTON,
    LONG_BUTTONS,
    MAP,
    MIB,
    NAMED_TEMPLATE,
    PICTURE,
    PLACE,
    PLACED_TWICE,
    REFLOWED,
    STICKER,
    TEMPLATED,
    TEXT,
    VIDEO,
    VOICE,
    WITHOUT_A_VALUE,
    WITHOUT_WORDS,
    at,
    by_number,
    cascade,
    file,
    legacy,
    media,
    readme,
    second,
    sms,
    text,
    to_bot,
    to_max,
    viber,
    whatsapp,
)


class Row(NamedTuple):
    """A content in a channel, and the bodies of its calls."""

    name: str
    content: Content
    channel: str
    bodies: list[dict[str, Any]]


YES, NO = ({"type": "MESSAGE", "text": word} for word in ("Да", "Нет"))
QUICK = [{"text": word, "buttonType": "QUICK_REPLY", "payload": word} for word in ("Да", "Нет")]
LISTED = "Визит\n• Утро: до 12\n• Вечер"
CARD = "Анна +79000000001"
# What WhatsApp shows as what it is, by its ending; all else goes as a document (edna.md §2.9).
SHOWN_AS: dict[str, tuple[ContentType, tuple[str, ...]]] = {
    "IMAGE": (ContentType.PICTURE, ("jpg", "jpeg", "png")),
    "VIDEO": (ContentType.VIDEO, ("mp4", "3gp", "3gpp")),
    "AUDIO": (
        ContentType.AUDIO,
        ("aac", "mp4", "m4a", "amr", "mp3", "mpeg", "mpga", "ogg", "oga", "opus"),
    ),
}
STRANGE = {"IMAGE": "gif", "VIDEO": "mov", "AUDIO": "wav"}
IN_WORDS = {"buttons": "Да?\n• Да\n• Нет", "links": "Вот\n• Сайт: https://shop.example", "list": f"Когда?\n{LISTED}"}

TABLE = (
    Row("text", TEXT, "whatsapp", [text("Добрый день")]),
    Row("picture", PICTURE, "whatsapp", [whatsapp(**media("IMAGE", "1.jpg"))]),
    Row("captioned", CAPTIONED, "whatsapp", [whatsapp(**media("IMAGE", "1.jpg")), second(text("Смотрите"))]),
    Row("sticker", STICKER, "whatsapp", [whatsapp(**media("DOCUMENT", "s.webp"))]),
    Row("video", VIDEO, "whatsapp", [whatsapp(**media("VIDEO", "a.mp4"))]),
    Row("voice", VOICE, "whatsapp", [whatsapp(**media("AUDIO", "v.ogg"))]),
    Row("audio", AUDIO, "whatsapp", [whatsapp(**media("AUDIO", "a.mp3"))]),
    Row("document", DOCUMENT, "whatsapp", [whatsapp(**media("DOCUMENT", "bill.pdf"))]),
    Row(
        "large", file(ContentType.PICTURE, "1.jpg", size=6 * MIB), "whatsapp", [whatsapp(**media("DOCUMENT", "1.jpg"))]
    ),
    Row("huge", file(ContentType.FILE, "1.zip", size=101 * MIB), "whatsapp", [text(f"1.zip\n{at('1.zip')}")]),
    Row("no link", Content(type=ContentType.FILE, name="1.zip"), "whatsapp", [text("1.zip")]),
    Row(
        "place",
        PLACE,
        "whatsapp",
        [whatsapp(contentType="LOCATION", location={"longitude": 56.7645, "latitude": 48.4564, "address": "London"})],
    ),
    *(
        Row(
            f"{called.value} that ends in {ending}",
            file(called, f"1.{ending}"),
            "whatsapp",
            [whatsapp(**media(kind, f"1.{ending}"))],
        )
        for kind, (called, endings) in SHOWN_AS.items()
        for ending in endings
    ),
    *(
        Row(
            f"{SHOWN_AS[kind][0].value} that ends in {ending}",
            file(SHOWN_AS[kind][0], f"1.{ending}"),
            "whatsapp",
            [whatsapp(**media("DOCUMENT", f"1.{ending}"))],
        )
        for kind, ending in STRANGE.items()
    ),
    Row("contact", CONTACT, "whatsapp", [text(CARD)]),
    Row("buttons", BUTTONS, "whatsapp", [text(IN_WORDS["buttons"])]),
    Row("links", LINKS, "whatsapp", [text(IN_WORDS["links"])]),
    Row("list", LIST, "whatsapp", [text(IN_WORDS["list"])]),
    Row(
        "template",
        TEMPLATED,
        "whatsapp",
        [by_number("Анна", "завтра")],
    ),
    Row("template with other white space", REFLOWED, "whatsapp", [by_number("Анна", "завтра")]),
    Row("template without words of its own", WITHOUT_WORDS, "whatsapp", [by_number("Анна", "завтра")]),
    Row("template with escaped braces", ESCAPED, "whatsapp", [by_number("Анна", "завтра")]),
    Row("template edited by the operator", EDITED, "whatsapp", [text("Анна, ждём вас завтра в 10.")]),
    Row(
        "template named",
        NAMED_TEMPLATE,
        "whatsapp",
        [whatsapp(contentType="TEXT", text=FILLED, keyboard={"rows": [{"buttons": QUICK}]})],
    ),
    Row("template incomplete", WITHOUT_A_VALUE, "whatsapp", [text(FILLED)]),
    Row("template ambiguous", PLACED_TWICE, "whatsapp", [text(FILLED)]),
    Row("text", TEXT, "viber", [viber("Добрый день")]),
    Row("picture", PICTURE, "viber", [cascade(112, viberContent=media("IMAGE", "1.jpg"))]),
    Row(
        "captioned", CAPTIONED, "viber", [cascade(112, viberContent=media("IMAGE", "1.jpg")), second(viber("Смотрите"))]
    ),
    Row("sticker", STICKER, "viber", [cascade(112, viberContent=media("IMAGE", "s.webp"))]),
    Row("video", VIDEO, "viber", [cascade(112, viberContent=media("VIDEO", "a.mp4"))]),
    Row("voice", VOICE, "viber", [cascade(112, viberContent=media("AUDIO", "v.ogg"))]),
    Row("audio", AUDIO, "viber", [cascade(112, viberContent=media("AUDIO", "a.mp3"))]),
    Row("document", DOCUMENT, "viber", [cascade(112, viberContent=media("DOCUMENT", "bill.pdf"))]),
    Row("place", PLACE, "viber", [viber(MAP)]),
    Row("contact", CONTACT, "viber", [viber(CARD)]),
    Row("buttons", BUTTONS, "viber", [viber(IN_WORDS["buttons"])]),
    Row("list", LIST, "viber", [viber(IN_WORDS["list"])]),
    Row("template", TEMPLATED, "viber", [viber(FILLED)]),
    Row("template named", NAMED_TEMPLATE, "viber", [viber(f"{FILLED}\n• Да\n• Нет")]),
    Row("text", TEXT, "sms", [sms("Добрый день")]),
    Row("picture", PICTURE, "sms", [sms(f"1.jpg\n{at('1.jpg')}")]),
    Row("captioned", CAPTIONED, "sms", [sms(f"Смотрите\n1.jpg\n{at('1.jpg')}")]),
    Row("sticker", STICKER, "sms", [sms(f"s.webp\n{at('s.webp')}")]),
    Row("video", VIDEO, "sms", [sms(f"a.mp4\n{at('a.mp4')}")]),
    Row("voice", VOICE, "sms", [sms(f"v.ogg\n{at('v.ogg')}")]),
    Row("audio", AUDIO, "sms", [sms(f"a.mp3\n{at('a.mp3')}")]),
    Row("document", DOCUMENT, "sms", [sms(f"bill.pdf\n{at('bill.pdf')}")]),
    Row("place", PLACE, "sms", [sms(MAP)]),
    Row("contact", CONTACT, "sms", [sms(CARD)]),
    Row("buttons", BUTTONS, "sms", [sms(IN_WORDS["buttons"])]),
    Row("list", LIST, "sms", [sms(IN_WORDS["list"])]),
    Row("template", TEMPLATED, "sms", [sms(FILLED)]),
    Row("text", TEXT, "any other type", [cascade(114, whatsappContent={"contentType": "TEXT", "text": "Добрый день"})]),
    Row("video", VIDEO, "any other type", [cascade(114, whatsappContent=media("VIDEO", "a.mp4"))]),
    Row("text", TEXT, "max", [to_max(type="TEXT", text="Добрый день")]),
    Row("picture", PICTURE, "max", [to_max(type="IMAGE", url=at("1.jpg"))]),
    Row("captioned", CAPTIONED, "max", [to_max(type="IMAGE", url=at("1.jpg"), text="Смотрите")]),
    Row("sticker", STICKER, "max", [to_max(type="IMAGE", url=at("s.webp"))]),
    Row("video", VIDEO, "max", [to_max(type="VIDEO", url=at("a.mp4"))]),
    Row("voice", VOICE, "max", [to_max(type="DOCUMENT", url=at("v.ogg"))]),
    Row("audio", AUDIO, "max", [to_max(type="DOCUMENT", url=at("a.mp3"))]),
    Row("document", DOCUMENT, "max", [to_max(type="DOCUMENT", url=at("bill.pdf"))]),
    Row("place", PLACE, "max", [to_max(type="TEXT", text=MAP)]),
    Row("contact", CONTACT, "max", [to_max(type="TEXT", text=CARD)]),
    Row("buttons", BUTTONS, "max", [to_max(type="TEXT", text=IN_WORDS["buttons"])]),
    Row("list", LIST, "max", [to_max(type="TEXT", text=IN_WORDS["list"])]),
    Row("template", TEMPLATED, "max", [to_max(type="TEXT", text=FILLED)]),
    Row("text", TEXT, "max bot", [to_bot(type="TEXT", text="Добрый день")]),
    Row("picture", PICTURE, "max bot", [to_bot(type="IMAGE", url=at("1.jpg"))]),
    Row("captioned", CAPTIONED, "max bot", [to_bot(type="IMAGE", url=at("1.jpg"), text="Смотрите")]),
    Row("sticker", STICKER, "max bot", [to_bot(type="IMAGE", url=at("s.webp"))]),
    Row("video", VIDEO, "max bot", [to_bot(type="VIDEO", url=at("a.mp4"))]),
    Row("voice", VOICE, "max bot", [to_bot(type="VOICE", url=at("v.ogg"))]),
    Row("audio", AUDIO, "max bot", [to_bot(type="AUDIO", url=at("a.mp3"))]),
    Row("document", DOCUMENT, "max bot", [to_bot(type="DOCUMENT", url=at("bill.pdf"))]),
    Row("place", PLACE, "max bot", [to_bot(type="LOCATION", latitude=48.4564, longitude=56.7645, text="London")]),
    Row("contact", CONTACT, "max bot", [to_bot(type="TEXT", text=CARD)]),
    Row(
        "buttons",
        BUTTONS,
        "max bot",
        [to_bot(type="KEYBOARD", text="Да?", keyboard={"rows": [{"buttons": [YES, NO]}]})],
    ),
    Row(
        "links",
        LINKS,
        "max bot",
        [
            to_bot(
                type="KEYBOARD",
                text="Вот",
                keyboard={"rows": [{"buttons": [{"type": "LINK", "text": "Сайт", "url": "https://shop.example"}]}]},
            )
        ],
    ),
    Row(
        "buttons, one longer than MAX Bot takes",
        LONG_BUTTONS,
        "max bot",
        [to_bot(type="TEXT", text=f"Да?\n• Да\n• {LONG_BUTTON.text}")],
    ),
    Row(
        "links without https",
        HTTP_LINK,
        "max bot",
        [to_bot(type="TEXT", text="Вот\n• Сайт: http://shop.example")],
    ),
    Row(
        "buttons under a picture",
        CAPTIONED.model_copy(update={"buttons": BUTTONS.buttons}),
        "max bot",
        [
            to_bot(type="IMAGE", url=at("1.jpg")),
            to_bot(type="KEYBOARD", text="Смотрите", keyboard={"rows": [{"buttons": [YES, NO]}]}),
        ],
    ),
    Row("list", LIST, "max bot", [to_bot(type="TEXT", text=IN_WORDS["list"])]),
    Row("template", TEMPLATED, "max bot", [to_bot(type="TEXT", text=FILLED)]),
    Row("text", TEXT, "legacy", [legacy("text", text="Добрый день")]),
    Row("text", TEXT, "old legacy", [legacy("text", text="Добрый день")]),
    Row("picture", PICTURE, "legacy", [legacy("image", attachmentUrl=at("1.jpg"), attachmentName="1.jpg")]),
    Row(
        "captioned",
        CAPTIONED,
        "old legacy",
        [
            legacy("image", attachmentUrl=at("1.jpg"), attachmentName="1.jpg"),
            second(legacy("text", text="Смотрите")),
        ],
    ),
    Row("sticker", STICKER, "legacy", [legacy("document", attachmentUrl=at("s.webp"), attachmentName="s.webp")]),
    Row("video", VIDEO, "legacy", [legacy("video", attachmentUrl=at("a.mp4"))]),
    Row("voice", VOICE, "legacy", [legacy("audio", attachmentUrl=at("v.ogg"))]),
    Row("audio", AUDIO, "legacy", [legacy("audio", attachmentUrl=at("a.mp3"))]),
    Row("document", DOCUMENT, "legacy", [legacy("document", attachmentUrl=at("bill.pdf"), attachmentName="bill.pdf")]),
    Row(
        "place",
        PLACE,
        "legacy",
        [legacy("location", latitude="48.4564", longitude="56.7645", locationAddress="London")],
    ),
    Row("contact", CONTACT, "legacy", [legacy("text", text=CARD)]),
    Row("buttons", BUTTONS, "legacy", [legacy("text", text=IN_WORDS["buttons"])]),
    Row("list", LIST, "legacy", [legacy("text", text=IN_WORDS["list"])]),
    Row("template named", NAMED_TEMPLATE, "legacy", [legacy("text", text=f"{FILLED}\n• Да\n• Нет")]),
    Row("text", TEXT, "readme", [readme("Добрый день")]),
    Row("picture", PICTURE, "readme", [readme("1.jpg", attachment={"url": at("1.jpg"), "name": "1.jpg"})]),
    Row("captioned", CAPTIONED, "readme", [readme("Смотрите", attachment={"url": at("1.jpg"), "name": "1.jpg"})]),
    Row("sticker", STICKER, "readme", [readme("s.webp", attachment={"url": at("s.webp"), "name": "s.webp"})]),
    Row("video", VIDEO, "readme", [readme("a.mp4", attachment={"url": at("a.mp4"), "name": "a.mp4"})]),
    Row("voice", VOICE, "readme", [readme("v.ogg", attachment={"url": at("v.ogg"), "name": "v.ogg"})]),
    Row("audio", AUDIO, "readme", [readme("a.mp3", attachment={"url": at("a.mp3"), "name": "a.mp3"})]),
    Row("document", DOCUMENT, "readme", [readme("bill.pdf", attachment={"url": at("bill.pdf"), "name": "bill.pdf"})]),
    Row("place", PLACE, "readme", [readme(MAP)]),
    Row("contact", CONTACT, "readme", [readme(CARD)]),
    Row("buttons", BUTTONS, "readme", [readme(IN_WORDS["buttons"])]),
    Row("list", LIST, "readme", [readme(IN_WORDS["list"])]),
    Row("template", TEMPLATED, "readme", [readme(FILLED)]),
)
