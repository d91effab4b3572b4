"""`POST /api/callback/set`: where webhooks go from now on, once the address has answered a HEAD (edna.md §6)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from sandbox.edna.account import Account
from sandbox.vendor import Call, Reply, reply

CALLBACK_PATH = "/api/callback/set"
LIMIT = 500  # characters of a URL
PROBED_WITHIN_S = 10.0
# Field → kind of webhook; newer documentation has arrays of each (edna.md §6).
FIELDS = {
    "statusCallbackUrl": "status",
    "inMessageCallbackUrl": "incoming",
    "messageMatcherCallbackUrl": "template",
}


@dataclass(slots=True)
class Callbacks:
    """The addresses that were set, by kind of webhook and channel (None: all channels); `default` is asked last."""

    default: Callable[[], str | None]
    urls: dict[tuple[str, int | None], str] = field(default_factory=dict)

    def url(self, kind: str, subject_id: int | None = None) -> str | None:
        """Where a webhook of this kind and channel goes."""
        return self.urls.get((kind, subject_id)) or self.urls.get((kind, None)) or self.default()

    def set(self, account: Account, _call: Call, document: dict[str, Any]) -> Reply:
        """Only the fields that are given change; all of them or none."""
        wanted = {kind: url for name, kind in FIELDS.items() if (url := _given(document, name)) is not None}
        subjects = document.get("subjectIds") or [document.get("subjectId")]
        if not wanted:
            return _refusal("url-not-specified")
        if any(one is not None and one not in account.channels for one in subjects):
            return _refusal("subject-unknown")
        plain_http = account.config.plain_http
        code = next((code for url in wanted.values() if (code := _wrong(url, plain_http=plain_http))), "")
        if code:
            return _refusal(code)

        async def probed() -> Reply:
            if not all(await asyncio.gather(*map(_available, wanted.values()))):
                return _refusal("callback-url-not-available")
            self.urls.update({(kind, one): url for kind, url in wanted.items() for one in subjects})
            return reply(200, {"code": "ok"})

        return Reply(200, later=probed)


def _given(document: dict[str, Any], name: str) -> Any:
    several = document.get(f"{name}s")
    return several[0] if isinstance(several, list) and several else document.get(name)


def _wrong(url: Any, *, plain_http: bool) -> str:
    if not isinstance(url, str) or len(url) > LIMIT:
        return "callback-url-max-length"
    parts = urlsplit(url)
    if parts.scheme not in (("https", "http") if plain_http else ("https",)) or not parts.hostname:
        return "callback-url-not-https"
    return ""


async def _available(url: str) -> bool:
    """The probe carries no key (edna.md §6)."""
    timeout = aiohttp.ClientTimeout(total=PROBED_WITHIN_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.head(URL(url, encoded=True), allow_redirects=False) as answer,
        ):
            return answer.status == 200
    except (TimeoutError, aiohttp.ClientError, OSError, ValueError):
        return False


def _refusal(code: str) -> Reply:
    sentence = code.replace("-", " ").capitalize().replace("url", "URL")
    return reply(400, {"code": code, "message": sentence}, "refused")
