"""Fetching the file behind a link, without becoming a way into the private network.

Each URL, the first and every redirect's, is judged anew: its name is looked up once, every address of it must be
public, and the connection goes to one of exactly these addresses; TLS still asks for the name. Nothing of the caller
goes out.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_address

import aiohttp
from yarl import URL

from bridge import __version__
from bridge.errors import SourceError
from bridge.media_hosts import AllowedHosts, is_public, location_of
from gateway.relay_lookup import Lookup

REDIRECTS = frozenset({301, 302, 303, 307, 308})
MOST_REDIRECTS = 3
MOST_ADDRESSES = 3  # tried one after the other, when a host has several
CONNECT_WITHIN_S = 5.0
VIA = "1.1 edna-amocrm"  # by which a relay knows itself when a redirect leads back to it
HEADERS = {"User-Agent": f"edna-amocrm/{__version__}", "Accept": "*/*", "Accept-Encoding": "identity", "Via": VIA}
CHUNK = 65_536  # bytes read ahead for one transfer, about

ANSWERS: dict[int, tuple[int, str, str]] = {
    404: (404, "gone", "the file is not there any more"),
    410: (404, "gone", "the file is not there any more"),
}
OTHERWISE = (502, "source-status", "the file's host does not give it out")
OF_RANGES = frozenset({206, 416})


def dialled_as_found(location: URL, address: str) -> URL:
    """Where to connect to. Tests put another in its place, which leads public addresses to servers of their own."""
    return location.with_host(address)


class Source:
    """Opens files. Make it inside a running loop, and close it."""

    def __init__(
        self,
        allowed: AllowedHosts,
        lookup: Lookup,
        *,
        idle_s: float,
        dialled: Callable[[URL, str], URL] = dialled_as_found,
        trusted: ssl.SSLContext | None = None,
    ) -> None:
        self._allowed = allowed
        self._lookup = lookup
        self._dialled = dialled
        self._session = aiohttp.ClientSession(
            # A connection serves one file: nothing is kept that was judged for another name.
            connector=aiohttp.TCPConnector(limit=0, force_close=True, use_dns_cache=False, ssl=trusted or True),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=HEADERS,
            auto_decompress=False,
            trust_env=False,
            read_bufsize=CHUNK,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_WITHIN_S, sock_read=idle_s),
        )

    async def close(self) -> None:
        """Break off what is open."""
        await self._session.close()

    @asynccontextmanager
    async def opened(self, url: str, byte_range: str | None) -> AsyncIterator[aiohttp.ClientResponse]:
        """The answer that holds the file: 200, 206 or 416, its body not yet read.

        Raises SourceError for whatever is not to be handed out, TimeoutError when the host is silent.
        """
        location = location_of(url)
        for _ in range(1 + MOST_REDIRECTS):
            if location is None:
                raise SourceError(502, "not-a-url", "the file's address is none of http or https")
            response = await self._asked(location, byte_range)
            try:
                if response.status not in REDIRECTS:
                    _check(response, ranged=byte_range is not None)
                    yield response
                    return
                location = _target(location, response)
            finally:
                response.close()
        raise SourceError(502, "redirects", f"the file's host redirects more than {MOST_REDIRECTS} times")

    async def _asked(self, location: URL, byte_range: str | None) -> aiohttp.ClientResponse:
        host = location.raw_host or ""
        headers = {"Host": location.host_port_subcomponent or host}
        if byte_range is not None:
            headers["Range"] = byte_range
        failure: Exception | None = None
        for address in (await self._addresses(location))[:MOST_ADDRESSES]:
            try:
                return await self._session.get(
                    self._dialled(location, address),
                    headers=headers,
                    allow_redirects=False,
                    server_hostname=host if location.scheme == "https" else None,
                )
            except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
                failure = error
            except (aiohttp.ClientError, ValueError) as error:
                if isinstance(error, TimeoutError):
                    raise
                raise SourceError(502, "bad-answer", "the file's host breaks off, or answers no HTTP") from None
        # Not chained: the library's errors name the URL.
        raise SourceError(502, "unreachable", f"the file's host cannot be reached: {type(failure).__name__}") from None

    async def _addresses(self, location: URL) -> list[str]:
        """Where to connect to, looked up once. Raises SourceError when that is not allowed."""
        if not self._allowed.may_try(location):
            raise SourceError(502, "private", "the file is at an address that the relay does not reach")
        host = location.raw_host or ""
        try:
            found = [str(ip_address(host))]
        except ValueError:
            found = await self._lookup(host, location.port or 0)
        if not self._allowed.admit(location) and not all(map(is_public, found)):
            raise SourceError(502, "private", "the file is at an address that the relay does not reach")
        return found


def _target(location: URL, response: aiohttp.ClientResponse) -> URL | None:
    written = response.headers.get("Location", "")
    try:
        return location_of(str(location.join(URL(written, encoded=written.isascii())))) if written else None
    except ValueError:
        return None


def _check(response: aiohttp.ClientResponse, *, ranged: bool) -> None:
    if response.status != 200 and not (ranged and response.status in OF_RANGES):
        raise SourceError(*ANSWERS.get(response.status, OTHERWISE))
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise SourceError(502, "encoded", "the file's host compresses it though it was asked not to")
