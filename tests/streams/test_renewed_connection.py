"""Calls in doubt share what becomes of one attempt to connect, whether that is good or bad (I8)."""

from __future__ import annotations

import asyncio
import time
from typing import Any, cast

import pytest

from bridge.amojo.client import AmojoClient
from bridge.errors import TransportError
from bridge.outcome import Outcome, Verdict
from bridge.settings import Settings
from streams.connection import Connection

WAITING = 20
CONNECTED = Verdict(Outcome.DELIVERED, "", 200)


class Amojo:
    """Answers a connect when the test says so, one answer after the other."""

    def __init__(self, *answers: Verdict | TransportError) -> None:
        self.answers = list(answers)
        self.connects = 0
        self.heard = asyncio.Event()
        self.connection = Connection(Settings(_env_file=None), cast(AmojoClient, self))

    async def connect(self) -> Verdict:
        """As `AmojoClient`."""
        self.connects += 1
        await self.heard.wait()
        answer = self.answers.pop(0)
        if isinstance(answer, TransportError):
            raise answer
        return answer

    async def renewed(self, began: float) -> Any:
        """What comes of a call in doubt."""
        try:
            return (await self.connection.renewed(began)).outcome
        except TransportError as error:
            return str(error)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (TransportError("no answer"), "no answer"),
        (Verdict(Outcome.TRANSIENT, "503", 503), Outcome.TRANSIENT),
        (Verdict(Outcome.PERMANENT, "422", 422), Outcome.REFUSED),
        (CONNECTED, Outcome.DELIVERED),
    ],
    ids=["silence", "503", "422", "200"],
)
async def test_those_that_wait_for_a_connect_share_what_comes_of_it(
    answer: Verdict | TransportError, expected: Outcome | str
) -> None:
    amojo = Amojo(answer)
    began = time.monotonic()
    waiting = [asyncio.create_task(amojo.renewed(began)) for _ in range(WAITING)]
    await asyncio.sleep(0.01)
    amojo.heard.set()
    assert await asyncio.gather(*waiting) == [expected] * WAITING
    assert amojo.connects == 1


async def test_who_asks_after_a_failure_connects_again() -> None:
    amojo = Amojo(TransportError("no answer"), CONNECTED)
    amojo.heard.set()
    assert await amojo.renewed(time.monotonic()) == "no answer"
    assert await amojo.renewed(time.monotonic()) is Outcome.DELIVERED
    assert amojo.connects == 2


async def test_a_connect_that_is_ended_is_tried_by_the_next_one_in_the_queue() -> None:
    amojo = Amojo(CONNECTED)
    ended, following = (asyncio.create_task(amojo.renewed(time.monotonic())) for _ in range(2))
    await asyncio.sleep(0.01)
    ended.cancel()
    amojo.heard.set()
    assert await following is Outcome.DELIVERED
    assert amojo.connects == 2
