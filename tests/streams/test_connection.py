"""Connecting the account until it is done: what is logged of it meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from bridge.amojo.client import CHECK_CREDENTIALS, AmojoClient, judged
from bridge.errors import TransportError
from bridge.http import Answer
from bridge.outcome import Verdict
from bridge.settings import Settings
from streams.connection import REMEDIES, Connection
from tests.streams.clockwork import SimulatedLoop, simulated


class Amojo:
    """Answers to `connect` with these statuses in turn, None being no answer; from then on with 200."""

    def __init__(self, statuses: Iterable[int | None]) -> None:
        self._statuses = iter(statuses)

    async def connect(self) -> Verdict:
        """One call."""
        status = next(self._statuses, 200)
        if status is None:
            raise TransportError("connection refused")
        return judged(Answer(status, {}, b""))


def logged(*statuses: int | None) -> list[Any]:
    """The entries of the log until the account is connected."""

    async def main(_loop: SimulatedLoop) -> None:
        connection = Connection(Settings(_env_file=None), cast(AmojoClient, Amojo(statuses)))
        connection.begin()
        while not any(entry["event"] == "channel.connected" for entry in entries):
            await asyncio.sleep(1.0)

    with capture_logs() as entries:
        simulated(main)
    return entries


@pytest.mark.parametrize(
    ("status", "remedy"),
    [
        (None, "check AMOCRM_AMOJO_BASE_URL and the network"),
        (503, "amojo is in trouble: nothing but waiting helps"),
        (400, REMEDIES[400]),
        (403, CHECK_CREDENTIALS),
    ],
)
def test_the_remedy_is_that_of_what_stands_in_the_way(status: int | None, remedy: str) -> None:
    assert [entry.get("remedy") for entry in logged(status)] == [remedy, None]


def test_of_very_many_attempts_few_are_told() -> None:
    told = [entry.get("attempts") for entry in logged(*[503] * 45)]
    assert told == [1, 5, 20, 40, None]
