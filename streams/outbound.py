"""Operator → client: the outbound topic to edna, in the dialect that EDNA_SEND_PATH names."""

from __future__ import annotations

import time
from typing import Any

import structlog

from bridge.edna import requests
from bridge.edna.client import EdnaClient
from bridge.errors import ConfigurationError
from bridge.events import MessageStatus, OutboundMessage, StatusUpdate
from bridge.http import HttpTransport
from bridge.ids import request_id, status_event_id
from bridge.outcome import Verdict
from bridge.settings import Settings, exit_with, load_settings_or_exit
from bridge.topics import OUTBOUND
from streams.delivery.memory import Memory
from streams.delivery.outcome import DeadLettered, Delivered, Ending
from streams.shell import make_app

log = structlog.get_logger(__name__)


class OutboundCarrier:
    """See the module."""

    name = OUTBOUND
    event = OutboundMessage

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.max_rps = settings.edna_max_rps
        self.max_age_s = float(settings.outbound_max_age_s)
        requests.dialect(settings)  # a path that no form serves is an error of configuration, said at start

    async def start(self) -> None:
        """Open the transport."""
        if (trouble := requests.send_path_trouble(self._settings)) is not None:
            log.error("edna.send_path", trouble=trouble)
        self._transport = HttpTransport()
        self._client = EdnaClient(self._settings, self._transport)

    async def close(self) -> None:
        """Close the transport."""
        await self._transport.close()

    def prepare(self, event: OutboundMessage, _memory: Memory) -> requests.SendRequest:
        """The body and the id in it, once: every repeat is the same."""
        return requests.send_request(event, self._settings)

    async def attempt(self, request: requests.SendRequest) -> Verdict:
        """Call edna."""
        return await self._client.send(request)

    def id_of(self, request: requests.SendRequest) -> str | None:
        """edna's request id; none in the README form."""
        return request.request_id

    def renewed(self, event: OutboundMessage, request: requests.SendRequest) -> requests.SendRequest:
        """The same message under the next `r` of its id, which nobody has refused yet."""
        return requests.send_request(event, self._settings, request.replay + 1)

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


settings = load_settings_or_exit(OUTBOUND)
try:
    app = make_app(settings, OutboundCarrier(settings), settings.outbound_port)
except ConfigurationError as error:
    exit_with(error)
