"""The transport under both vendor clients: bytes and headers in; status, headers and bytes out.

A `Transport` is anything with `send`, so that a test or a faster client can take its place. The one here is aiohttp
made lean: no cookies, no automatic headers, no redirects, no limit on connections (the lanes limit the attempts).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

import aiohttp
from yarl import URL

from bridge import __version__
from bridge.errors import TransportError

ANSWER_LIMIT = 1_048_576  # bytes; no vendor answer that matters is larger
CONNECT_WITHIN_S = 5.0
ANSWER_WITHIN_S = 30.0  # amojo and edna publish no limit; a send that takes longer is as good as lost, and is repeated
KEEPALIVE_S = 30.0

# Given here, so that none is added: leaving them out costs more for each request than sending them.
HEADERS = {"User-Agent": f"edna-amocrm/{__version__}", "Accept": "application/json", "Accept-Encoding": "identity"}


class Answer(NamedTuple):
    """What a vendor answered, whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport(Protocol):
    """How requests reach a vendor."""

    async def send(self, method: str, url: URL, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send exactly these bytes and return the whole answer. Raises TransportError when there is none."""

    async def close(self) -> None:
        """Close the connections; nothing is sent afterwards."""


class HttpTransport:
    """The transport over aiohttp. Make it inside a running loop."""

    def __init__(self, *, answer_within_s: float = ANSWER_WITHIN_S) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ttl_dns_cache=60, keepalive_timeout=KEEPALIVE_S),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=HEADERS,
            auto_decompress=True,
            timeout=aiohttp.ClientTimeout(total=answer_within_s, sock_connect=CONNECT_WITHIN_S),
        )

    async def send(self, method: str, url: URL, headers: Mapping[str, str], body: bytes) -> Answer:
        """See `Transport.send`. The whole exchange has `answer_within_s`; a larger answer than ANSWER_LIMIT is cut."""
        try:
            response = await self._session.request(method, url, headers=headers, data=body, allow_redirects=False)
            try:
                return Answer(response.status, response.headers, await _content(response))
            finally:
                response.release()
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise TransportError(f"{type(error).__name__} at {url.host}") from error

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()


async def _content(response: aiohttp.ClientResponse) -> bytes:
    length = response.content_length
    if length is not None:
        return await response.read() if length <= ANSWER_LIMIT else b""
    content = b""
    while len(content) < ANSWER_LIMIT and (more := await response.content.read(ANSWER_LIMIT)):
        content += more
    return content


def parsed(url: str) -> URL:
    """A URL parsed once, at start, as it stands: nothing is encoded again. Raises TransportError for what is none."""
    try:
        found = URL(url, encoded=True)
        _ = found.port  # yarl looks at it no sooner
    except ValueError:  # its words hold the URL, which may hold a secret
        raise TransportError("that is no address") from None
    return found
