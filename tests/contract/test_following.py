"""Following a journal: what is there, then what begins and ends, until one side goes."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from sandbox import journal
from sandbox.edna import EdnaFake
from tests.contract.sink import until
from tests.contract.test_edna_sends import post, schedule
from tests.contract.test_faults import set_fault


async def followed(answer: aiohttp.ClientResponse) -> AsyncIterator[dict[str, Any]]:
    """The entries of a stream, without its empty lines."""
    async for line in answer.content:
        if line.strip():
            yield json.loads(line)


async def test_a_follower_is_given_what_is_there_and_then_each_entry_as_it_begins_and_ends(
    session: aiohttp.ClientSession, edna: EdnaFake
) -> None:
    await post(session, edna, schedule(requestId="before"))
    await until(lambda: [entry.ended for entry in edna.journal.entries] == [True] * 3)
    await set_fault(session, edna, latency_ms=100)
    async with session.get(f"{edna.url}/journal?follow=1") as answer:
        lines = followed(answer)
        there = [await anext(lines) for _ in range(3)]
        assert [(line["number"], line["ended"]) for line in there] == [(1, True), (2, True), (3, True)]
        posting = asyncio.create_task(post(session, edna, schedule(requestId="after")))
        began = await asyncio.wait_for(anext(lines), 5)
        assert (began["number"], began["ended"], began["outcome"], began["status"]) == (4, False, "new", None)
        while True:  # its statuses come in between
            line = await asyncio.wait_for(anext(lines), 5)
            if line["number"] == 4:
                break
        assert (line["ended"], line["status"]) == (True, 200)
        await posting
    await post(session, edna, schedule(requestId="later"))  # tells nobody, and finds that out
    await until(lambda: not edna.journal.followers)


async def test_a_followed_fake_stops_within_two_seconds(session: aiohttp.ClientSession, edna: EdnaFake) -> None:
    async with session.get(f"{edna.url}/journal?follow=1"):
        started = time.monotonic()
        await edna.stop()
        assert time.monotonic() - started < 2
    assert not edna.journal.followers


async def test_a_follower_that_does_not_read_is_let_go(edna: EdnaFake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "BEHIND", 10)
    follower = edna.journal.follow()
    for _ in range(11):
        edna.journal.end(edna.journal.begin("received", "POST", "/x", {}, b"{}"))
    assert follower.too_slow


async def test_there_is_a_limit_of_followers_and_filters_are_refused(
    session: aiohttp.ClientSession, edna: EdnaFake, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with session.get(f"{edna.url}/journal?follow=1&kind=status") as answer:
        assert answer.status == 400
    monkeypatch.setattr(journal, "FOLLOWERS", 0)
    async with session.get(f"{edna.url}/journal?follow=1") as answer:
        assert answer.status == 503
        assert "follow" in (await answer.json())["detail"]


async def test_one_fault_is_ended_by_its_path_and_the_others_stay(
    session: aiohttp.ClientSession, edna: EdnaFake
) -> None:
    await set_fault(session, edna, status=503)
    await set_fault(session, edna, path="/api", latency_ms=5)
    async with session.delete(f"{edna.url}/faults?path=") as answer:
        assert [fault["path"] for fault in await answer.json()] == ["/api"]
