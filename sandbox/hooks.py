"""How a fake sends webhooks: those of one conversation strictly one after another, conversations in parallel."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Literal

import aiohttp
from yarl import URL

from sandbox.journal import Journal

Sending = Literal["once", "twice", "again"]

AT_ONCE = 64  # webhooks on their way at one time
UNLIMITED = 0


@dataclass(frozen=True, slots=True)
class Hook:
    """One webhook. Those of one `lane` go one after another; `conversation` is what the journal calls it.

    `key` is the id of what it carries; `body` and `headers` are the same in each attempt. `url` is asked at
    each, and the sender's when there is none.
    """

    lane: str
    kind: str
    conversation: str
    key: str
    headers: Mapping[str, str]
    body: bytes
    url: Callable[[], str | None] | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """How hard a vendor tries: seconds to wait for an answer, and the pauses (s) before each further attempt."""

    answer_within_s: float
    pauses_s: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Repeats:
    """Which webhooks are sent once more although they were answered 200: a share, drawn when they are pushed.

    At once (0) or so many seconds later, byte for byte the same, and without a further attempt.
    """

    share: float = 0.0
    after_s: float = 0.0
    seed: int = 1


class HookSender:
    """Sends webhooks in the background. `url` is asked at each attempt, so that a test may name it later."""

    def __init__(self, journal: Journal, url: Callable[[], str | None], policy: Policy) -> None:
        self._journal = journal
        self._url = url
        self._policy = policy
        self._at_once = asyncio.Semaphore(AT_ONCE)
        self._lanes: dict[str, deque[tuple[Hook, Sending]]] = {}
        self.repeat(Repeats())
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Open the client; call inside the running loop."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=UNLIMITED),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=self._policy.answer_within_s),
        )

    async def stop(self) -> None:
        """Drop what was not sent, and close the connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._lanes.clear()
        if self._session is not None:
            await self._session.close()

    @property
    def busy(self) -> bool:
        """Whether webhooks wait, or are on their way."""
        return bool(self._tasks)

    def repeat(self, repeats: Repeats) -> None:
        """From now on send these twice; draws begin anew."""
        self._repeats = repeats
        self._dice = random.Random(repeats.seed)  # noqa: S311 - repeatable, not secret

    def push(self, hook: Hook, after_s: float = 0.0) -> None:
        """Send a webhook, after a delay and after those of its lane that were pushed before."""
        twice = self._repeats.share > 0 and self._dice.random() < self._repeats.share
        self._push(hook, "twice" if twice else "once", after_s)

    async def post(self, headers: Mapping[str, str], body: bytes, url: str | None = None) -> int | None:
        """Send a webhook that stands in no journal, once; returns the HTTP status, None when there is no answer."""
        url = url or self._url()
        if url is None or self._session is None:
            return None
        try:
            async with self._session.post(
                URL(url, encoded=True), data=body, headers=headers, allow_redirects=False
            ) as answer:
                await answer.read()
                return answer.status
        except (TimeoutError, aiohttp.ClientError, OSError):
            return None

    def spawn(self, work: Coroutine[None, None, None]) -> None:
        """Do something in the background, until it is done or the sender stops."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _push(self, hook: Hook, sending: Sending, after_s: float) -> None:
        if after_s > 0:
            self.spawn(self._later(hook, sending, after_s))
            return
        lane = self._lanes.get(hook.lane)
        if lane is not None:
            lane.append((hook, sending))
            return
        self._lanes[hook.lane] = deque([(hook, sending)])
        self.spawn(self._drain(hook.lane))

    async def _later(self, hook: Hook, sending: Sending, after_s: float) -> None:
        await asyncio.sleep(after_s)
        self._push(hook, sending, 0.0)

    async def _drain(self, name: str) -> None:
        lane = self._lanes[name]
        try:
            while lane:
                await self._deliver(*lane.popleft())
        finally:
            self._lanes.pop(name, None)

    async def _deliver(self, hook: Hook, sending: Sending) -> None:
        for pause in (0.0, *(() if sending == "again" else self._policy.pauses_s)):
            if pause:
                await asyncio.sleep(pause)
            async with self._at_once:
                taken = await self._attempt(hook)
            if taken:
                break
        else:
            return
        if sending == "twice":
            await self._once_more(hook)

    async def _once_more(self, hook: Hook) -> None:
        if self._repeats.after_s:
            self._push(hook, "again", self._repeats.after_s)
        else:
            await self._deliver(hook, "again")

    async def _attempt(self, hook: Hook) -> bool:
        """One try. Only an HTTP 200 is success (edna.md §6, amojo.md §6.3)."""
        url = (hook.url or self._url)()
        entry = self._journal.begin("sent", "POST", url or "", hook.headers, hook.body)
        self._journal.name(entry, hook.kind, hook.conversation, hook.key)
        try:
            entry.status = await self.post(hook.headers, hook.body, url)
        finally:
            entry.outcome = "new" if entry.status == 200 else "refused"
            self._journal.end(entry)
        return entry.status == 200
