"""What became of an operator's message: the status topic to amojo's `delivery_status`."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from bridge.amojo import requests
from bridge.amojo.client import AmojoClient
from bridge.events import MessageLink, MessageStatus, StatusUpdate
from bridge.http import HttpTransport
from bridge.ids import decode_request_id, request_id
from bridge.kafka.producer import Producer
from bridge.outcome import Verdict
from bridge.settings import Settings, load_settings_or_exit
from bridge.topics import STATUS, STATUS_LINKS
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

    async def close(self) -> None:
        """Close the transport."""
        await self.links.close()
        await self._transport.close()

    async def prepare(self, event: StatusUpdate, memory: Memory) -> list[StatusRequest] | Skipped:
        """The body, or why amojo is not told."""
        link = await self._link(event)
        message_id = event.message_id or (link.message_id if link else None)
        if message_id is None:
            return Skipped("not ours")
        parts = link.parts if link else 1
        if not_told := _part_not_told(event, parts):
            return Skipped(not_told)
        if not advances(memory.reached(message_id), _reached(event), several=parts > 1):
            return Skipped("not forward")
        body = requests.delivery_status(event)
        return Skipped("not told") if body is None else [StatusRequest(message_id, body)]

    async def attempt(self, request: StatusRequest) -> Verdict:
        """Call amojo, signed anew."""
        return await self._client.send_status(request.message_id, request.body)

    def id_of(self, _request: StatusRequest) -> None:
        """A status has no id of ours at amojo."""
        return

    def renewed(self, _event: StatusUpdate, request: StatusRequest) -> StatusRequest:
        """Nor a next one."""
        return request

    def remembered(self, event: StatusUpdate, ending: Ending, memory: Memory) -> dict[str, Any]:
        """How far the message got, in memory and in the receipt."""
        link = self.links.get(event.request_id) if event.message_id is None else None
        message_id = event.message_id or (link.message_id if link else None)
        if message_id is None:
            return {"request_id": event.request_id}
        known = memory.reached(message_id)
        if isinstance(ending, Delivered) or (isinstance(ending, Skipped) and ending.reason == "not told"):
            known = _reached(event)
            memory.note_reached(message_id, known)
        fields: dict[str, Any] = {"message_id": message_id, "request_id": event.request_id}
        if known is not None:
            fields |= {"status": known.status, "request_id": known.request_id, "stage": known.stage}
        if isinstance(ending, Skipped):
            fields["reason"] = ending.reason
        return fields

    def told(self, _event: StatusUpdate, _ending: DeadLettered) -> None:
        """A status that fails is told to nobody."""
        return

    async def _link(self, event: StatusUpdate) -> MessageLink | None:
        """What the id of a status is linked to, if it needs or has a link."""
        if event.message_id is not None:
            return self.links.get(event.message_id)  # of a message in several parts
        known = self.links.get(event.request_id)
        if known is not None or event.cascade or event.stage or self.links.awaited >= LANES_THAT_WAIT:
            return known  # ids of ours in a cascade decode, or were linked before they were sent
        within_s = event.accepted_at / 1000 + LINK_WITHIN_S - time.time()
        return await self.links.wait(event.request_id, within_s)


def _part_not_told(event: StatusUpdate, parts: int) -> str | None:
    """Of a message in several parts the last one tells how far it got, and any one that it failed."""
    if parts == 1 or event.status is MessageStatus.FAILED:
        return None
    attempt = decode_request_id(event.request_id)
    return "an earlier part" if attempt is not None and attempt.part < parts else None


def _reached(event: StatusUpdate) -> Reached:
    """The parts of a message are one attempt: the request id without the part stands for it."""
    attempt = decode_request_id(event.request_id)
    if attempt is None or attempt.part == 1:
        return Reached(event.status, event.request_id, event.stage)
    return Reached(event.status, request_id(attempt.message_id, replay=attempt.replay), event.stage)


settings = load_settings_or_exit(STATUS)
app = make_app(settings, StatusCarrier(settings), settings.status_port)
