"""Sends without a cascade: MAX, MAX Bot, and templates by their number (edna.md §2.2-§2.4).

edna chooses the id; statuses carry it as `requestId`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.edna import templates
from sandbox.edna.account import Account
from sandbox.edna.config import Channel, Template
from sandbox.edna.messages import Sent, shown
from sandbox.vendor import Call, Outline, Reply, reply, text

PREFIX = "/api/v1/out-messages"
MAX_PATH, MAX_BOT_PATH = f"{PREFIX}/max", f"{PREFIX}/max-bot"
TEMPLATE_PATHS = {f"{PREFIX}/whatsapp/template": "whatsapp", f"{PREFIX}/viber/template": "viber"}
INVALID = "default.request.input_invalid"
NOT_FOUND = "default.subject.not_found"
NAMES = {"max": "MAX", "max_bot": "MAX_BOT", "whatsapp": "WHATSAPP", "viber": "VIBER"}

TEXT_LIMIT, URL_LIMIT, BUTTON_LIMIT, ACTION_LIMIT = 4000, 4096, 30, 1024  # characters
FILES = frozenset({"IMAGE", "VIDEO", "AUDIO", "VOICE", "DOCUMENT"})
BUTTONS: dict[str, str] = {  # type of a keyboard's button → what it needs besides its text
    "LINK": "url",
    "MESSAGE": "text",
    "CALLBACK": "payload",
    "LOCATION_REQUEST": "text",
    "CONTACT_REQUEST": "text",
}

Wrong = Callable[[dict[str, Any]], bool]


@dataclass(frozen=True, slots=True)
class Method:
    """A method of one channel type: where its fields are, the contents that it takes, how it names the address."""

    im_type: str
    sender: str
    address: tuple[str, ...]
    contents: Mapping[str, Wrong]
    answered_as: Callable[[dict[str, Any]], str]


def max_outline(path: str, account: Account, document: Any) -> Outline:
    """The conversation is channel/address."""
    method = METHODS[path]
    return _outline(account, method.im_type, text(document, method.sender), text(document, *method.address), document)


def send(account: Account, call: Call, document: dict[str, Any]) -> Reply:
    """Accept a send to MAX or MAX Bot; each is a message of its own, for there is no id of ours."""
    method = METHODS[call.path]
    channel = account.named(document.get(method.sender), method.im_type)
    if channel is None:
        return _no_sender(call.path, method.im_type, text(document, method.sender))
    content = document.get("content")
    kind = content.get("type") if isinstance(content, dict) else None
    wrong = method.contents.get(kind) if isinstance(kind, str) else None
    address = text(document, *method.address)
    if not isinstance(content, dict) or wrong is None or wrong(content) or not address.isdecimal():
        return _invalid(call.path)
    # `caption` is dropped without a word (edna.md §2.3).
    kept = {name: value for name, value in content.items() if name != "caption"}
    url = text(kept, "url")
    words = text(kept, "text")
    more = {name: kept.get(name) for name in ("keyboard", "button", "latitude", "longitude")}
    sent = _sent(account, call, channel, address, kept)
    sent.kind, sent.url = str(kind), url
    sent.shown = shown(sent.kind, words, url, text(kept, "name"), **more)
    account.take(sent)
    return reply(200, {"outMessageId": sent.request_id, method.answered_as(document): address}, shown=sent.shown)


def template_outline(path: str, account: Account, document: Any) -> Outline:
    """The conversation is channel/phone."""
    return _outline(account, TEMPLATE_PATHS[path], text(document, "sender"), text(document, "phone"), document)


def send_template(account: Account, call: Call, document: dict[str, Any]) -> Reply:
    """Accept a registered template with its values."""
    im_type = TEMPLATE_PATHS[call.path]
    channel = account.named(document.get("sender"), im_type)
    if channel is None:
        return _no_sender(call.path, im_type, text(document, "sender"))
    known = account.templates(channel)
    template = next((one for one in known if one.id == document.get("templateId")), None)
    values = document.get("textVariables") or []
    own_id = text(document, "messageId")
    if template is None or not _fill(template, values) or not text(document, "phone").isdecimal():
        return _invalid(call.path)
    if own_id in account.sent:
        return reply(400, {"message": "Duplicate messageId"}, "duplicate")
    words = templates.filled(template, values)
    sent = _sent(account, call, channel, document["phone"], {"type": "TEXT", "text": words})
    sent.request_id = own_id or sent.request_id
    sent.comment = text(document, "options", "comment") or None
    sent.template = True
    sent.shown = shown("TEXT", words, keyboard=template.keyboard)
    account.take(sent)
    return reply(200, {"outMessageId": sent.request_id, "phone": sent.address}, shown=sent.shown)


def _fill(template: Template, values: Any) -> bool:
    fits = isinstance(values, list) and all(isinstance(one, str) and one for one in values)
    return fits and len(values) == templates.places(template)


def _outline(account: Account, im_type: str, sender: str, address: str, document: Any) -> Outline:
    channel = account.named(sender, im_type)
    number = str(channel.subject_id) if channel else sender
    kind = "template" if "templateId" in (document if isinstance(document, dict) else ()) else im_type
    return Outline(kind, f"{number}/{address}", text(document, "messageId"), number, text(document, "content", "text"))


def _sent(account: Account, call: Call, channel: Channel, address: str, content: dict[str, Any]) -> Sent:
    return Sent(
        request_id=account.fresh_uuid(),
        message_id=account.fresh_id(),
        cascade_id="",
        subject=channel.subject,
        subject_id=channel.subject_id,
        conversation=call.outline.conversation,
        form="direct",
        im_type=channel.im_type,
        address=address,
        content=content,
    )


def _no_sender(path: str, im_type: str, sender: str) -> Reply:
    parameters = {"channel": NAMES[im_type], "sender": sender}
    return reply(400, {"code": NOT_FOUND, "instance": path, "context": {"parameters": parameters}})


def _invalid(path: str) -> Reply:
    return reply(400, {"code": INVALID, "instance": path})


def _says(document: dict[str, Any], name: str, limit: int) -> bool:
    value = document.get(name)
    return isinstance(value, str) and 0 < len(value) <= limit


def _no_text(content: dict[str, Any]) -> bool:
    return not _says(content, "text", TEXT_LIMIT)


def _no_file(content: dict[str, Any]) -> bool:
    words = content.get("text")
    wrong_words = words is not None and (not isinstance(words, str) or len(words) > URL_LIMIT)
    return wrong_words or not _says(content, "url", URL_LIMIT)


def _named_file(content: dict[str, Any]) -> bool:
    """The MAX method knows no `name`; whether it refuses one is not known: it does here (edna.md §2.4)."""
    return "name" in content or _no_file(content)


def _no_place(content: dict[str, Any]) -> bool:
    numbers = (content.get("latitude"), content.get("longitude"))
    return not all(isinstance(one, int | float) and not isinstance(one, bool) for one in numbers)


def _no_button(content: dict[str, Any]) -> bool:
    button = content.get("button")
    if _no_text(content) or not isinstance(button, dict):
        return True
    action = button.get("action")
    fits = isinstance(action, str) and action.startswith("https://") and len(action) <= ACTION_LIMIT
    return not fits or not _says(button, "caption", BUTTON_LIMIT)


def _no_keyboard(content: dict[str, Any]) -> bool:
    keyboard = content.get("keyboard")
    rows = keyboard.get("rows") if isinstance(keyboard, dict) else None
    if _no_text(content) or not isinstance(rows, list) or not rows:
        return True
    found = [each for row in rows for each in (row.get("buttons") if isinstance(row, dict) else None) or [None]]
    return any(_not_a_button(one) for one in found)


def _not_a_button(button: Any) -> bool:
    if not isinstance(button, dict):
        return True
    needs = BUTTONS.get(button["type"]) if isinstance(button.get("type"), str) else None
    return needs is None or not _says(button, "text", BUTTON_LIMIT) or not _says(button, needs, URL_LIMIT)


def _maxs_name(document: dict[str, Any]) -> str:
    return "phone" if text(document, "to", "type") == "PHONE" else "maxId"


BOT_CONTENTS: dict[str, Wrong] = {
    "TEXT": _no_text,
    **dict.fromkeys(FILES, _no_file),
    "LOCATION": _no_place,
    "BUTTON": _no_button,
    "KEYBOARD": _no_keyboard,
}
MAX_CONTENTS: dict[str, Wrong] = {
    "TEXT": _no_text, "IMAGE": _named_file, "VIDEO": _named_file, "DOCUMENT": _named_file
}  # fmt: skip
METHODS = {
    MAX_PATH: Method("max", "from", ("to", "value"), MAX_CONTENTS, _maxs_name),
    MAX_BOT_PATH: Method("max_bot", "sender", ("maxId",), BOT_CONTENTS, lambda _: "maxId"),
}
