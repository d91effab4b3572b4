"""Contents of operators' messages, edna's ways to clients, and edna's bodies as the reference prints them."""

from __future__ import annotations

from typing import Any

from bridge.edna.channels import Route
from bridge.edna.requests import SendRequest, send_requests
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
from bridge.settings import LEGACY_PATHS, README_PATH

UUID = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
SECOND = "aaaaaaaabbbb4ccc8dddeeeeeeeeeeee-2"
MIB = 1_048_576
SCHEDULE = "/api/cascade/schedule"
MAX, MAX_BOT = "/api/v1/out-messages/max", "/api/v1/out-messages/max-bot"
BY_NUMBER = "/api/v1/out-messages/whatsapp/template"

ROUTES = {
    "whatsapp": Route(SCHEDULE, "WHATSAPP", "RETAIL_WA", "111"),
    "viber": Route(SCHEDULE, "VIBER", "RETAIL_VB", "112"),
    "sms": Route(SCHEDULE, "SMS", "RETAIL_SMS", "113"),
    "any other type": Route(SCHEDULE, "TELEGRAM", "RETAIL_TG", "114"),
    "max": Route(MAX, "MAX", "79620000000_max_xx"),
    "max bot": Route(MAX_BOT, "MAX_BOT", "my_channel"),
    "legacy": Route(LEGACY_PATHS[0], "WHATSAPP", "test"),
    "old legacy": Route(LEGACY_PATHS[1], "WHATSAPP", "test"),
    "readme": Route(README_PATH, "WHATSAPP"),
}


def message(content: Content, **changes: Any) -> OutboundMessage:
    """An operator's message."""
    values: dict[str, Any] = {
        "event_id": "e", "channel": "345", "address": "79000000000", "conversation_id": "c", "accepted_at": 1,
        "message_id": UUID, "content": content,
    }  # fmt: skip
    return OutboundMessage(**values | changes)


def calls(content: Content, channel: str, **changes: Any) -> list[SendRequest]:
    """The calls that send it."""
    return send_requests(message(content, **changes), ROUTES[channel])


def file(kind: ContentType, name: str, **more: Any) -> Content:
    """A file of an operator."""
    return Content(type=kind, url=f"https://a.example/{name}", name=name, **more)


TEXT = Content(type=ContentType.TEXT, text="Добрый день")
PICTURE = file(ContentType.PICTURE, "1.jpg")
CAPTIONED = file(ContentType.PICTURE, "1.jpg", text="Смотрите")
STICKER = file(ContentType.STICKER, "s.webp")
VIDEO = file(ContentType.VIDEO, "a.mp4")
VOICE = file(ContentType.VOICE, "v.ogg")
AUDIO = file(ContentType.AUDIO, "a.mp3")
DOCUMENT = file(ContentType.FILE, "bill.pdf")
PLACE = Content(type=ContentType.LOCATION, location=Location(latitude=48.4564, longitude=56.7645, address="London"))
CONTACT = Content(type=ContentType.CONTACT, contact=Contact(name="Анна", phone="+79000000001"))
LINK_TEXT = Button(text="Сайт", url="https://shop.example")
BUTTONS = Content(type=ContentType.TEXT, text="Да?", buttons=((Button(text="Да"), Button(text="Нет")),))
LINKS = Content(type=ContentType.TEXT, text="Вот", buttons=((LINK_TEXT,),))
ROWS = (ListRow(title="Утро", description="до 12"), ListRow(title="Вечер"))
LIST = Content(
    type=ContentType.TEXT,
    text="Когда?",
    choice=Choice(header="Визит", body="Когда?", sections=(ListSection(rows=ROWS),)),
)
FILLED = "Здравствуйте, Анна! Ждём вас завтра."
PLACES = {"{{name}}": "Анна", "{{day}}": "завтра"}
TEMPLATED = Content(
    type=ContentType.TEXT,
    text=FILLED,
    template=Template(external_id="98", params=PLACES, content="Здравствуйте, {{name}}! Ждём вас {{day}}."),
)
NAMED_TEMPLATE = TEMPLATED.model_copy(
    update={"template": Template(external_id="visit", params=PLACES), "buttons": BUTTONS.buttons}
)
WITHOUT_A_VALUE = TEMPLATED.model_copy(
    update={"template": Template(external_id="98", params={"{{name}}": "Анна"}, content="{{name}} {{day}}")}
)
PLACED_TWICE = TEMPLATED.model_copy(
    update={"template": Template(external_id="98", params=PLACES, content="{{name}}, {{name}}! {{day}}")}
)
EDITED = TEMPLATED.model_copy(update={"text": "Анна, ждём вас завтра в 10."})
REFLOWED = TEMPLATED.model_copy(update={"text": "Здравствуйте,  Анна!\nЖдём вас завтра. "})
WITHOUT_WORDS = TEMPLATED.model_copy(update={"text": None})
ESCAPED = TEMPLATED.model_copy(
    update={
        "template": Template(
            external_id="98",
            params={"\\{\\{name\\}\\}": "Анна", "{{day}}": "завтра"},
            content="Здравствуйте, \\{\\{name\\}\\}! Ждём вас \\{\\{ day \\}\\}.",
        )
    }
)
LONG_BUTTON = Button(text="Записаться на завтрашнее утро!!")  # 31 characters
LONG_BUTTONS = BUTTONS.model_copy(update={"buttons": ((Button(text="Да"), LONG_BUTTON),)})
HTTP_LINK = LINKS.model_copy(update={"buttons": ((Button(text="Сайт", url="http://shop.example"),),)})

MAP = "London\n48.456400, 56.764500\nhttps://yandex.ru/maps/?pt=56.764500,48.456400&z=16"
TO = {"value": "79000000000", "type": "MAX_ID"}


def whatsapp(**content: Any) -> dict[str, Any]:
    """A send to WhatsApp."""
    return cascade(111, whatsappContent=content)


def cascade(number: int, own_id: str = UUID, **content: Any) -> dict[str, Any]:
    """A send through a cascade."""
    subscriber = {"address": "79000000000", "type": "PHONE"}
    return {"requestId": own_id, "cascadeId": number, "subscriberFilter": subscriber, "content": content}


def second(document: dict[str, Any]) -> dict[str, Any]:
    """The same as the second part."""
    return document | {"id" if "id" in document else "requestId": SECOND}


def text(said: str) -> dict[str, Any]:
    """A text to WhatsApp."""
    return whatsapp(contentType="TEXT", text=said)


def viber(said: str) -> dict[str, Any]:
    """A text to Viber."""
    return cascade(112, viberContent={"contentType": "TEXT", "text": said})


def sms(said: str) -> dict[str, Any]:
    """A text by SMS."""
    return cascade(113, smsContent={"text": said})


def media(kind: str, name: str) -> dict[str, Any]:
    """The content of a file."""
    return {"contentType": kind, "attachment": {"url": f"https://a.example/{name}", "name": name}}


def by_number(*values: str) -> dict[str, Any]:
    """A template by its number."""
    head = {"messageId": UUID, "sender": "RETAIL_WA", "phone": "79000000000", "templateId": 98}
    return head | {"textVariables": list(values)}


def to_max(**content: Any) -> dict[str, Any]:
    """A send to MAX."""
    return {"from": "79620000000_max_xx", "to": TO, "content": content}


def to_bot(**content: Any) -> dict[str, Any]:
    """A send to MAX Bot."""
    return {"sender": "my_channel", "maxId": "79000000000", "content": content}


def legacy(kind: str, **more: Any) -> dict[str, Any]:
    """A send of the legacy API."""
    head = {"id": UUID, "subject": "test", "address": "79000000000", "imType": "whatsapp", "contentType": kind}
    return head | more


def readme(said: str, **more: Any) -> dict[str, Any]:
    """A send of the README form."""
    return {"imType": "whatsapp", "subject": "79000000000", "text": said} | more


def at(name: str) -> str:
    """Where a file is."""
    return f"https://a.example/{name}"
