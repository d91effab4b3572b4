"""Operator → client: the outbound topic to edna, each conversation through the channel that it belongs to."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any

import structlog

from bridge.edna import requests
from bridge.edna.channels import NOTHING_KNOWN, Route
from bridge.edna.client import EdnaClient
from bridge.errors import CannotCarry, ConfigurationError, TransportError, VendorRefusal
from bridge.events import ChatLink, MessageLink, MessageStatus, OutboundMessage, StatusUpdate
from bridge.http import HttpTransport
from bridge.ids import Conversation, decode_request_id, request_id, status_event_id
from bridge.kafka.producer import Producer
from bridge.outcome import Outcome, Verdict
from bridge.settings import Settings, exit_with, load_settings_or_exit
from bridge.topics import INBOUND_LINKS, OUTBOUND, STATUS_LINKS
from streams.delivery.link_writer import LinkWriter
from streams.delivery.memory import Memory
from streams.delivery.outcome import DeadLettered, Delivered, Ending
from streams.delivery.retry import backoff_s
from streams.shell import make_app

log = structlog.get_logger(__name__)

DIRECTORY_EVERY_S = 600.0
FRESH_S = 5.0  # since acceptance; later another worker may have tried before this one
DIRECTORY_WITHIN_S = 3.0  # what start waits for it; messages whose way is not known wait for it afterwards


@dataclass(slots=True)
class Call:
    """One call of a message. `uncertain`: an earlier go may have been carried out, and its id cannot tell."""

    event: OutboundMessage
    route: Route
    request: requests.SendRequest
    parts: int
    uncertain: bool = False


class OutboundCarrier:
    """See the module."""

    name = OUTBOUND
    event = OutboundMessage
    links = None

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.max_rps = settings.edna_max_rps
        self.max_age_s = float(settings.outbound_max_age_s)
        self._directory = NOTHING_KNOWN
        requests.check_path(settings)  # a path that no form serves is an error of configuration, said at start

    async def start(self, producer: Producer) -> None:
        """Open the transport, and ask edna for its channels."""
        if (trouble := requests.send_path_trouble(self._settings)) is not None:
            log.error("edna.send_path", trouble=trouble)
        self._transport = HttpTransport()
        self._client = EdnaClient(self._settings, self._transport)
        self._message_links = LinkWriter(self._settings, STATUS_LINKS, producer)
        self._chat_links = LinkWriter(self._settings, INBOUND_LINKS, producer)
        self._asked = asyncio.Event()
        self._asking = asyncio.create_task(self._ask_for_channels(), name="edna-channels")
        try:
            async with asyncio.timeout(DIRECTORY_WITHIN_S):
                await self._asked.wait()
        except TimeoutError:
            log.warning("edna.channels.unknown", remedy="check EDNA_API_KEY and EDNA_BASE_URL")

    async def close(self) -> None:
        """Close the transport."""
        self._asking.cancel()
        await self._transport.close()

    async def prepare(self, event: OutboundMessage, _memory: Memory) -> list[Call] | Verdict:
        """The calls of a message, each with the id in it, once: every repeat is the same.

        What cannot be computed afterwards is linked before anything is sent: the chat of a client to whom an operator
        writes first, the number of parts, an id that does not decode.
        """
        event = self._addressed(event)
        route = self._directory.route(event.channel, self._settings)
        if route is None:
            reason = f"no way to channel {event.channel}"
            return Verdict(Outcome.REFUSED, reason, remedy=self._directory.trouble(event.channel))
        made = requests.send_requests(event, route)
        if event.write_first and event.chat_id:
            chat = ChatLink(chat_id=event.chat_id, user_id=event.receiver_id, at=event.accepted_at)
            await self._chat_links.write(event.conversation_id, chat)
        if len(made) > 1:
            await self._link(event.message_id, event, len(made))
        for one in made:
            if one.request_id is not None and decode_request_id(one.request_id) is None:
                await self._link(one.request_id, event, len(made))
        late = time.time() - event.accepted_at / 1000 > FRESH_S
        return [Call(event, route, one, len(made), uncertain=late and one.request_id is None) for one in made]

    async def attempt(self, call: Call) -> Verdict:
        """Call edna. Where it takes no id of ours, a go that may have been taken is sought in its history (I4)."""
        if call.uncertain:
            verdict = await self._client.sent_already(call.event, call.request)
            if verdict.outcome is not Outcome.PERMANENT:
                return verdict
        if call.request.request_id is None:
            call.uncertain = True
        verdict = await self._client.send(call.request)
        if verdict.outcome is not Outcome.TRANSIENT:
            call.uncertain = False
        chosen_there = verdict.outcome is Outcome.DELIVERED and call.request.request_id is None
        if chosen_there and verdict.vendor_id and call.request.part == call.parts:  # the last part tells how far it got
            await self._link(verdict.vendor_id, call.event, 1)
        return verdict

    def id_of(self, call: Call) -> str | None:
        """edna's request id; none where the method takes none of ours."""
        return call.request.request_id

    def renewed(self, event: OutboundMessage, call: Call) -> Call:
        """The same call under the next `r` of its id, which nobody has refused yet."""
        return Call(call.event, call.route, requests.renewed(event, call.route, call.request), call.parts)

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

    def _addressed(self, event: OutboundMessage) -> OutboundMessage:
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

    async def _link(self, key: str, event: OutboundMessage, parts: int) -> None:
        await self._message_links.write(
            key, MessageLink(message_id=event.message_id, parts=parts, at=event.accepted_at)
        )

    async def _ask_for_channels(self) -> None:
        failures = 0
        while True:
            try:
                self._directory = await self._client.directory()
            except (TransportError, VendorRefusal) as error:
                failures += 1
                if failures == 1:
                    log.warning("edna.channels.unknown", why=str(error))
                pause_s = backoff_s(failures)
            else:
                failures = 0
                pause_s = DIRECTORY_EVERY_S
                if not self._asked.is_set():
                    log.info("edna.channels", channels=len(self._directory.channels))
            self._asked.set()
            await asyncio.sleep(pause_s)


settings = load_settings_or_exit(OUTBOUND)
try:
    app = make_app(settings, OutboundCarrier(settings), settings.outbound_port)
except ConfigurationError as error:
    exit_with(error)
