"""The channels of edna as the outbound agent knows them: asked at start, every ten minutes, and when somebody doubts.

Until edna has answered once no way is known, and messages wait (`bridge.edna.channels`). When later no answer comes, or
one that tells no channel, what was known goes on to serve.
"""

from __future__ import annotations

import asyncio

import structlog

from bridge.edna.channels import NOTHING_KNOWN, Directory, Route
from bridge.edna.client import EdnaClient
from bridge.errors import TransportError, VendorRefusal
from bridge.outcome import Outcome, Verdict
from bridge.settings import Settings

log = structlog.get_logger(__name__)

EVERY_S = 600.0
AGAIN_S = 2.0  # the least between two questions, whoever doubts
ROUTES_REMEMBERED = 10_000
WITHIN_S = 3.0  # what start waits for the first answer


class ChannelsOfEdna:
    """See the module."""

    def __init__(self, settings: Settings, client: EdnaClient) -> None:
        self._settings = settings
        self._client = client
        self._known: Directory = NOTHING_KNOWN
        self._routes: dict[str, Route] = {}  # as found since edna told its channels last
        self._asked = asyncio.Event()
        self._doubted = asyncio.Event()
        self._asking: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Ask, and wait a moment for the answer."""
        self._asking = asyncio.create_task(self._ask_forever(), name="edna-channels")
        try:
            async with asyncio.timeout(WITHIN_S):
                await self._asked.wait()
        except TimeoutError:
            log.warning("edna.channels.unknown", remedy="check EDNA_API_KEY, and that EDNA_BASE_URL can be reached")

    async def close(self) -> None:
        """Ask no more."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)

    def route(self, channel: str) -> Route | Verdict:
        """The way to the clients of a channel, or a refusal with its remedy while there is none; edna is asked then."""
        route = self._routes.get(channel) or self._known.route(channel, self._settings)
        if route is not None:
            if len(self._routes) < ROUTES_REMEMBERED:
                self._routes[channel] = route
            return route
        self.doubt()
        return Verdict(Outcome.REFUSED, f"no way to channel {channel}", remedy=self._known.trouble(channel))

    def doubt(self) -> None:
        """What is known may be out of date: ask soon."""
        self._doubted.set()

    async def _ask_forever(self) -> None:
        failing = False
        while True:
            self._doubted.clear()
            try:
                told = await self._client.directory()
            except Exception as error:  # noqa: BLE001 - whatever it is: messages wait for an answer
                if not failing:
                    known = isinstance(error, TransportError | VendorRefusal)
                    log.warning("edna.channels.unknown", why=str(error) if known else repr(error))
                failing = True
            else:
                failing = False
                self._learn(told)
            self._asked.set()
            await asyncio.sleep(AGAIN_S)
            if self._known.known:
                await self._until_doubted()

    async def _until_doubted(self) -> None:
        try:
            async with asyncio.timeout(EVERY_S):
                await self._doubted.wait()
        except TimeoutError:
            return

    def _learn(self, told: Directory) -> None:
        if told == self._known or (self._known.channels and not told.channels):
            return
        self._known = told
        self._routes = {}
        log.info("edna.channels", channels=len(told.channels), cascades=len(told.cascades))
        if (doubts := told.doubts(self._settings)) is not None:
            log.warning("edna.cascade.doubtful", why=doubts)
