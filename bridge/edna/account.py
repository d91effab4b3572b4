"""An account of edna, as the set-up commands need it: channels, cascades, where its webhooks go (edna.md §6, §9).

Calls and their bare answers; what carries messages is in `client.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.compact import encoded
from bridge.http import Answer, Transport, parsed
from bridge.settings import Settings, secret

PROFILES_PATH = "/api/channel-profile"
CASCADES_PATH = "/api/cascade/get-all"
CALLBACK_PATH = "/api/callback/set"

MESSAGES_URL = "inMessageCallbackUrl"
STATUSES_URL = "statusCallbackUrl"


class EdnaAccount:
    """Needs the key. Every call raises TransportError when there is no answer."""

    def __init__(self, settings: Settings, transport: Transport) -> None:
        self._transport = transport
        self._origin = settings.edna_base_url
        self._headers = {"X-API-KEY": secret(settings.edna_api_key), "Content-Type": "application/json"}

    async def profiles(self) -> Answer:
        """The channels: an array, whatever their state."""
        return await self._transport.send("GET", parsed(self._origin + PROFILES_PATH), self._headers, b"")

    async def cascades(self) -> Answer:
        """The cascades: an array, whatever their state."""
        return await self._post(CASCADES_PATH, {})

    async def set_callbacks(self, urls: Mapping[str, str], subject_id: int | None) -> Answer:
        """Where webhooks go from now on: MESSAGES_URL, STATUSES_URL or both; of one channel, else of the account.

        edna asks the URL with HEAD first, and gives that up after some 10 s.
        """
        channel = {} if subject_id is None else {"subjectId": subject_id}
        return await self._post(CALLBACK_PATH, {**urls, **channel})

    async def _post(self, path: str, document: dict[str, Any]) -> Answer:
        return await self._transport.send("POST", parsed(self._origin + path), self._headers, encoded(document))
