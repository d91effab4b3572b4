"""All that the page knows, kept up to date in the background, and told to whoever watches."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Literal

import aiohttp

from bridge.settings import Settings
from bridge.topics import DIRECTIONS
from sandbox.page import agents, switches
from sandbox.page.chats import Chats
from sandbox.page.contacts import CHANNELS, first_chats
from sandbox.page.fakes import Entry, Fake
from sandbox.page.kafka_tail import KafkaTail, Record
from sandbox.page.messages import Chat
from sandbox.page.stream import Stream

LOOK_EVERY_S = 1.0
RECORDS_KEPT = 300
GATEWAY_WITHIN_S = 1.5


@dataclass(frozen=True, slots=True)
class PageTargets:
    """Where the two fakes are; the page talks to nobody else but Kafka and the parts' own /ready and /metrics."""

    edna_url: str
    amojo_url: str


class World:
    """See the module."""

    def __init__(self, settings: Settings, targets: PageTargets) -> None:
        self.chats = Chats()
        for chat in first_chats():
            self.chats.open(chat)
        self.edna = Fake("edna", targets.edna_url, self._entry, self._tell_vendors)
        self.amojo = Fake("amojo", targets.amojo_url, self._entry, self._tell_vendors)
        self.fakes = {fake.name: fake for fake in (self.edna, self.amojo)}
        self.directions = [agents.Direction(name, settings.url_of(name)) for name in AGENTS]
        self.stream = Stream(self.snapshot)
        self._tail = KafkaTail(settings, self._have_records, self._have_kafka)
        self._gateway_url = settings.url_of("gateway")
        self._records: deque[Record] = deque(maxlen=RECORDS_KEPT)
        self._kafka: dict[str, Any] = {"state": "unknown", "missing": []}
        self._gateway = "unknown"
        self._telling: asyncio.Handle | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._session: aiohttp.ClientSession | None = None

    @property
    def session(self) -> aiohttp.ClientSession:
        """The client, between `start` and `stop`."""
        assert self._session is not None  # noqa: S101 - the server starts the world first
        return self._session

    async def start(self) -> None:
        """Begin to watch everything, in the background."""
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        for work in (
            self.edna.follow(self.session), self.amojo.follow(self.session), self._tail.run(), self._look(),
        ):  # fmt: skip
            self._spawn(work)

    async def stop(self) -> None:
        """Let go of everything."""
        self.stream.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def add(self, chat: Chat) -> Chat:
        """Put somebody new into the list."""
        there = self.chats.open(chat)
        self._tell_chats_soon()
        return there

    def snapshot(self) -> dict[str, Any]:
        """Everything, for a page that opens."""
        return {
            "channels": CHANNELS,
            "switches": switches.NAMES,
            "chats": self.chats.snapshot(),
            "records": list(self._records),
            "directions": [direction.document() for direction in self.directions],
            **self._vendors(),
            "links": self._links(),
        }

    def _entry(self, fake: str, entry: Entry) -> None:
        self.chats.apply(fake, entry)
        self._tell_chats_soon()

    def _tell_chats_soon(self) -> None:
        # What arrives in one turn of the loop is told at once.
        if self._telling is None:
            self._telling = asyncio.get_running_loop().call_soon(self._tell_chats)

    def _tell_chats(self) -> None:
        self._telling = None
        for told in self.chats.changed():
            self.stream.tell("chat", told)

    def _vendors(self) -> dict[str, Any]:
        return {"vendors": [fake.document() for fake in self.fakes.values()]}

    def _tell_vendors(self) -> None:
        self.stream.tell("vendors", self._vendors())

    def _links(self) -> dict[str, Any]:
        return {"kafka": self._kafka, "gateway": self._gateway}

    def _have_records(self, records: list[Record]) -> None:
        if records:
            self._records.extend(records)
            self.stream.tell("records", records[-RECORDS_KEPT:])

    def _have_kafka(self, state: str, missing: list[str]) -> None:
        new = {"state": state, "missing": missing}
        if new != self._kafka:
            self._kafka = new
            self.stream.tell("links", self._links())

    async def _look(self) -> None:
        while True:
            await asyncio.gather(
                *(agents.look(self.session, direction) for direction in self.directions),
                *(fake.look_at_faults(self.session) for fake in self.fakes.values()),
                self._look_at_gateway(),
            )
            self.stream.tell("directions", [direction.document() for direction in self.directions])
            await asyncio.sleep(LOOK_EVERY_S)

    async def _look_at_gateway(self) -> None:
        timeout = aiohttp.ClientTimeout(GATEWAY_WITHIN_S)
        try:
            async with self.session.get(f"{self._gateway_url}/ready", timeout=timeout) as answer:
                state = "ok" if answer.status == 200 else "unready"
        except (aiohttp.ClientError, OSError, TimeoutError):
            state = "away"
        if state != self._gateway:
            self._gateway = state
            self.stream.tell("links", self._links())

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        self._tasks.append(asyncio.create_task(work))


AGENTS: tuple[Literal["inbound", "outbound", "status"], ...] = ("inbound", "outbound", "status")
assert set(AGENTS) == set(DIRECTIONS)  # noqa: S101 - the same names, typed for `url_of`
