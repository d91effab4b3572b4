"""What edna tells of besides messages and their statuses: templates, clicks, calls (edna.md §5).

The shapes of templates and of their categories are documented; those of clicks and calls were never seen: a guess.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.edna.account import Account
from sandbox.edna.config import Template
from sandbox.edna.directory import described
from sandbox.edna.webhooks import encoded
from sandbox.vendor import Control, text

Json = dict[str, Any]
CATEGORY_CHANGED = "message_matcher.category_changed"
CREATED_AT = "2026-01-12T09:00:00Z"
LINK = "https://shop.example/1"


@dataclass(frozen=True, slots=True)
class Events:
    """Tells of them on demand; a template or its category changes by that."""

    account: Account

    def controls(self) -> dict[str, Control]:
        """What can be asked. Raises ValueError naming a wrong field."""
        return {"/account/events": self._tell}

    async def _tell(self, order: Json) -> tuple[int, Json]:
        kind = text(order, "kind")
        made = KINDS.get(kind)
        if made is None:
            raise ValueError(f"kind: one of {', '.join(KINDS)}")
        body = order["body"] if order.get("body") is not None else made(self, order)
        channel, address = self._channel(order), text(order, "address")
        conversation = f"{channel}/{address}" if address else ""
        number = self.account.fresh_id()
        self.account.outbox.push_event(kind, channel, conversation, str(number), encoded(body))
        return 200, {"id": number}

    def _template(self, order: Json) -> list[Json]:
        status = text(order, "status")
        template = self.account.change_template(self._named(order), **({"status": status} if status else {}))
        return [{**described(self.account, template), "createdAt": CREATED_AT, "updatedAt": _now()}]

    def _category(self, order: Json) -> Json:
        category = text(order, "category")
        if not category:
            raise ValueError("category: needed")
        told = described(self.account, self.account.change_template(self._named(order), category=category))
        return _event(CATEGORY_CHANGED, {name: told[name] for name in ("id", "name", "channelType", "category")})

    def _click(self, order: Json) -> Json:
        return _event("link.clicked", {**self._about(order), "url": text(order, "url") or LINK})

    def _call(self, order: Json) -> Json:
        return _event("whatsapp.call.ended", {**self._about(order), "duration": 7})

    def _about(self, order: Json) -> Json:
        channel = self.account.channels[self._channel(order)]
        about = {"subject": channel.subject, "subjectId": channel.subject_id, "address": text(order, "address")}
        return about | {"requestId": text(order, "request_id") or None}

    def _named(self, order: Json) -> Template:
        known = {one.id: one for one in self.account.registered.values() if one.subject_id in self.account.channels}
        template = known.get(order["template"]) if isinstance(order.get("template"), int) else None
        if template is None:
            raise ValueError(f"template: one of {', '.join(map(str, known))}")
        return template

    def _channel(self, order: Json) -> int:
        if order.get("template") is not None and order.get("channel") is None:
            return self._named(order).subject_id
        given = text(order, "channel") or str(self.account.config.subject_id)
        known = given.isascii() and given.isdecimal() and int(given) in self.account.channels
        if not known:
            raise ValueError("channel: the subjectId of one of this account")
        return int(given)


KINDS: dict[str, Callable[[Events, Json], Any]] = {
    "template": Events._template,
    "category": Events._category,
    "click": Events._click,
    "call": Events._call,
}


def _event(kind: str, payload: Json) -> Json:
    return {"type": kind, "timestamp": _now(), "payload": payload}


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
