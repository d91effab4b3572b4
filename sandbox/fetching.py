"""How a vendor fetches the files behind the links that it is given: by itself, soon after its 200, without any key.

Each fetch stands in the journal (kind `fetch`): that is the evidence that a link is public.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass

import aiohttp
from yarl import URL

from sandbox.journal import Journal

WITHIN_S = 10.0
REDIRECTS = 3
LARGEST = 128 * 1024 * 1024  # bytes; what is larger is not read to its end
PIECE = 65_536


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of it. `error` is empty when the file is there; `status` None without an answer."""

    error: str
    status: int | None = None
    size: int = 0
    sha256: str = ""
    mime: str = ""


class Fetcher:
    """Fetches files, and writes each fetch into the journal. Use inside the running loop; `close` at the end."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def fetch(self, url: str, conversation: str, key: str) -> Fetched:
        """GET the file. Never raises, but for being cancelled."""
        entry = self._journal.begin("sent", "GET", url, {}, b"")
        self._journal.name(entry, "fetch", conversation, key)
        found = Fetched("no answer")
        try:
            async with asyncio.timeout(WITHIN_S):
                found = await self._fetched(url)
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
            found = Fetched(f"no answer: {type(error).__name__}")
        finally:
            entry.status = found.status
            entry.outcome = "refused" if found.error else "new"
            self._journal.end(entry)
        return found

    async def _fetched(self, url: str) -> Fetched:
        if self._session is None:
            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        async with self._session.get(URL(url, encoded=True), max_redirects=REDIRECTS) as answer:
            if answer.status != 200:
                return Fetched(f"answered {answer.status}", answer.status)
            digest, size = hashlib.sha256(), 0
            async for piece in answer.content.iter_chunked(PIECE):
                digest.update(piece)
                size += len(piece)
                if size > LARGEST:
                    return Fetched("too large", answer.status, size)
            error = "" if size else "empty"
            return Fetched(error, answer.status, size, digest.hexdigest(), answer.content_type)
