"""edna's webhooks on their way: their headers, and the lane of each conversation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sandbox.edna.messages import Sent
from sandbox.edna.webhooks import ClientMessage, Form, incoming, status
from sandbox.hooks import Hook, HookSender


@dataclass(frozen=True, slots=True)
class Outbox:
    """Hands webhooks to the sender. `key` None: they carry no Authorization. `where` tells the address of a kind of
    webhook of a channel."""

    sender: HookSender
    key: str | None
    where: Callable[[str, int | None], str | None]

    @property
    def headers(self) -> dict[str, str]:
        """What every webhook carries."""
        return {"Content-Type": "application/json", **({"Authorization": f"Token {self.key}"} if self.key else {})}

    def push_message(self, message: ClientMessage, form: Form) -> None:
        """A client wrote."""
        channel = int(message.channel) if message.channel.isdecimal() else None
        conversation = f"{message.channel}/{message.address}"
        self._push("incoming", channel, conversation, str(message.id), incoming(message, form))

    def push_status(
        self, sent: Sent, name: str, error: str | None = None, after_s: float = 0.0, true_after_s: float | None = None
    ) -> None:
        """Something became of a message; told after so long, and true at that time unless said otherwise."""
        body = status(sent, name, error, after_s if true_after_s is None else true_after_s)
        self._push("status", sent.subject_id, sent.conversation, f"{sent.request_id} {name}", body, after_s)

    def push_event(self, kind: str, channel: int, conversation: str, key: str, body: bytes) -> None:
        """Something that is neither a message nor a status; it goes where templates go (edna.md §5, §6)."""
        url = partial(self.where, "template", channel)
        self.sender.push(Hook(f"events/{channel}", kind, conversation, key, self.headers, body, url))

    async def post(self, body: bytes) -> int | None:
        """Send something that stands in no journal; the HTTP status, None without an answer."""
        return await self.sender.post(self.headers, body)

    def _push(
        self, kind: str, channel: int | None, conversation: str, key: str, body: bytes, after_s: float = 0.0
    ) -> None:
        url = partial(self.where, kind, channel)
        self.sender.push(Hook(conversation, kind, conversation, key, self.headers, body, url), after_s)
