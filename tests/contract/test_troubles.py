"""How each trouble looks from outside, before and after the request was carried out."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import aiohttp
import pytest

from sandbox.edna import EdnaFake
from tests.contract.controls import turn
from tests.contract.sink import until
from tests.contract.test_edna_sends import KEY, SCHEDULE, post, schedule


@pytest.mark.parametrize(
    "trouble",
    [{"status": 500}, {"status": 502, "html": True}, {"reset_share": 1}, {"hang_share": 1}, {"hang_body_share": 1}],
)
@pytest.mark.parametrize("after_accept", [False, True])
async def test_every_trouble_can_come_before_or_after_the_request_is_carried_out(
    session: aiohttp.ClientSession, edna: EdnaFake, trouble: dict[str, Any], after_accept: bool
) -> None:
    await turn(session, edna, "/faults", **trouble, after_accept=after_accept)
    answers = asyncio.create_task(post(session, edna, schedule()))
    await asyncio.wait([answers], timeout=0.1)
    answers.cancel()
    await asyncio.gather(answers, return_exceptions=True)
    await until(lambda: edna.journal.entries[0].ended)
    assert edna.journal.entries[0].outcome == ("new" if after_accept else "refused")
    assert edna.journal.entries[0].status == trouble.get("status")
    await session.delete(f"{edna.url}/faults")
    assert (await post(session, edna, schedule()))[0] == (400 if after_accept else 200)


async def test_an_html_page_comes_in_place_of_json(session: aiohttp.ClientSession, edna: EdnaFake) -> None:
    await turn(session, edna, "/faults", status=503, html=True, retry_after_s=2)
    async with session.post(edna.url + SCHEDULE, json=schedule(), headers=KEY) as answer:
        assert (answer.status, answer.headers["Content-Type"]) == (503, "text/html")
        assert answer.headers["Retry-After"] == "2"
        assert "<h1>503 Service Unavailable</h1>" in await answer.text()


async def test_a_refusal_in_the_vendors_words_comes_as_json(session: aiohttp.ClientSession, edna: EdnaFake) -> None:
    words = {"title": "insufficient funds", "status": 400, "detail": "insufficient funds"}
    await turn(session, edna, "/faults", status=400, body=words)
    assert await post(session, edna, schedule()) == (400, words)


async def test_headers_come_and_the_body_does_not(session: aiohttp.ClientSession, edna: EdnaFake) -> None:
    await turn(session, edna, "/faults", hang_body_share=1)
    async with session.post(edna.url + SCHEDULE, json=schedule(), headers=KEY) as answer:
        assert answer.status == 200
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(answer.read(), 0.1)
    await until(lambda: edna.journal.entries[0].ended)
    assert edna.journal.entries[0].status is None


async def test_a_fake_whose_bodies_hang_stops_within_two_seconds(
    session: aiohttp.ClientSession, edna: EdnaFake
) -> None:
    await turn(session, edna, "/faults", hang_body_share=1)
    hanging = asyncio.create_task(post(session, edna, schedule()))
    await until(lambda: bool(edna.journal.entries))
    started = time.monotonic()
    await edna.stop()
    assert time.monotonic() - started < 2
    with pytest.raises((aiohttp.ClientError, OSError)):
        await hanging


async def test_a_slow_reader_judges_late_and_misses_nothing(session: aiohttp.ClientSession, edna: EdnaFake) -> None:
    await turn(session, edna, "/faults", read_ms=200)
    long = schedule(comment="я" * 500_000)
    started = time.monotonic()
    assert (await post(session, edna, long))[0] == 200
    assert 0.2 <= time.monotonic() - started < 2
    assert edna.journal.entries[0].body.decode().count("\\u044f") == 500_000


async def test_whoever_does_not_wait_for_a_slow_reader_was_never_heard(
    session: aiohttp.ClientSession, edna: EdnaFake
) -> None:
    await turn(session, edna, "/faults", read_ms=60_000, path=SCHEDULE)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(post(session, edna, schedule()), 0.1)
    await session.delete(f"{edna.url}/faults")
    assert (await post(session, edna, schedule()))[0] == 200
    assert len([entry for entry in edna.journal.entries if entry.direction == "received"]) == 1
