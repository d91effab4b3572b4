"""A message and a conversation as the page knows them, and how far a message got. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Author = Literal["client", "operator"]

DELIVERED, READ, FAILED = 1, 2, -1  # amojo.md §4


@dataclass(slots=True)
class Message:
    """One message. Times are milliseconds; none on a side where it has not arrived.

    `hook_status` is the gateway's last answer to its webhook, `refusals` the calls of the other vendor that were not
    taken and `refusal` the HTTP status of the last of them (none: no answer). `sent_as` are the ids under which it was
    sent: a split message has several. `edna_status` is what edna has told, `amojo_status` what amojo was told, `reason`
    its words. `client_sees` and `operator_sees` are what stands on either side besides the words
    (`sandbox.page.contents`).
    """

    id: str
    author: Author
    text: str
    at_client: int | None = None
    at_operator: int | None = None
    answered: bool = False
    hook_status: int | None = None
    hook_ended: bool = False
    refusals: set[int] = field(default_factory=set)
    refusal: int | None = None
    edna_status: str = ""
    amojo_status: int | None = None
    amojo_told_at: int = 0
    reason: str = ""
    sent_as: list[str] = field(default_factory=list)
    client_sees: dict[str, Any] = field(default_factory=dict)
    operator_sees: dict[str, Any] = field(default_factory=dict)

    @property
    def tick(self) -> str:
        """How far it got, as its author sees it."""
        return self._client_tick() if self.author == "client" else self._operator_tick()

    def _client_tick(self) -> str:
        return "delivered" if self.at_operator is not None else "sent"

    def _operator_tick(self) -> str:
        if self.amojo_status == FAILED:
            return "failed"
        if self.amojo_status in (DELIVERED, READ):
            return "read" if self.amojo_status == READ else "delivered"
        if self.answered:
            return "sent"
        # amojo sends its hook once: what the gateway has not taken then is lost (amojo.md §6.3).
        return "failed" if self.hook_ended and self.hook_status != 200 else "sending"

    def document(self) -> dict[str, Any]:
        """As the page is told."""
        return {
            "id": self.id,
            "author": self.author,
            "text": self.text,
            "at_client": self.at_client,
            "at_operator": self.at_operator,
            "tick": self.tick,
            "readable": self.edna_status == "DELIVERED",
            "refusals": len(self.refusals),
            "refusal": self.refusal,
            "hook_refused": self.hook_ended and self.hook_status != 200,
            "hook_status": self.hook_status,
            "reason": self.reason,
            "client_sees": self.client_sees,
            "operator_sees": self.operator_sees,
        }


@dataclass(slots=True)
class Chat:
    """One conversation: a client in a channel. `amojo_name` and `amojo_chat` are what amoCRM knows."""

    id: str
    channel: str
    address: str
    name: str = ""
    amojo_name: str = ""
    amojo_phone: str = ""
    amojo_chat: str = ""
    messages: dict[str, Message] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """As the page is told; without the messages."""
        return {
            "id": self.id,
            "channel": self.channel,
            "address": self.address,
            "name": self.name,
            "amojo_name": self.amojo_name,
            "amojo_phone": self.amojo_phone,
            "amojo_chat": self.amojo_chat,
        }
