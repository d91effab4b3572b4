"""The connection of an account to the channel, as the set-up commands need it: calls and their bare answers.

What carries messages is in `client.py`. Each call is signed anew (amojo.md §2).
"""

from __future__ import annotations

from datetime import UTC, datetime

from bridge.amojo import requests
from bridge.amojo.signature import signed_headers
from bridge.compact import encoded
from bridge.http import Answer, Transport, parsed
from bridge.settings import Settings, secret

PREFIX = "/v2/origin/custom"
NO_CHAT = "00000000-0000-4000-8000-000000000000"


class AmojoAccount:
    """Needs channel and secret, and the account id but for `ask_channel`.

    Every call raises TransportError when there is no answer.
    """

    def __init__(self, settings: Settings, transport: Transport) -> None:
        self._settings = settings
        self._transport = transport
        self._secret = secret(settings.amocrm_channel_secret)
        self._channel_path = f"{PREFIX}/{settings.amocrm_channel_id}"

    async def connect(self) -> Answer:
        """Connect the account, or give the connection another title or hook version (amojo.md §1.3)."""
        settings = self._settings
        body = requests.connect(
            settings.amocrm_account_id or "", settings.amocrm_connect_title, settings.amocrm_hook_api_version
        )
        return await self._send("POST", f"{self._channel_path}/connect", body)

    async def disconnect(self) -> Answer:
        """End the connection: no hooks come any more (amojo.md §1.4). A DELETE with a body, which is signed."""
        body = encoded({"account_id": self._settings.amocrm_account_id or ""})
        return await self._send("DELETE", f"{self._channel_path}/disconnect", body)

    async def ask_channel(self) -> Answer:
        """A `connect` that names no account, and so changes nothing: 400 when channel and signature are right."""
        return await self._send("POST", f"{self._channel_path}/connect", b"{}")

    async def ask_scope(self) -> Answer:
        """The history of a chat that does not exist: 200 or 204 when the account is connected (amojo.md §5)."""
        path = f"{PREFIX}/{self._settings.scope_id}/chats/{NO_CHAT}/history"
        return await self._send("GET", path, b"", "?offset=0&limit=1")

    async def _send(self, method: str, path: str, body: bytes, query: str = "") -> Answer:
        """`query` is not signed (amojo.md §2.2)."""
        headers = signed_headers(self._secret, method, path, body, datetime.now(UTC))
        url = parsed(self._settings.amocrm_amojo_base_url + path + query)
        return await self._transport.send(method, url, headers, body)
