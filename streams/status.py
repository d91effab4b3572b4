"""What became of an operator's message: the status topic to amojo's `delivery_status`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bridge.amojo import requests
from bridge.amojo.client import AmojoClient
from bridge.events import StatusUpdate
from bridge.http import HttpTransport
from bridge.outcome import Verdict
from bridge.settings import Settings, load_settings_or_exit
from bridge.topics import STATUS
from streams.delivery.memory import Memory
from streams.delivery.outcome import DeadLettered, Delivered, Ending, Skipped
from streams.delivery.progress import Reached, advances
from streams.shell import make_app


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

    async def start(self) -> None:
        """Open the transport."""
        self._transport = HttpTransport()
        self._client = AmojoClient(self._settings, self._transport)

    async def close(self) -> None:
        """Close the transport."""
        await self._transport.close()

    def prepare(self, event: StatusUpdate, memory: Memory) -> StatusRequest | Skipped:
        """The body, or why amojo is not told."""
        if event.message_id is None:
            return Skipped("not ours")
        if not advances(memory.reached(event.message_id), _reached(event)):
            return Skipped("not forward")
        body = requests.delivery_status(event)
        return Skipped("not told") if body is None else StatusRequest(event.message_id, body)

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
        if event.message_id is None:
            return {"request_id": event.request_id}
        known = memory.reached(event.message_id)
        if isinstance(ending, Delivered) or (isinstance(ending, Skipped) and ending.reason == "not told"):
            known = _reached(event)
            memory.note_reached(event.message_id, known)
        fields: dict[str, Any] = {"message_id": event.message_id, "request_id": event.request_id}
        if known is not None:
            fields |= {"status": known.status, "request_id": known.request_id, "stage": known.stage}
        return fields

    def told(self, _event: StatusUpdate, _ending: DeadLettered) -> None:
        """A status that fails is told to nobody."""
        return


def _reached(event: StatusUpdate) -> Reached:
    return Reached(event.status, event.request_id, event.stage)


settings = load_settings_or_exit(STATUS)
app = make_app(settings, StatusCarrier(settings), settings.status_port)
