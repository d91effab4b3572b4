"""From an operator's message to edna's JSON, in the dialect that EDNA_SEND_PATH names. Pure.

The id under which a message is sent is a function of amojo's id, so that a repeat is refused there as such (I4). The
README form takes no id of ours: a repeat after an unknown outcome is possible there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import urlsplit

from bridge.compact import encoded
from bridge.errors import CannotCarry, ConfigurationError
from bridge.events import ContentType, OutboundMessage
from bridge.ids import request_id
from bridge.settings import CASCADE_PATH, README_PATH, Settings

# The part of a cascade's content that belongs to a channel type (edna.md §2.1).
CONTENT_KEYS = {"whatsapp": "whatsappContent", "viber": "viberContent", "sms": "smsContent"}

EDNA_DOMAINS = ("edna.ru", "edna.io", "edna.by", "edna.kz")  # edna.md §1; hosts below them are edna itself


class SendRequest(NamedTuple):
    """What goes to EDNA_SEND_PATH: the body, the request id in it (none in the README form) and its replay's number."""

    body: bytes
    request_id: str | None
    replay: int = 0


Dialect = Callable[[OutboundMessage, Settings, int], SendRequest]


def send_request(event: OutboundMessage, settings: Settings, replay: int | None = None) -> SendRequest:
    """The request for one message, under the id of its replay (default: the event's own).

    Raises CannotCarry when no form can express it, or when all ids of the message have been refused.
    """
    replay = event.replay if replay is None else replay
    if not event.address:
        raise CannotCarry("no client address: the conversation id is not one of this bridge", "no-address")
    if event.content.type is not ContentType.TEXT or not event.content.text:
        raise CannotCarry(f"a message of type {event.content.type} without text cannot be sent yet")
    return dialect(settings)(event, settings, replay)


def dialect(settings: Settings) -> Dialect:
    """The form that EDNA_SEND_PATH names. Raises ConfigurationError for a path that no form here serves."""
    try:
        return DIALECTS[settings.edna_send_path]
    except KeyError:
        raise ConfigurationError(
            f"EDNA_SEND_PATH={settings.edna_send_path} is not served: use one of {', '.join(DIALECTS)}"
        ) from None


def send_path_trouble(settings: Settings) -> str | None:
    """A line for whoever starts it with EDNA_SEND_PATH at its default against real edna, which has no such method."""
    host = urlsplit(settings.edna_base_url).hostname or ""
    real = any(host == domain or host.endswith(f".{domain}") for domain in EDNA_DOMAINS)
    if settings.edna_send_path != README_PATH or not real:
        return None
    return (
        f"EDNA_SEND_PATH={README_PATH} does not exist at {host}: no message will reach a client. "
        f"Set EDNA_SEND_PATH={CASCADE_PATH} and EDNA_CASCADE_ID"
    )


def _cascade(event: OutboundMessage, settings: Settings, replay: int) -> SendRequest:
    own = request_id(event.message_id, replay=replay)
    cascade = settings.edna_cascade_id or ""
    content = {"contentType": "TEXT", "text": event.content.text}
    return SendRequest(
        encoded(
            {
                "requestId": own,
                "cascadeId": int(cascade) if cascade.isdigit() else cascade,
                "subscriberFilter": {"address": event.address, "type": "PHONE"},
                "content": {CONTENT_KEYS.get(settings.edna_im_type.lower(), "whatsappContent"): content},
            }
        ),
        own,
        replay,
    )


def _readme(event: OutboundMessage, settings: Settings, replay: int) -> SendRequest:
    # A conversation of the README form has the type as its channel; one of a real webhook has the channel's number.
    im_type = settings.edna_im_type if event.channel.isdigit() else event.channel
    return SendRequest(encoded({"imType": im_type, "subject": event.address, "text": event.content.text}), None, replay)


DIALECTS: dict[str, Dialect] = {README_PATH: _readme, CASCADE_PATH: _cascade}
