"""Client → operator: the inbound topic to amojo's `new_message`."""

from __future__ import annotations

from typing import Any, NamedTuple

from bridge.amojo import requests
from bridge.amojo.client import AmojoClient
from bridge.events import ChatLink, Content, InboundMessage
from bridge.http import HttpTransport
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


class MessageRequest(NamedTuple):
    """A client's message, and the body that says it."""

    event: InboundMessage
    body: bytes


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
        """The body, once: every repeat sends the same bytes.

        Without a name the client keeps the last one seen. A conversation that an operator began is bound to his chat.
        """
        if not event.sender.name and (name := memory.name(event.conversation_id)):
            event = event.model_copy(update={"sender": event.sender.model_copy(update={"name": name})})
        chat = self.links.get(event.conversation_id)
        body = requests.new_message(
            event,
            link=self._file_link,
            language=self._settings.operator_language,
            sources=self._settings.amocrm_sources,
            bound=requests.Bound(chat.chat_id, chat.user_id) if chat is not None else None,
        )
        return [MessageRequest(event, body)]

    async def attempt(self, request: MessageRequest) -> Verdict:
        """Call amojo, signed anew. A 400 may mean that an earlier attempt was taken: the chat's history tells."""
        verdict = await self._client.send_message(request.body)
        self._connection.heed(verdict)
        if verdict.status == 400:
            found = await self._client.has_message(request.event)
            if found.outcome is not Outcome.PERMANENT:
                return found
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

    def _file_link(self, content: Content) -> str | None:
        return self._files.public(content.url, content.name, content.mime)


settings = load_settings_or_exit(INBOUND)
app = make_app(settings, InboundCarrier(settings), settings.inbound_port)
