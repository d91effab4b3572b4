"""`/media/{token}/{name}`: files of one vendor, as the other can fetch them. Streamed; nothing is kept.

It hands out only what one of our own links names, as a type that no browser runs, and within caps of size, time and
number, so that webhooks do not feel it: a transfer holds little (I7), a slow reader slows its file's host and nobody
else, and connections and lookups are the relay's own. Logs name hosts, never URLs.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import quote

import aiohttp
import structlog
from aiohttp import web

from bridge.errors import LinkError, SourceError
from bridge.media_hosts import AllowedHosts, location_of
from bridge.media_links import PATH, MediaLinks
from bridge.media_names import extension_of
from bridge.media_types import PAGES, is_shown, named, safe
from bridge.settings import Settings
from gateway import metrics
from gateway.relay_lookup import SystemLookup
from gateway.relay_source import VIA, Source

log = structlog.get_logger(__name__)

ROUTE = PATH + "/{token}/{name}"
ONE_RANGE = re.compile(r"bytes=(\d{1,18}-\d{0,18}|-\d{1,18})")
TOTAL = re.compile(r"bytes (?:\d+-\d+|\*)/(\d+)")
RETRY_AFTER_S = 5
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "private, max-age=3600",
    "Referrer-Policy": "no-referrer",
}
NOT_KEPT = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True)
class Caps:
    """What one transfer, and all together, may take."""

    max_bytes: int
    answer_s: float = 20.0  # until the host's headers are there, redirects included
    idle_s: float = 15.0  # without a byte, of the host or of the reader
    total_s: float = 300.0
    at_once: int = 16


class Relay:
    """The route. `running` belongs into the application's `cleanup_ctx`."""

    def __init__(self, settings: Settings, caps: Caps | None = None, source: Source | None = None) -> None:
        self._links = MediaLinks.of(settings)
        self._allowed = AllowedHosts.of(settings.media_allow_hosts)
        self._caps = caps or Caps(settings.media_max_bytes)
        self._source = source
        self._in_flight = 0

    def routes(self) -> list[web.RouteDef]:
        """The table of routes; HEAD comes with GET."""
        return [web.get(ROUTE, self.media)]

    async def running(self, _app: web.Application) -> AsyncIterator[None]:
        """Connections for as long as the application runs."""
        self._source = self._source or Source(self._allowed, SystemLookup(), idle_s=self._caps.idle_s)
        yield
        await self._source.close()

    async def media(self, request: web.Request) -> web.StreamResponse:
        """GET and HEAD of a file."""
        try:
            url = self._links.source(request.match_info["token"], request.match_info["name"])
        except LinkError as error:
            return _refused(error.status, error.reason, str(error))
        host = getattr(location_of(url), "raw_host", None)
        if VIA in request.headers.getall("Via", []):
            return _refused(502, "loop", "this link leads back to itself", host)
        if self._in_flight >= self._caps.at_once:
            return _refused(503, "busy", "too many files at once", host, {"Retry-After": str(RETRY_AFTER_S)})
        self._in_flight += 1
        metrics.RELAY_IN_FLIGHT.inc()
        try:
            return await self._handed_out(request, url, host)
        finally:
            self._in_flight -= 1
            metrics.RELAY_IN_FLIGHT.dec()

    async def _handed_out(self, request: web.Request, url: str, host: str | None) -> web.StreamResponse:
        if self._source is None:
            raise RuntimeError("the relay is used before `running`")
        answer: web.StreamResponse | None = None
        try:
            async with (
                asyncio.timeout(self._caps.answer_s) as deadline,
                self._source.opened(url, _range_of(request)) as response,  # always GET: links signed for it refuse HEAD
            ):
                deadline.reschedule(asyncio.get_running_loop().time() + self._caps.total_s)
                answer = _headed(request, response, self._caps.max_bytes)
                await answer.prepare(request)
                if request.method != "HEAD" and response.status != 416:
                    await self._stream(response, answer)
                await answer.write_eof()
        except SourceError as error:
            failure = error
        except TimeoutError:
            failure = SourceError(504, "slow", "the file's host takes too long, or the reader")
        except (aiohttp.ClientPayloadError, aiohttp.ClientConnectionError, ConnectionError):
            failure = SourceError(502, "broken-off", "the file's host breaks off, or the reader")
        else:
            metrics.RELAYED.inc()
            return answer
        if answer is None or not answer.prepared:
            return _refused(failure.status, failure.reason, str(failure), host)
        return _broken_off(request, answer, failure, host)

    async def _stream(self, response: aiohttp.ClientResponse, answer: web.StreamResponse) -> None:
        sent = 0
        async for chunk in response.content.iter_any():
            sent += len(chunk)
            if sent > self._caps.max_bytes:
                raise _too_large(self._caps.max_bytes)
            async with asyncio.timeout(self._caps.idle_s):
                await answer.write(chunk)  # waits for the reader, and the host meanwhile for us
            metrics.RELAYED_BYTES.inc(len(chunk))


def _range_of(request: web.Request) -> str | None:
    """A single range goes on to the host; any other, or one with a condition, is ignored as RFC 9110 allows."""
    written = request.headers.get("Range", "").strip()
    return written if "If-Range" not in request.headers and ONE_RANGE.fullmatch(written) else None


def _headed(request: web.Request, response: aiohttp.ClientResponse, max_bytes: int) -> web.StreamResponse:
    """The head of our answer: of the host's headers only length, range and, if it is on the list, type."""
    source, name = response.headers, request.match_info["name"]
    if named(source.get("Content-Type")) in PAGES and response.status != 416:
        raise SourceError(502, "page", "the file's host answers with a page")
    whole = TOTAL.fullmatch(source.get("Content-Range", ""))
    length = response.content_length
    if max(length or 0, int(whole[1]) if whole else 0) > max_bytes:
        raise _too_large(max_bytes)
    kind = safe(source.get("Content-Type"), extension_of(name))
    answer = web.StreamResponse(status=response.status, headers={**HEADERS, "Content-Type": kind})
    answer.headers["Content-Disposition"] = _disposition("inline" if is_shown(kind) else "attachment", name)
    if response.status == 416:
        answer.content_length = 0
    elif length is not None:
        answer.content_length = length
    if whole and response.status in (206, 416):
        answer.headers["Content-Range"] = whole[0]
    if response.status == 206 or source.get("Accept-Ranges", "").lower() == "bytes":
        answer.headers["Accept-Ranges"] = "bytes"
    return answer


def _disposition(how: str, name: str) -> str:
    plain = "".join(each if each.isascii() and each.isprintable() and each not in '"\\' else "_" for each in name)
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _too_large(max_bytes: int) -> SourceError:
    return SourceError(413, "too-large", f"the file is larger than MEDIA_MAX_BYTES, {max_bytes} bytes")


def _refused(
    status: int, reason: str, detail: str, host: str | None = None, headers: dict[str, str] | None = None
) -> web.Response:
    metrics.RELAY_REFUSED.labels(reason).inc()
    log.warning("relay.refused", status=status, reason=reason, host=host)
    return web.json_response({"detail": detail}, status=status, headers={**HEADERS, **(headers or {}), **NOT_KEPT})


def _broken_off(
    request: web.Request, answer: web.StreamResponse, failure: SourceError, host: str | None
) -> web.StreamResponse:
    """The head is out already: only a connection that breaks tells the reader that the file is not whole."""
    metrics.RELAY_REFUSED.labels(failure.reason).inc()
    log.warning("relay.broken_off", reason=failure.reason, host=host)
    if request.transport is not None:
        request.transport.abort()
    return answer
