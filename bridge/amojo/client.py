"""amojo over HTTP: signed calls, and what its answers mean (amojo.md §2.6).

Each attempt is signed anew, because a signature lives for 15 minutes; the body of a repeat is the same to the byte.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from urllib.parse import quote

from bridge.amojo import requests
from bridge.amojo.signature import signed_headers
from bridge.http import Answer, Transport, parsed
from bridge.outcome import Outcome, Verdict, by_status, retry_after_s
from bridge.settings import Settings, secret

PREFIX = "/v2/origin/custom"


class AmojoClient:
    """Sends messages and statuses to one scope. Every call raises TransportError when its outcome is unknown."""

    def __init__(self, settings: Settings, transport: Transport) -> None:
        self._settings = settings
        self._transport = transport
        self._secret = secret(settings.amocrm_channel_secret)
        self._origin = settings.amocrm_amojo_base_url
        self._scope_path = f"{PREFIX}/{settings.scope_id}"
        self._message_url = parsed(self._origin + self._scope_path)

    async def send_message(self, body: bytes) -> Verdict:
        """`new_message`: a client's message appears in the operator's chat."""
        headers = self._signed("POST", self._scope_path, body)
        answer = await self._transport.send("POST", self._message_url, headers, body)
        return judged(answer, vendor_id=_message_id(answer))

    async def send_status(self, message_id: str, body: bytes) -> Verdict:
        """`delivery_status` of an amojo message. An unknown one is not ours: edna reports others too."""
        path = f"{self._scope_path}/{quote(message_id, safe='')}/delivery_status"
        answer = await self._transport.send("POST", parsed(self._origin + path), self._signed("POST", path, body), body)
        if answer.status == 404:
            return Verdict(Outcome.NOT_OURS, "amojo does not know the message", answer.status)
        return judged(answer)

    async def connect(self) -> Verdict:
        """Connect the account to the channel; repeating it is harmless (amojo.md §1.3)."""
        settings = self._settings
        path = f"{PREFIX}/{settings.amocrm_channel_id}/connect"
        body = requests.connect(
            settings.amocrm_account_id or "", settings.amocrm_connect_title, settings.amocrm_hook_api_version
        )
        return judged(
            await self._transport.send("POST", parsed(self._origin + path), self._signed("POST", path, body), body)
        )

    def _signed(self, method: str, path: str, body: bytes) -> dict[str, str]:
        return signed_headers(self._secret, method, path, body, datetime.now(UTC))


def judged(answer: Answer, vendor_id: str | None = None) -> Verdict:
    """What an answer means. Bodies of errors are not documented, so only the status decides (amojo.md §2.6)."""
    outcome = by_status(answer)
    if outcome is Outcome.DELIVERED:
        return Verdict(outcome, "", answer.status, vendor_id=vendor_id)
    return Verdict(outcome, f"amojo answered {answer.status}", answer.status, retry_after_s=retry_after_s(answer))


def _message_id(answer: Answer) -> str | None:
    try:
        value = json.loads(answer.body)["new_message"]["msgid"]
    except (ValueError, KeyError, TypeError):
        return None
    return str(value)
