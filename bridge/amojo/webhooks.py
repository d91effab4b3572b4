"""From amojo's JSON to events: hooks v2 and v1 (amojo.md §6.4 to §6.8) and the README form. Pure.

Events are made with `accepted_at` 0, the gateway stamps them (I2). Typing and reactions carry nothing for a client and
are counted.
"""

from __future__ import annotations

from typing import Any

from bridge.amojo.hooks import hook_v1, hook_v2
from bridge.amojo.readme import readme
from bridge.errors import Unusable
from bridge.events import OutboundMessage
from bridge.reading import Reading
from bridge.shapes import Ignored, SetAside, milliseconds, unknown, word

__all__ = ["OLDEST_S", "Reading", "Recognised", "account_id", "is_foreign", "is_stale", "parse"]

Recognised = OutboundMessage | Ignored | SetAside

OLDEST_S = 86_400  # a hook carries no nonce, so that its age is all that speaks against a replay
SILENT_ACTIONS = ("typing", "reaction")


def parse(document: Any, reading: Reading) -> Recognised:
    """What one hook says. Raises Unusable when a known shape lacks what it needs."""
    if not isinstance(document, dict):
        return unknown("not an object")
    message = document.get("message")
    if _is_given(message):
        if not isinstance(message, dict):
            raise Unusable("message", "must be an object")
        inner = message.get("message")
        if isinstance(inner, dict):
            return hook_v2(message, inner, reading)
        if any(_is_given(message.get(name)) for name in ("message", "conversation", "receiver")):
            raise Unusable("message.message", "must be an object")
        return readme(document, message, reading)
    action = document.get("action")
    if isinstance(action, dict):
        for kind in SILENT_ACTIONS:
            if _is_given(action.get(kind)):
                return Ignored(kind)
        return unknown("an action of no known kind")
    if isinstance(document.get("receiver"), str) or ("conversation_id" in document and "msec_timestamp" in document):
        return hook_v1(document, reading)
    return unknown("of no shape that amojo is known to send")


def account_id(document: Any) -> str:
    """The account that a hook says it is from; "" when it does not say (README form, v1)."""
    return word(document.get("account_id")) if isinstance(document, dict) else ""


def is_foreign(said: str | None, ours: str) -> bool:
    """Whether a scope or account id is another's. UUIDs are the same in either case; nothing said is nobody's."""
    return (said or ours).lower() != ours.lower()


def is_stale(document: Any, now_ms: int) -> bool:
    """Whether a hook says that it was sent longer ago than OLDEST_S. One that names no time is not."""
    sent_at = milliseconds(document.get("time")) if isinstance(document, dict) else None
    return sent_at is not None and now_ms - sent_at > OLDEST_S * 1000


def _is_given(value: Any) -> bool:
    """Absent, null and "" are the same (amojo.md §6.4)."""
    return value is not None and value != ""
