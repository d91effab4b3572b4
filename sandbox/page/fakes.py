"""The page's way to one fake: follows its journal, asks its controls, reads and turns its faults."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any

import aiohttp

from sandbox.page import switches

WITHIN_S = 5.0
SILENT_S = 12.0  # the fake's pulse comes every 5 s; without it the connection is dead
AGAIN_AFTER_S = 0.7
LINE_LIMIT = 8_388_608  # bytes of one entry: the fake takes bodies of 4 MiB

Entry = dict[str, Any]


class FakeAway(Exception):
    """The fake does not answer."""


class Fake:
    """One fake at its address. `entry` is told of the journal's entries, `changed` whenever `document` may differ."""

    def __init__(self, name: str, url: str, entry: Callable[[str, Entry], None], changed: Callable[[], None]) -> None:
        self.name = name
        self.url = url
        self.answers = False
        self.faults: list[dict[str, Any]] = []
        self._entry = entry
        self._changed = changed
        self._turning = asyncio.Lock()

    def document(self) -> dict[str, Any]:
        """As the page is told."""
        return {
            "name": self.name,
            "answers": self.answers,
            "switches": switches.states(self.faults),
            "other_faults": switches.others(self.faults),
        }

    async def follow(self, session: aiohttp.ClientSession) -> None:
        """Follow the journal, again and again, until cancelled."""
        while True:
            with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError, ValueError):
                await self._follow_once(session)
            self._answers(False)
            await asyncio.sleep(AGAIN_AFTER_S)

    async def ask(self, session: aiohttp.ClientSession, path: str, document: dict[str, Any]) -> tuple[int, Any]:
        """POST to a control; returns its status and JSON. Raises FakeAway."""
        return await self._call(session, "POST", path, document)

    async def look_at_faults(self, session: aiohttp.ClientSession) -> None:
        """Read the faults in force back. Never raises."""
        with contextlib.suppress(FakeAway):  # following tells that it is away
            self._have(await self._call(session, "GET", "/faults"))

    async def turn(self, session: aiohttp.ClientSession, name: str, on: bool) -> None:
        """Turn one switch. Raises FakeAway, and KeyError when there is no such switch."""
        async with self._turning:
            _, faults = await self._call(session, "GET", "/faults")
            rule = switches.turned(faults, name, on)
            if rule is None:
                self._have(await self._call(session, "DELETE", f"/faults?path={switches.ALL_CALLS}"))
            else:
                self._have(await self._call(session, "POST", "/faults", rule))

    async def _follow_once(self, session: aiohttp.ClientSession) -> None:
        timeout = aiohttp.ClientTimeout(total=None, connect=WITHIN_S, sock_read=SILENT_S)
        async with session.get(
            f"{self.url}/journal?follow=1", timeout=timeout, max_line_size=LINE_LIMIT, read_bufsize=LINE_LIMIT
        ) as answer:
            if answer.status != 200:
                return
            async for line in answer.content:
                self._answers(True)
                if line.strip():
                    self._entry(self.name, json.loads(line))

    async def _call(
        self, session: aiohttp.ClientSession, method: str, path: str, document: Any = None
    ) -> tuple[int, Any]:
        timeout = aiohttp.ClientTimeout(total=WITHIN_S)
        try:
            async with session.request(method, f"{self.url}{path}", json=document, timeout=timeout) as answer:
                return answer.status, await answer.json()
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
            raise FakeAway(self.name) from None

    def _have(self, answer: tuple[int, Any]) -> None:
        status, faults = answer
        if status == 200 and isinstance(faults, list) and faults != self.faults:
            self.faults = faults
            self._changed()

    def _answers(self, answers: bool) -> None:
        if answers != self.answers:
            self.answers = answers
            self._changed()
