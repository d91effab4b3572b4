"""The people who stand in the list before anybody has written, and those whom somebody adds. Pure."""

from __future__ import annotations

import re
from typing import Any

from bridge.ids import Conversation
from sandbox.page.messages import Chat
from sandbox.page.reading import word

# edna's subjectId → the messenger that the page draws. The fakes take any number.
CHANNELS: dict[str, str] = {"345": "WhatsApp", "346": "Viber", "347": "MAX Bot"}

PEOPLE: tuple[tuple[str, str, str], ...] = (  # name, channel, address; one person is there in both channels
    ("Анна Соколова", "345", "79001234567"),
    ("Анна Соколова", "346", "79001234567"),
    ("Иван Петров", "345", "79035551842"),
    ("Екатерина Воскресенская-Ковалевская", "346", "79167770309"),
)
NAME_LIMIT = 64
PHONE = re.compile(r"\d{10,15}")


def first_chats() -> list[Chat]:
    """The conversations that stand there from the beginning."""
    return [_chat(name, channel, address) for name, channel, address in PEOPLE]


def new_chat(given: Any) -> Chat:
    """The conversation of somebody new. Raises ValueError with the name of the field that is wrong."""
    document = given if isinstance(given, dict) else {}
    name = word(document.get("name")).strip()
    address = re.sub(r"[\s()+-]", "", word(document.get("address")))
    channel = word(document.get("channel"))
    if not name or len(name) > NAME_LIMIT:
        raise ValueError("name")
    if channel not in CHANNELS:
        raise ValueError("channel")
    if not PHONE.fullmatch(address):
        raise ValueError("address")
    return _chat(name, channel, address)


def _chat(name: str, channel: str, address: str) -> Chat:
    return Chat(Conversation(channel, address).id, channel, address, name=name)
