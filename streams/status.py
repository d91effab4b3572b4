"""What became of an operator's message: the status topic to amojo's `delivery_status`."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, NamedTuple

from bridge.amojo import requests
from bridge.amojo.client import AmojoClient
from bridge.events import MessageLink, MessageStatus, StatusUpdate
from bridge.http import HttpTransport
from bridge.ids import Attempt, chosen_by_edna, decode_request_id, request_id
from bridge.kafka.producer import Producer
from bridge.outcome import Outcome, Verdict
from bridge.settings import Settings, load_settings_or_exit
from bridge.topics import STATUS, STATUS_LINKS
from streams.connection import Connection
from streams.delivery.links import Links
from streams.delivery.memory import Memory
from streams.delivery.outcome import DeadLettered, Delivered, Ending, Skipped
from streams.delivery.progress import Reached, advances
from streams.shell import make_app

LINK_WITHIN_S = 30.0  # after acceptance: a status may overtake the link of its message
LANES_THAT_WAIT = 2_000  # at most: statuses of others' messages must not fill the worker (I7)


@dataclass(frozen=True, slots=True)
class StatusRequest:
    """The message that the status is about, and the body."""

    message_id: str
    body: bytes


class StatusCarrier:
    """See the module. A status only moves forward (I5); foreign ones are skipped, never dead-lettered."""

    name = STATUS
    event = StatusUpdate
    max_age_s = 0.0

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.max_rps = settings.amocrm_max_rps
        self.links = Links(settings, STATUS_LINKS, MessageLink)

    async def start(self, _producer: Producer) -> None:
        """Open the transport."""
        self._transport = HttpTransport()
        self._client = AmojoClient(self._settings, self._transport)
        self._connection = Connection(self._settings, self._client)

    async def close(self) -> None:
        """Close the transport."""
        await self._connection.close()
        await self.links.close()
        await self._transport.close()

    def placed(self, event: StatusUpdate) -> StatusUpdate:
        """It is about a message, wherever that belongs."""
        return event

    async def prepare(self, event: StatusUpdate, memory: Memory) -> list[StatusRequest] | Skipped:
        """The body, or why amojo is not told."""
        link = await self._link(event)
        about = _about(event, link)
        if about is None:
            return Skipped("not ours")
        if about.part < about.parts and event.status is not MessageStatus.FAILED:
            return Skipped("an earlier part")  # the last one tells how far the message got, and any one that it failed
        if not advances(memory.reached(about.message_id), about.reached, several=about.parts > 1):
            return Skipped("not forward")
        body = requests.delivery_status(event, language=self._settings.operator_language)
        return Skipped("not told") if body is None else [StatusRequest(about.message_id, body)]

    async def attempt(self, request: StatusRequest) -> Verdict:
        """Call amojo, signed anew.

        A message that amojo does not know is another's, unless it knows none because the account is not connected.
        """
        began = time.monotonic()
        verdict = await self._client.send_status(request.message_id, request.body)
        if verdict.outcome is Outcome.NOT_OURS and self._connection.doubtful(began):
            connected = await self._connection.renewed(began)
            if connected.outcome is not Outcome.DELIVERED:
                return connected
            verdict = await self._client.send_status(request.message_id, request.body)
        self._connection.heed(verdict)
        return verdict

    def id_of(self, _request: StatusRequest) -> None:
        """A status has no id of ours at amojo."""
        return

    def renewed(self, _event: StatusUpdate, request: StatusRequest) -> StatusRequest:
        """Nor a next one."""
        return request

    def remembered(self, event: StatusUpdate, ending: Ending, memory: Memory) -> dict[str, Any]:
        """How far the message got, in memory and in the receipt."""
        about = _about(event, self._linked(event))
        if about is None:
            return {"request_id": event.request_id}
        fields: dict[str, Any] = {"message_id": about.message_id, "request_id": event.request_id}
        if isinstance(ending, Delivered) or (isinstance(ending, Skipped) and ending.reason == "not told"):
            memory.note_reached(about.message_id, about.reached)
            fields |= {"status": event.status, "request_id": about.request_id, "stage": event.stage}
        if isinstance(ending, Skipped):
            fields["reason"] = ending.reason
        return fields

    def told(self, _event: StatusUpdate, _ending: DeadLettered) -> None:
        """A status that fails is told to nobody."""
        return

    def _linked(self, event: StatusUpdate) -> MessageLink | None:
        return self.links.get(event.request_id) or self.links.get(event.message_id or "")

    async def _link(self, event: StatusUpdate) -> MessageLink | None:
        """What the id of a status is linked to; of one that must have a link if it is ours, as soon as it has."""
        found = self._linked(event)
        if found is not None or not event.direct or self.links.awaited >= LANES_THAT_WAIT:
            return found
        if event.message_id is not None and not chosen_by_edna(event.request_id):
            return None  # an id of ours
        return await self.links.wait(event.request_id, event.accepted_at / 1000 + LINK_WITHIN_S - time.time())


class About(NamedTuple):
    """The message that a status is about, which of its parts, and how far the status says that it got."""

    message_id: str
    part: int
    parts: int
    request_id: str
    reached: Reached


def _about(event: StatusUpdate, link: MessageLink | None) -> About | None:
    """What a status is about. A link says more than the id: one that edna chose may look like one of ours."""
    message_id = link.message_id if link is not None else event.message_id
    if message_id is None:
        return None
    attempt = decode_request_id(event.request_id)
    if attempt is None or attempt.message_id != message_id:
        attempt = Attempt(message_id, link.part if link else 1, link.replay if link else 0)
    # The parts of a message are one attempt: the request id without the part stands for it.
    whole = request_id(message_id, replay=attempt.replay)
    reached = Reached.of(event.status, whole, event.stage)
    return About(message_id, attempt.part, link.parts if link else 1, whole, reached)


settings = load_settings_or_exit(STATUS)
app = make_app(settings, StatusCarrier(settings), settings.status_port)
