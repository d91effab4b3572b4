"""What a client sent in edna Pulse, read as the bridge reads it."""

from __future__ import annotations

from typing import Any

from bridge.edna.webhooks import Reading, parse
from bridge.events import Content, InboundMessage
from bridge.shapes import Ignored
from tests.bridge.vendor_forms import pulse_content

READING = Reading("whatsapp", "RU")
S3 = "https://files.mfms.ru/imfiles4s/shop/8f3a.{}?AWSAccessKeyId=imfiles4s&Expires=1700000000&Signature=a%2Bb%3D"
NULLS = {"url": None, "name": None, "size": None}


def read(kind: str, **said: Any) -> Content | Ignored:
    """What becomes of a `messageContent` of this type."""
    found = parse(pulse_content(kind, **said), READING)
    assert isinstance(found, InboundMessage | Ignored), found
    return found.content if isinstance(found, InboundMessage) else found


def content(kind: str, **said: Any) -> Content:
    """The content that it becomes."""
    found = read(kind, **said)
    assert isinstance(found, Content), found
    return found


def file(ending: str, **said: Any) -> dict[str, Any]:
    """An attachment as edna writes it."""
    return {"url": S3.format(ending), "name": None, "size": None, **said}
