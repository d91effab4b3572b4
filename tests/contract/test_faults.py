"""The journal and the faults, which both fakes share."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import aiohttp
import pytest

from sandbox.edna import EdnaFake
from sandbox.faults import Faults, Subject, fault_from
from tests.contract.sink import until
from tests.contract.test_edna_sends import SCHEDULE, post, schedule

FIELDS = {
    "at", "direction", "kind", "method", "path", "headers", "body", "status", "outcome", "started", "in_flight",
    "conversation", "attempt", "number", "ended",
}  # fmt: skip


async def set_fault(session: aiohttp.ClientSession, fake: EdnaFake, **fault: Any) -> tuple[int, Any]:
    async with session.post(f"{fake.url}/faults", json=fault) as answer:
        return answer.status, await answer.json()


async def journal(session: aiohttp.ClientSession, fake: EdnaFake, **filters: str) -> list[dict[str, Any]]:
    async with session.get(f"{fake.url}/journal", params=filters) as answer:
        assert answer.status == 200
        return [json.loads(line) for line in (await answer.text()).splitlines()]


async def test_the_journal_is_one_object_a_line_with_the_exact_request(
    session: aiohttp.ClientSession, edna: EdnaFake
) -> None:
    await post(session, edna, schedule(), path=f"{SCHEDULE}?a=b")
    (entry,) = await journal(session, edna, direction="received")
    assert set(entry) == FIELDS | {"shown"}
    assert (entry["method"], entry["path"], entry["status"]) == ("POST", f"{SCHEDULE}?a=b", 200)
    assert json.loads(entry["body"]) == schedule()
    assert entry["headers"]["X-API-KEY"]
    assert 0 <= entry["at"] - entry["started"] < 1000
    assert abs(entry["at"] - time.time() * 1000) < 5000


async def test_the_journal_can_be_filtered_and_forgotten(session: aiohttp.ClientSession, edna: EdnaFake) -> None:
    await post(session, edna, schedule())
    await post(session, edna, schedule())
    await until(lambda: len(edna.journal.entries) == 4)
    assert [entry["attempt"] for entry in await journal(session, edna, outcome="duplicate")] == [2]
    async with session.get(f"{edna.url}/journal?colour=red") as answer:
        assert answer.status == 400
    async with session.delete(f"{edna.url}/journal") as answer:
        assert answer.status == 200
    assert await journal(session, edna) == []


async def test_the_journal_can_be_read_on_from_an_entry(session: aiohttp.ClientSession, edna: EdnaFake) -> None:
    for number in range(1200):
        edna.journal.end(edna.journal.begin("received", "POST", f"/{number % 2}", {}, b"{}"))
    assert [entry["number"] for entry in await journal(session, edna, since="1197")] == [1198, 1199, 1200]
    assert len(await journal(session, edna, since="100", method="POST")) == 1100
    assert await journal(session, edna, since="1200") == []
    await session.delete(f"{edna.url}/journal")
    edna.journal.end(edna.journal.begin("received", "GET", "/x", {}, b""))
    assert [entry["number"] for entry in await journal(session, edna, since="1200")] == [1201]
    for since in "-1", "x", "1.5":
        async with session.get(f"{edna.url}/journal", params={"since": since}) as answer:
            assert (answer.status, (await answer.json())["detail"]) == (400, "since: the number of an entry")


async def test_questions_about_the_fake_itself_stand_in_no_journal(
    session: aiohttp.ClientSession, edna: EdnaFake
) -> None:
    for path, word in (("/", "POST /client/messages"), ("/health", "ok"), ("/faults", "[]")):
        async with session.get(edna.url + path) as answer:
            assert answer.status == 200
            assert word in await answer.text()
    assert edna.journal.entries == []


async def test_twenty_thousand_entries_are_read_at_once(session: aiohttp.ClientSession, edna: EdnaFake) -> None:
    for number in range(20_000):
        entry = edna.journal.begin("received", "POST", "/x", {}, b"{}")
        edna.journal.name(entry, "schedule", str(number % 200), str(number))
        edna.journal.end(entry)
    assert len(await journal(session, edna)) == 20_000


async def test_latency_delays_answers_and_in_flight_counts_them(session: aiohttp.ClientSession, edna: EdnaFake) -> None:
    await set_fault(session, edna, latency_ms=200)
    started = time.monotonic()
    await asyncio.gather(*(post(session, edna, schedule(requestId=f"r-{number}")) for number in range(10)))
    assert 0.2 <= time.monotonic() - started < 1.5
    received = await journal(session, edna, kind="schedule")
    assert [entry["in_flight"] for entry in received] == list(range(1, 11))
    assert all(entry["at"] - entry["started"] >= 190 for entry in received)


async def test_a_status_fault_hides_the_request_from_the_vendor(session: aiohttp.ClientSession, edna: EdnaFake) -> None:
    await set_fault(session, edna, status=503, retry_after_s=7)
    async with session.post(edna.url + SCHEDULE, json=schedule()) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (503, "7")
    async with session.delete(f"{edna.url}/faults") as answer:
        assert answer.status == 200
    assert (await post(session, edna, schedule()))[0] == 200
    told = [(entry["status"], entry["outcome"]) for entry in await journal(session, edna, kind="schedule")]
    assert told == [(503, "refused"), (200, "new")]


async def test_a_fault_after_accept_hides_only_the_answer(session: aiohttp.ClientSession, edna: EdnaFake) -> None:
    await set_fault(session, edna, status=500, after_accept=True)
    assert (await post(session, edna, schedule()))[0] == 500
    await session.delete(f"{edna.url}/faults")
    assert (await post(session, edna, schedule()))[1]["title"] == "requestId-is-not-unique"
    told = [(entry["status"], entry["outcome"]) for entry in await journal(session, edna, kind="schedule")]
    assert told == [(500, "new"), (400, "duplicate")]


@pytest.mark.parametrize("after_accept", [False, True])
async def test_a_reset_gives_no_answer(session: aiohttp.ClientSession, edna: EdnaFake, after_accept: bool) -> None:
    await set_fault(session, edna, reset_share=1, after_accept=after_accept)
    with pytest.raises((aiohttp.ClientOSError, aiohttp.ServerDisconnectedError)):
        await post(session, edna, schedule())
    entry = edna.journal.entries[0]
    assert (entry.status, entry.outcome) == (None, "new" if after_accept else "refused")


async def test_a_hang_lasts_until_the_client_goes(session: aiohttp.ClientSession, edna: EdnaFake) -> None:
    await set_fault(session, edna, hang_share=1, path="/api")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(post(session, edna, schedule()), 0.2)
    await until(lambda: edna.journal.entries[0].at > edna.journal.entries[0].started)
    await session.delete(f"{edna.url}/faults")
    await post(session, edna, schedule())
    assert edna.journal.entries[1].in_flight == 1


async def test_a_fake_that_hangs_stops_within_two_seconds(session: aiohttp.ClientSession, edna: EdnaFake) -> None:
    await set_fault(session, edna, hang_share=1)
    hanging = asyncio.create_task(post(session, edna, schedule()))
    await until(lambda: bool(edna.journal.entries))
    started = time.monotonic()
    await edna.stop()
    assert time.monotonic() - started < 2
    with pytest.raises((aiohttp.ClientError, OSError)):
        await hanging


async def test_the_longest_path_decides(session: aiohttp.ClientSession, edna: EdnaFake) -> None:
    await set_fault(session, edna, status=500)
    _, listed = await set_fault(session, edna, path=SCHEDULE)
    assert [fault["path"] for fault in listed] == [SCHEDULE, ""]
    assert (await post(session, edna, schedule()))[0] == 200
    assert (await post(session, edna, {}, path="/api/else"))[0] == 500


def test_shares_are_kept_and_draws_repeat_with_their_seed() -> None:
    def drawn() -> list[str | None]:
        faults = Faults()
        faults.set(fault_from({"status": 503, "share": 0.3, "reset_share": 0.2, "hang_share": 0.1, "seed": 7}))
        met = (faults.draw(Subject("/x")) for _ in range(2000))
        return [drawn.trouble if drawn else None for drawn in met]

    troubles = drawn()
    assert troubles == drawn()
    for trouble, share in (("status", 0.3), ("reset", 0.2), ("hang", 0.1), (None, 0.4)):
        assert abs(troubles.count(trouble) / 2000 - share) < 0.04


@pytest.mark.parametrize(
    "fault", [{"colour": 1}, {"status": "503"}, {"share": 2}, {"latency_ms": True}, {"status": 99}, {"latency_ms": -1}]
)
async def test_a_fault_that_makes_no_sense_is_refused_by_name(
    session: aiohttp.ClientSession, edna: EdnaFake, fault: dict[str, Any]
) -> None:
    status, answer = await set_fault(session, edna, **fault)
    assert status == 400
    assert next(iter(fault)) in answer["detail"]
