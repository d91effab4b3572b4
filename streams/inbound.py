"""Client → operator: the inbound topic to amojo's `new_message`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import structlog

from bridge.amojo import requests
from bridge.amojo.client import AmojoClient
from bridge.events import ChatLink, Content, InboundMessage
from bridge.http import HttpTransport
from bridge.ids import is_replay
from bridge.kafka.producer import Producer
from bridge.media_links import MediaLinks
from bridge.outcome import Outcome, Verdict
from bridge.settings import Settings, load_settings_or_exit
from bridge.topics import INBOUND, INBOUND_LINKS
from streams.connection import Connection
from streams.delivery.links import Links
from streams.delivery.memory import Memory
from streams.delivery.outcome import DeadLettered, Delivered, Ending
from streams.shell import make_app

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class MessageRequest:
    """A client's message, and the body that says it.

    `perhaps_there`: it may have been sent before, and nobody knows what became of it. `unquoted` says it without the
    message that it quotes, if it quotes one. `chat_id` is amojo's id of the chat, where an operator began it.
    """

    event: InboundMessage
    body: bytes
    perhaps_there: bool
    unquoted: bytes | None = None
    chat_id: str | None = None


class InboundCarrier:
    """See the module. Connects the account to the channel in the background, and again when amojo does not know it."""

    name = INBOUND
    event = InboundMessage
    max_age_s = 0.0

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.max_rps = settings.amocrm_max_rps
        self.links = Links(settings, INBOUND_LINKS, ChatLink)
        self._files = MediaLinks.of(settings)

    async def start(self, _producer: Producer) -> None:
        """Open the transport and begin to connect."""
        self._transport = HttpTransport()
        self._client = AmojoClient(self._settings, self._transport)
        self._connection = Connection(self._settings, self._client)
        self._connection.begin()

    async def close(self) -> None:
        """Close the transport."""
        await self._connection.close()
        await self.links.close()
        await self._transport.close()

    def placed(self, event: InboundMessage) -> InboundMessage:
        """It names its conversation."""
        return event

    async def prepare(self, event: InboundMessage, memory: Memory) -> list[MessageRequest]:
        """The bodies, once: every repeat sends the same bytes.

        Without a name the client keeps the last one seen. A conversation that an operator began is bound to his chat.
        """
        if not event.sender.name and (name := memory.name(event.conversation_id)):
            event = event.model_copy(update={"sender": event.sender.model_copy(update={"name": name})})
        chat = self.links.get(event.conversation_id)
        unquoted = None
        if event.reply_to or event.reply_to_own:
            unquoted = self._body(event.model_copy(update={"reply_to": None, "reply_to_own": None}), chat)
        before_us = memory.perhaps_attempted(event.accepted_at) or is_replay(event.event_id)
        chat_id = chat.chat_id if chat is not None else None
        return [MessageRequest(event, self._body(event, chat), before_us, unquoted, chat_id)]

    async def attempt(self, request: MessageRequest) -> Verdict:
        """Call amojo, signed anew. A 400 may mean that an earlier attempt was taken: the chat's history tells.

        Or it may mean that amojo does not know the quoted message, a campaign's or one older than this bridge: what it
        answers to that is not documented (amojo.md §3.6), and a quote is no reason to lose what the client said.
        """
        verdict = await self._send(request, request.body)
        if verdict.outcome is Outcome.PERMANENT and request.unquoted is not None:
            # Under the same msgid, so that it is no second message (amojo.md §3.10).
            verdict = await self._send(request, request.unquoted)
            if verdict.outcome is Outcome.DELIVERED:
                log.info("quote.left_out", event_id=request.event.event_id)
        # The look makes the chat if there is none, and for the client of such a chat amoCRM makes no lead (§1.5): only
        # where it can find anything.
        if verdict.status == 400 and (request.perhaps_there or request.chat_id is not None):
            found = await self._client.has_message(request.event, request.chat_id)
            if found.outcome is not Outcome.PERMANENT:
                return found
        return verdict

    async def _send(self, request: MessageRequest, body: bytes) -> Verdict:
        there = request.perhaps_there
        request.perhaps_there = True  # until an answer says that it was not taken
        verdict = await self._client.send_message(body)
        if verdict.outcome is not Outcome.TRANSIENT:
            request.perhaps_there = there
        self._connection.heed(verdict)
        return verdict

    def id_of(self, _request: MessageRequest) -> None:
        """amojo's history tells a message that is there from one that was refused: no refusal has to be remembered."""
        return

    def renewed(self, _event: InboundMessage, request: MessageRequest) -> MessageRequest:
        """There is but one id."""
        return request

    def remembered(self, event: InboundMessage, ending: Ending, memory: Memory) -> dict[str, Any]:
        """Both vendors' ids, and the client's name for messages that come without."""
        if event.sender.name:
            memory.note_name(event.conversation_id, event.sender.name)
        return {
            "name": event.sender.name,
            "edna_id": event.message_id,
            "amojo_id": ending.verdict.vendor_id if isinstance(ending, Delivered) else None,
        }

    def told(self, _event: InboundMessage, _ending: DeadLettered) -> None:
        """A client is not told of a dead letter."""
        return

    def _body(self, event: InboundMessage, chat: ChatLink | None) -> bytes:
        return requests.new_message(
            event,
            link=self._file_link,
            language=self._settings.operator_language,
            sources=self._settings.amocrm_sources,
            bound=requests.Bound(chat.chat_id, chat.user_id) if chat is not None else None,
        )

    def _file_link(self, content: Content) -> str | None:
        return self._files.public(content.url, content.name, content.mime)


settings = load_settings_or_exit(INBOUND)
app = make_app(settings, InboundCarrier(settings), settings.inbound_port)
