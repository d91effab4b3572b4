"""Operator → client: the outbound topic to edna, each conversation through the channel that it belongs to."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import structlog

from bridge.edna import requests
from bridge.edna.channels import Route
from bridge.edna.client import NO_HISTORY, STALE, EdnaClient
from bridge.errors import CannotCarry, ConfigurationError, TransportError
from bridge.events import ChatLink, Content, MessageLink, MessageStatus, OutboundMessage, StatusUpdate
from bridge.http import HttpTransport
from bridge.ids import Conversation, decode_request_id, request_id, status_event_id
from bridge.kafka.producer import Producer
from bridge.media_links import MediaLinks
from bridge.outcome import Outcome, Verdict
from bridge.settings import Settings, exit_with, load_settings_or_exit
from bridge.topics import INBOUND_LINKS, OUTBOUND, STATUS_LINKS
from streams import metrics
from streams.delivery.link_writer import LinkWriter
from streams.delivery.memory import Memory
from streams.delivery.outcome import DeadLettered, Delivered, Ending, Link
from streams.directory import ChannelsOfEdna
from streams.shell import make_app

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Call:
    """One call of a message.

    `uncertain`: an earlier go may have been carried out, and its id cannot tell. `linked`: the id that has its link.
    """

    event: OutboundMessage
    route: Route
    request: requests.SendRequest
    parts: int
    uncertain: bool = False
    linked: str | None = None


class OutboundCarrier:
    """See the module."""

    name = OUTBOUND
    event = OutboundMessage
    links = None

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.max_rps = settings.edna_max_rps
        self.max_age_s = float(settings.outbound_max_age_s)
        self._files = MediaLinks.of(settings)
        requests.check_path(settings)  # a path that no form serves is an error of configuration, said at start

    async def start(self, producer: Producer) -> None:
        """Open the transport, and ask edna for its channels."""
        if (trouble := requests.send_path_trouble(self._settings)) is not None:
            log.error("edna.send_path", trouble=trouble)
        self._transport = HttpTransport()
        self._client = EdnaClient(self._settings, self._transport)
        self._message_links = LinkWriter(self._settings, STATUS_LINKS, producer)
        self._chat_links = LinkWriter(self._settings, INBOUND_LINKS, producer)
        self._channels = ChannelsOfEdna(self._settings, self._client)
        await self._channels.start()

    async def close(self) -> None:
        """Close the transport."""
        await self._channels.close()
        await self._transport.close()

    def placed(self, event: OutboundMessage) -> OutboundMessage:
        """A first message with its channel: that of the source, else the default one. Raises CannotCarry."""
        if not event.write_first:
            return event
        if not event.address:
            raise CannotCarry("no phone of the client", "no-address")
        channel = event.channel or self._settings.edna_default_subject_id
        if not channel:
            raise CannotCarry("no channel to write first in: set EDNA_DEFAULT_SUBJECT_ID", "no-channel")
        conversation = Conversation(channel, event.address, event.account)
        return event.model_copy(update={"channel": channel, "conversation_id": conversation.id})

    async def prepare(self, event: OutboundMessage, memory: Memory) -> list[Call] | Verdict:
        """The calls of a message, each with the id in it, once: every repeat is the same.

        What cannot be computed afterwards is linked before anything is sent: the chat of a client to whom an operator
        writes first, and the number of parts.
        """
        route = self._channels.route(event.channel)
        if isinstance(route, Verdict):
            return route
        made = requests.send_requests(event, route, self._file_link)
        if event.write_first and event.chat_id:
            chat = ChatLink(chat_id=event.chat_id, user_id=event.receiver_id, at=event.accepted_at)
            await self._chat_links.write(event.conversation_id, chat)
        if len(made) > 1:
            await self._link(event.message_id, event, made[0], len(made))()
        # Whoever had the partition before us may have sent what was accepted then, and died before he could say so.
        late = memory.perhaps_attempted(event.accepted_at)
        return [Call(event, route, one, len(made), uncertain=late and one.request_id is None) for one in made]

    def link_before(self, call: Call) -> Link | None:
        """An id of ours that does not decode, once."""
        self._reroute(call)
        return partial(self._link_own, call) if _has_to_be_linked(call) else None

    def link_after(self, call: Call, verdict: Verdict) -> Link | None:
        """The id that edna chose, as it took none of ours. What its history tells is another one."""
        if call.request.request_id is not None or verdict.already or not verdict.vendor_id:
            return None
        return self._link(verdict.vendor_id, call.event, call.request, call.parts)

    async def attempt(self, call: Call) -> Verdict:
        """Call edna. Where it takes no id of ours, a go that may have been taken is sought in its history (I4)."""
        if self._reroute(call) and _has_to_be_linked(call):
            return Verdict(Outcome.TRANSIENT, "the way has just changed, and the id on the new one has no link yet")
        own = call.request.request_id
        if call.uncertain:
            found = await self._client.sent_already(call.event, call.request)
            if found.outcome is not Outcome.PERMANENT:
                if found.outcome is Outcome.DELIVERED:
                    metrics.LOOKED_UP.labels("found").inc()
                return found
            metrics.LOOKED_UP.labels("untold" if found.code == NO_HISTORY else "absent").inc()
        try:
            verdict = await self._client.send(call.request)
        except TransportError:
            call.uncertain = own is None
            raise
        call.uncertain = verdict.outcome is Outcome.TRANSIENT and own is None
        if verdict.remedy in STALE:
            self._channels.doubt()
        return verdict

    def id_of(self, call: Call) -> str | None:
        """edna's request id; none where the method takes none of ours."""
        return call.request.request_id

    def renewed(self, event: OutboundMessage, call: Call) -> Call:
        """The same call under the next `r` of its id, which nobody has refused yet."""
        return replace(call, request=requests.renewed(event, call.route, call.request))

    def remembered(self, event: OutboundMessage, ending: Ending, _memory: Memory) -> dict[str, Any]:
        """Both vendors' ids."""
        edna_id = ending.verdict.vendor_id if isinstance(ending, Delivered) else None
        own = edna_id or request_id(event.message_id, replay=event.replay)
        return {"amojo_id": event.message_id, "edna_id": edna_id, "request_id": own}

    def told(self, event: OutboundMessage, ending: DeadLettered) -> StatusUpdate:
        """The operator reads that the message failed, and why."""
        own = request_id(event.message_id, replay=event.replay)
        return StatusUpdate(
            event_id=status_event_id(event.account, own, "bridge", MessageStatus.FAILED, str(event.accepted_at)),
            account=event.account,
            channel=event.channel,
            address=event.address,
            conversation_id=event.conversation_id,
            accepted_at=int(time.time() * 1000),
            message_id=event.message_id,
            request_id=own,
            stage="bridge",
            status=MessageStatus.FAILED,
            reason=ending.code or ending.kind,
            source="bridge",
        )

    def _reroute(self, call: Call) -> bool:
        """A call that waited goes the way that is known now. Whether that is another one."""
        route = self._channels.route(call.event.channel)
        if route is call.route or not isinstance(route, Route) or route == call.route:
            return False
        call.route, call.request = route, requests.rerouted(call.event, route, call.request)
        return True

    def _file_link(self, content: Content) -> str | None:
        return self._files.public(content.url, content.name, content.mime)

    async def _link_own(self, call: Call) -> None:
        own = call.request.request_id
        if own is not None:
            await self._link(own, call.event, call.request, call.parts)()
            call.linked = own

    def _link(self, key: str, event: OutboundMessage, request: requests.SendRequest, parts: int) -> Link:
        link = MessageLink(
            message_id=event.message_id, part=request.part, parts=parts, replay=request.replay, at=event.accepted_at
        )
        return partial(self._message_links.write, key, link)


def _has_to_be_linked(call: Call) -> bool:
    own = call.request.request_id
    return own is not None and own != call.linked and decode_request_id(own) is None


settings = load_settings_or_exit(OUTBOUND)
try:
    app = make_app(settings, OutboundCarrier(settings), settings.outbound_port)
except ConfigurationError as error:
    exit_with(error)
