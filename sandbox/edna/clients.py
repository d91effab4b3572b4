"""The clients of the fake account: they write, and read what was sent to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from sandbox.edna.outbox import Outbox
from sandbox.edna.webhooks import ClientMessage, Form, Sent
from sandbox.vendor import Control, text

STATUSES = frozenset(
    ["ENQUEUED", "DELAYED", "SENT", "DELIVERED", "READ", "UNDELIVERED", "FAILED", "CANCELLED", "EXPIRED"]
)


@dataclass(frozen=True, slots=True)
class Clients:
    """People with phones. `sent` are the messages that edna accepted, by request id."""

    outbox: Outbox
    sent: Mapping[str, Sent]
    fresh_id: Callable[[], int]

    def controls(self) -> dict[str, Control]:
        """What can be asked of them. Each raises ValueError naming a wrong field."""
        return {"/client/messages": self._write, "/client/read": self._read, "/client/status": self._status}

    async def _write(self, order: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        channel, address, words = (_wanted(order, name) for name in ("channel", "address", "text"))
        numeric = channel.isascii() and channel.isdecimal()
        form: Form = order.get("form") or ("pulse" if numeric else "readme")
        if form not in get_args(Form):
            raise ValueError(f"form: one of {', '.join(get_args(Form))}")
        if form != "readme" and not numeric:
            raise ValueError("channel: a number (subjectId) in this form; a name needs form readme")
        message = ClientMessage(
            id=self._id(order.get("id")),
            channel=channel,
            address=address,
            text=words,
            name=text(order, "name") or None,
        )
        self.outbox.push_message(message, form)
        return 200, {"id": message.id}

    async def _read(self, order: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        return await self._status({"request_id": order.get("request_id"), "status": "READ"})

    async def _status(self, order: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        name = _wanted(order, "status").upper()
        if name not in STATUSES:
            raise ValueError(f"status: one of {', '.join(sorted(STATUSES))}")
        sent = self.sent.get(_wanted(order, "request_id"))
        if sent is None:
            return 404, {"detail": "request_id: no message was sent under it"}
        self.outbox.push_status(sent, name, text(order, "error") or None)
        return 200, {"id": sent.request_id}

    def _id(self, given: Any) -> int | str:
        if given is None:
            return self.fresh_id()
        if isinstance(given, bool) or not isinstance(given, int | str) or given == "":
            raise ValueError("id: a number or a non-empty string")
        return int(given) if isinstance(given, str) and given.isascii() and given.isdecimal() else given


def _wanted(order: dict[str, Any], name: str) -> str:
    value = text(order, name)
    if not value:
        raise ValueError(f"{name}: needed")
    return value
