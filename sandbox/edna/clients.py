"""The clients of the fake account: they write, and read what was sent to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

from sandbox.edna.account import Account
from sandbox.edna.config import Channel
from sandbox.edna.contents import Writing
from sandbox.edna.messages import Sent
from sandbox.edna.statuses import ALL, TOLD
from sandbox.edna.webhooks import ClientMessage, Form
from sandbox.vendor import Control, text

STATUSES = frozenset(
    {
        *("ENQUEUED", "DELAYED", "SENT", "DELIVERED", "READ", "UNDELIVERED", "FAILED", "CANCELLED", "EXPIRED"),
        *("NO-MATCH-TEMPLATE", "INVALID"),
    }
)
NUMBERED: tuple[Form, ...] = ("pulse", "array", "legacy")


@dataclass(slots=True)
class Clients:
    """People with phones."""

    account: Account
    writing: Writing

    def controls(self) -> dict[str, Control]:
        """What can be asked of them. Each raises ValueError naming a wrong field."""
        return {"/client/messages": self._write, "/client/read": self._read, "/client/status": self._status}

    async def _write(self, order: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        name, address = (_wanted(order, key) for key in ("channel", "address"))
        numeric = name.isascii() and name.isdecimal()
        form: Form = order.get("form") or ("pulse" if numeric else "readme")
        if form not in get_args(Form):
            raise ValueError(f"form: one of {', '.join(get_args(Form))}")
        if form in NUMBERED and not numeric:
            raise ValueError("channel: a number (subjectId) in this form; a name needs form readme")
        channel = self.account.channels.get(int(name)) if numeric else None
        channel = channel or Channel("", 0, name if not numeric else "whatsapp")
        identifiers = order.get("identifiers")
        message = ClientMessage(
            id=self._id(order.get("id")),
            channel=name,
            address=address,
            content=self.writing.content(order, channel.subject or f"sandbox_{name}"),
            subject=channel.subject,
            im_type=channel.im_type,
            user=self.writing.user(order, channel.im_type),
            identifiers=identifiers if isinstance(identifiers, list) else None,
            more=self._quoted(order),
        )
        self.account.deliveries.client_wrote(f"{name}/{address.removeprefix('+')}")
        self.account.outbox.push_message(message, form)
        return 200, {"id": message.id}

    def _quoted(self, order: dict[str, Any]) -> dict[str, Any]:
        """The keys of a reply: `reply_to` is the request id of what was sent to the client, `reply_to_own` an id of
        what the client wrote before."""
        told: dict[str, Any] = {}
        if order.get("reply_to") is not None:
            request_id = _wanted(order, "reply_to")
            sent = self.account.sent.get(request_id)
            told = {"replyOutMessageExternalRequestId": request_id, "replyOutMessageId": sent and sent.message_id}
        if order.get("reply_to_own") is not None:
            told["replyInMessageId"] = self._id(order["reply_to_own"])
        return told

    async def _read(self, order: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        sent = self._found(order)
        if sent is not None and "READ" not in TOLD.get(sent.im_type, ALL):
            return 409, {"detail": "request_id: edna tells no READ of this channel"}
        return await self._status({"request_id": order.get("request_id"), "status": "READ"})

    async def _status(self, order: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        name = _wanted(order, "status").upper()
        if name not in STATUSES:
            raise ValueError(f"status: one of {', '.join(sorted(STATUSES))}")
        sent = self._found(order)
        if sent is None:
            return 404, {"detail": "request_id: no message was sent under it"}
        self.account.deliveries.tell(sent, name, text(order, "error") or None)
        return 200, {"id": sent.request_id}

    def _found(self, order: dict[str, Any]) -> Sent | None:
        return self.account.sent.get(_wanted(order, "request_id"))

    def _id(self, given: Any) -> int | str:
        if given is None:
            return self.account.fresh_id()
        if isinstance(given, bool) or not isinstance(given, int | str) or given == "":
            raise ValueError("id: a number or a non-empty string")
        return int(given) if isinstance(given, str) and given.isascii() and given.isdecimal() else given


def _wanted(order: dict[str, Any], name: str) -> str:
    value = text(order, name)
    if not value:
        raise ValueError(f"{name}: needed")
    return value
