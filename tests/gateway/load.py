"""Operators who write while things break: what was answered 200, how fast, and whether Kafka has it in that order."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

import aiohttp

from bridge.amojo.signature import hook_signature
from bridge.events import OutboundMessage
from bridge.settings import Settings, secret
from tests.broker.agents import Agent, eventually, read_all
from tests.gateway.forms import hook
from tests.gateway.server import encoded

CONVERSATIONS = 5


class Starts(Protocol):
    """Starts a gateway: `python -m gateway`, or the module and the arguments that are given."""

    async def __call__(self, settings: Settings, *command: str, ready: bool = True) -> Agent: ...


@dataclass
class Load:
    """Each conversation has one message under way at a time, so that its order is known; `name` tells loads apart."""

    settings: Settings
    name: str = ""
    padding: int = 0
    accepted: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    refused: list[int] = field(default_factory=list)
    slowest_s: float = 0.0
    running: bool = True
    _numbers: dict[int, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def count(self) -> int:
        """How many were answered 200."""
        return sum(map(len, self.accepted.values()))

    async def write(
        self, url: str, *, each: int | None = None, pause_s: float = 0.0, conversations: Iterable[int] | None = None
    ) -> None:
        """Write `each` messages in every conversation, or until `running` ends or nobody is there any more."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
            chosen = range(CONVERSATIONS) if conversations is None else conversations
            await asyncio.gather(*(self._converse(session, url, one, each, pause_s) for one in chosen))

    async def _converse(
        self, session: aiohttp.ClientSession, url: str, conversation: int, each: int | None, pause_s: float
    ) -> None:
        sent = 0
        while self.running and (each is None or sent < each):
            number = self._numbers[conversation] = self._numbers[conversation] + 1
            text = f"{conversation} {self.name}{number} {'.' * self.padding}"
            started = time.monotonic()
            try:
                status = await self._post(session, url, conversation, text)
            except aiohttp.ClientError:
                return  # killed
            self.slowest_s = max(self.slowest_s, time.monotonic() - started)
            if status == 200:
                self.accepted[conversation].append(text)
            else:
                self.refused.append(status)
            sent += 1
            await asyncio.sleep(pause_s)

    async def _post(self, session: aiohttp.ClientSession, url: str, conversation: int, text: str) -> int:
        document: dict[str, Any] = hook(str(uuid.uuid4()), text=text)
        place = {"id": f"chat-{conversation}", "client_id": f"v1.default.345.7900000000{conversation}"}
        document["message"]["conversation"] = place
        body = encoded(document)
        signature = hook_signature(secret(self.settings.amocrm_channel_secret), body)
        async with session.post(f"{url}/webhooks/amocrm", data=body, headers={"X-Signature": signature}) as answer:
            return answer.status

    async def check(self, settings: Settings) -> int:
        """All that was answered 200 is in Kafka, first seen in its order; returns how many came more than once."""
        seen: dict[int, list[str]] = defaultdict(list)
        for record in await read_all(settings, "outbound"):
            text = OutboundMessage.model_validate_json(record.value).content.text
            assert text is not None
            seen[int(text.split()[0])].append(text)
        repeats = 0
        for conversation, texts in self.accepted.items():
            first = list(dict.fromkeys(seen[conversation]))
            wanted = set(texts)
            assert [text for text in first if text in wanted] == texts, f"conversation {conversation}"
            repeats += len(seen[conversation]) - len(first)
        return repeats


async def said(agent: Agent) -> dict[str, Any]:
    """What a gateway's `/ready` says, with its status."""
    async with aiohttp.ClientSession() as session, session.get(f"{agent.url}/ready") as answer:
        document: dict[str, Any] = await answer.json()
        return document | {"status": answer.status}


async def becomes(agent: Agent, mode: str, within_s: float = 30.0) -> dict[str, Any]:
    """Wait until a gateway is in a mode; what it says then."""
    deadline = time.monotonic() + within_s
    while (found := await said(agent))["mode"] != mode:
        assert time.monotonic() < deadline, f"not {mode} within {within_s} s: {found}"
        await asyncio.sleep(0.05)
    return found


async def ends_itself(agent: Agent) -> None:
    """Wait for the death that the launcher has prepared."""
    await eventually("it kills itself", lambda: not agent.running, within_s=20)


def url_of(agent: Agent) -> str:
    """Where a gateway listens."""
    assert agent.url is not None, agent.log
    return agent.url
