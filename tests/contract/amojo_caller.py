"""A signing caller of amojo for these tests: neither the bridge's code nor the fake's."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import aiohttp
from yarl import URL

from sandbox import credentials
from sandbox.amojo import AmojoFake

PREFIX = "/v2/origin/custom"
SCOPE = f"{PREFIX}/{credentials.AMOCRM_CHANNEL_ID}_{credentials.AMOCRM_ACCOUNT_ID}"
CHANNEL = f"{PREFIX}/{credentials.AMOCRM_CHANNEL_ID}"
NO_BODY = b""


def signed(
    method: str, path: str, body: bytes, *, secret: str = credentials.AMOCRM_CHANNEL_SECRET, date: str | None = None
) -> dict[str, str]:
    """The four headers (amojo.md §2)."""
    date = date or datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S +0000")
    md5 = hashlib.md5(body).hexdigest()  # noqa: S324 - what amojo demands
    words = f"{method}\n{md5}\napplication/json\n{date}\n{path}"
    signature = hmac.new(secret.encode(), words.encode(), hashlib.sha1).hexdigest()
    return {"Date": date, "Content-Type": "application/json", "Content-MD5": md5, "X-Signature": signature}


async def call(
    session: aiohttp.ClientSession,
    fake: AmojoFake,
    path: str,
    document: Any = None,
    *,
    method: str = "POST",
    headers: dict[str, str] | None = None,
    body: bytes | None = None,
) -> tuple[int, bytes]:
    """Status and body of a signed call; `headers` and `body` replace what would be sent."""
    if body is None:
        body = NO_BODY if document is None else json.dumps(document, ensure_ascii=False).encode()
    headers = headers if headers is not None else signed(method, path.partition("?")[0], body)
    async with session.request(
        method, URL(fake.url + path, encoded=True), data=body, headers=headers, skip_auto_headers=["Content-Type"]
    ) as answer:
        return answer.status, await answer.read()


async def connect(session: aiohttp.ClientSession, fake: AmojoFake, **more: Any) -> dict[str, Any]:
    """Connect the account, with hooks of version 2."""
    document = {"account_id": credentials.AMOCRM_ACCOUNT_ID, "title": "Demo", "hook_api_version": "v2", **more}
    document = {name: value for name, value in document.items() if value is not None}
    status, body = await call(session, fake, f"{CHANNEL}/connect", document)
    assert status == 200
    answer: dict[str, Any] = json.loads(body)
    return answer


def message(**changes: Any) -> dict[str, Any]:
    """A `new_message` of a client."""
    payload: dict[str, Any] = {
        "timestamp": 1748946030,
        "msec_timestamp": 1748946030123,
        "msgid": "m-1",
        "conversation_id": "c-1",
        "sender": {"id": "c-1", "name": "Анна"},
        "message": {"type": "text", "text": "Привет & <b>"},
        "silent": False,
    }
    payload.update(changes)
    present = {name: value for name, value in payload.items() if value is not ...}
    return {"event_type": "new_message", "payload": present}
