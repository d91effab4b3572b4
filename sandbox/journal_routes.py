"""The journal of a fake over HTTP: read, followed, forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from aiohttp import web

from sandbox.journal import Journal

LINES_AT_ONCE = 500
FOLLOW_PULSE_S = 5.0  # an empty line this often tells both ends that the other is there
FILTERS = frozenset({"direction", "kind", "outcome", "conversation", "status", "method"})
SINCE = "since"

NDJSON = {"Content-Type": "application/x-ndjson; charset=utf-8"}


class JournalRoutes:
    """`GET` and `DELETE` of `/journal`."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def routes(self) -> list[web.RouteDef]:
        """What to add to the application."""
        return [web.get("/journal", self._read), web.delete("/journal", self._clear)]

    async def _read(self, request: web.Request) -> web.StreamResponse:
        if request.query.get("follow") == "1":
            return await self._followed(request)
        try:
            wanted, since = _asked(request.query)
        except ValueError as error:
            return web.json_response({"detail": str(error)}, status=400)
        response = web.StreamResponse(headers=NDJSON)
        await response.prepare(request)
        for entries in self._journal.slices(since, LINES_AT_ONCE):
            lines = [entry.line() for entry in entries if entry.fits(wanted)]
            if lines:
                await response.write(b"".join(lines))
            await asyncio.sleep(0)  # the vendor's calls go on meanwhile
        return response

    async def _followed(self, request: web.Request) -> web.StreamResponse:
        if set(request.query) != {"follow"}:
            return web.json_response({"detail": "follow: goes with no filter"}, status=400)
        try:
            follower = self._journal.follow()
        except ValueError as error:
            return web.json_response({"detail": str(error)}, status=503)
        response = web.StreamResponse(headers=NDJSON)
        try:
            await response.prepare(request)
            await response.write(b"\n")
            while not follower.too_slow:
                entries = await follower.changed(FOLLOW_PULSE_S)
                for start in range(0, len(entries), LINES_AT_ONCE):
                    await response.write(b"".join(entry.line() for entry in entries[start : start + LINES_AT_ONCE]))
                if not entries:
                    await response.write(b"\n")
        except (ConnectionError, TimeoutError):
            pass  # it went away, which is how following ends
        finally:
            self._journal.unfollow(follower)
        return response

    async def _clear(self, _request: web.Request) -> web.Response:
        self._journal.clear()
        return web.json_response({"status": "cleared"})


def _asked(query: Mapping[str, str]) -> tuple[dict[str, str], int]:
    """The fields wanted, and the number after which to begin. Raises ValueError."""
    wanted = dict(query)
    since = wanted.pop(SINCE, "0")
    strange = sorted(set(wanted) - FILTERS)
    if strange:
        raise ValueError(f"{', '.join(strange)}: no such filter; there are {', '.join(sorted({*FILTERS, SINCE}))}")
    if not since.isascii() or not since.isdecimal():
        raise ValueError("since: the number of an entry")
    return wanted, int(since)
