"""Webhooks that come twice, and statuses that come late, in any order, again, or of messages that are not ours."""

from __future__ import annotations

import json
import random
import tracemalloc
from collections import Counter
from itertools import islice
from typing import Any

import aiohttp
import pytest

from sandbox.amojo import AmojoFake
from sandbox.edna import EdnaConfig, EdnaFake
from sandbox.edna.config import Channel
from sandbox.edna.foreign import made
from sandbox.edna.statuses import Planned, planned
from tests.contract.amojo_caller import connect
from tests.contract.controls import ask, turn
from tests.contract.sink import Sink, until
from tests.contract.test_edna_sends import post, schedule

ORDER = {"channel": "345", "address": "79001234567"}


async def written(session: aiohttp.ClientSession, fake: EdnaFake, number: int) -> None:
    """Clients write so many messages, one conversation each."""
    for each in range(number):
        order = {"channel": "345", "address": f"7900{each:07}", "text": "x", "id": each}
        await turn(session, fake, "/client/messages", **order)


async def test_a_share_of_ednas_webhooks_comes_twice_byte_for_byte(
    session: aiohttp.ClientSession, edna: EdnaFake, sink: Sink
) -> None:
    await turn(session, edna, "/behaviour", duplicate_share=0.4)
    await written(session, edna, 50)
    await until(lambda: not edna.busy)
    times = Counter(one.body for one in sink.arrived)
    assert len(times) == 50
    twice = {json.loads(body)["id"] for body, number in times.items() if number == 2}
    assert 10 <= len(twice) <= 30
    assert max(times.values()) == 2
    assert Counter(entry.attempt for entry in edna.journal.entries) == {1: 50, 2: len(twice)}
    sink.arrived.clear()
    await turn(session, edna, "/behaviour", seed=1)
    await written(session, edna, 50)
    await until(lambda: not edna.busy)
    again = Counter(one.body for one in sink.arrived)
    assert {json.loads(body)["id"] for body, number in again.items() if number == 2} == twice


async def test_a_hook_of_amojo_can_come_again_after_a_newer_one(
    session: aiohttp.ClientSession, amojo: AmojoFake, sink: Sink
) -> None:
    await connect(session, amojo)
    await turn(session, amojo, "/behaviour", duplicate_share=1, duplicate_after_s=0.15)
    first = await turn(session, amojo, "/operator/messages", conversation_id="c-1", text="1")
    await turn(session, amojo, "/behaviour", duplicate_share=0)
    second = await turn(session, amojo, "/operator/messages", conversation_id="c-1", text="2")
    await sink.wait_for(3)
    ids = [json.loads(one.body)["message"]["message"]["id"] for one in sink.arrived]
    assert ids == [first["id"], second["id"], first["id"]]
    assert sink.arrived[0].headers == sink.arrived[2].headers


async def test_what_was_never_taken_is_not_sent_twice(
    session: aiohttp.ClientSession, amojo: AmojoFake, sink: Sink
) -> None:
    await connect(session, amojo)
    await turn(session, amojo, "/behaviour", duplicate_share=1)
    sink.statuses = [503]
    await turn(session, amojo, "/operator/messages", conversation_id="c-1", text="1")
    await until(lambda: not amojo.busy)
    assert len(sink.arrived) == 1


async def test_what_is_sent_twice_is_not_tried_again_when_it_is_refused_then(
    session: aiohttp.ClientSession, edna: EdnaFake, sink: Sink
) -> None:
    await turn(session, edna, "/behaviour", duplicate_share=1)
    sink.statuses = [200, 503]
    await written(session, edna, 1)
    await until(lambda: not edna.busy)
    assert [entry.status for entry in edna.journal.entries] == [200, 503]


def test_statuses_in_order_come_when_they_are_true() -> None:
    plan = planned(EdnaConfig(read_after_s=0.5), random.Random(1))
    assert plan == [Planned("SENT", 0.1, 0.1), Planned("DELIVERED", 0.3, 0.3), Planned("READ", 0.5, 0.5)]
    assert planned(EdnaConfig(auto_status=False), random.Random(1)) == []


def test_shuffled_statuses_come_in_every_order_but_never_before_they_are_true() -> None:
    config, dice = EdnaConfig(read_after_s=0.5, status_order="shuffled"), random.Random(1)
    plans = [planned(config, dice) for _ in range(200)]
    assert len({tuple(one.name for one in plan) for plan in plans}) == 6
    for plan in plans:
        assert [one.after_s for one in plan] == sorted(one.after_s for one in plan)
        assert all(one.after_s >= one.true_after_s for one in plan)
        assert {one.name: one.true_after_s for one in plan} == {"SENT": 0.1, "DELIVERED": 0.3, "READ": 0.5}


def test_a_share_of_statuses_is_told_again_with_a_later_time() -> None:
    config, dice = EdnaConfig(status_repeat_share=0.5), random.Random(1)
    plans = [planned(config, dice) for _ in range(500)]
    assert 400 < sum(len(plan) - 2 for plan in plans) < 600
    for plan in plans:
        first = {one.name: one for one in plan[:2]}
        assert all(one.true_after_s >= first[one.name].true_after_s for one in plan[2:])


async def test_edna_tells_read_by_itself_and_out_of_order_when_it_is_told_to(
    session: aiohttp.ClientSession, edna: EdnaFake, sink: Sink
) -> None:
    await turn(session, edna, "/behaviour", read_after_s=0.05, status_order="shuffled")
    for number in range(20):
        await post(session, edna, schedule(requestId=f"r-{number}"))
    told: dict[str, list[str]] = {}
    for one in await sink.wait_for(60):
        document = json.loads(one.body)
        told.setdefault(document["requestId"], []).append(document["status"])
    assert all(sorted(names) == ["DELIVERED", "READ", "SENT"] for names in told.values())
    assert len({tuple(names) for names in told.values()}) > 3


async def test_foreign_statuses_arrive_at_their_rate_are_counted_and_stand_in_no_journal(
    session: aiohttp.ClientSession, edna: EdnaFake, sink: Sink
) -> None:
    sink.statuses = [200, 503]
    answer = await turn(session, edna, "/client/foreign-statuses", count=100, per_s=500)
    assert answer == {"waiting": 100, "sent": 0, "answers": {}}
    await sink.wait_for(100)
    await until(lambda: not edna.busy)
    counts = await turn(session, edna, "/client/foreign-statuses", count=0)
    assert counts == {"waiting": 0, "sent": 100, "answers": {"200": 99, "503": 1}}
    assert edna.journal.entries == []
    assert 0.15 <= sink.arrived[-1].at - sink.arrived[0].at < 2
    assert all(one.headers["Authorization"].startswith("Token ") for one in sink.arrived)


def test_foreign_statuses_have_request_ids_of_every_kind_and_repeat_with_their_seed() -> None:
    def ids(seed: int) -> list[str | None]:
        bodies = made(["number", "uuid", "string", "null"], Channel("a", 345), random.Random(seed))
        return [json.loads(body)["requestId"] for body in islice(bodies, 8)]

    found = ids(1)
    assert found == ids(1) != ids(2)
    assert [str(each).isdigit() for each in found[::4]] == [True, True]
    assert [len(each or "") for each in found[1::4]] == [36, 36]
    assert [str(each).startswith("campaign-") for each in found[2::4]] == [True, True]
    assert found[3::4] == [None, None]


def test_any_number_of_foreign_statuses_takes_no_memory() -> None:
    bodies = made(["number"], Channel("a", 345), random.Random(1))
    next(bodies)
    tracemalloc.start()
    try:
        for _ in range(5_000):
            next(bodies)
        now, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert now < 100_000


@pytest.mark.parametrize(
    ("field", "order"),
    [
        ("count", {}),
        ("count", {"count": -1}),
        ("per_s", {"count": 1, "per_s": 0}),
        ("per_s", {"count": 1, "per_s": 1.5}),
        ("kinds", {"count": 1, "kinds": ["odd"]}),
        ("kinds", {"count": 1, "kinds": []}),
        ("kinds", {"count": 1, "kinds": [["uuid"]]}),
        ("colour", {"count": 1, "colour": 1}),
    ],
)
async def test_an_order_of_foreign_statuses_that_makes_no_sense_is_refused_by_name(
    session: aiohttp.ClientSession, edna: EdnaFake, field: str, order: dict[str, Any]
) -> None:
    status, answer = await ask(session, edna, "/client/foreign-statuses", **order)
    assert status == 400
    assert answer["detail"].startswith(f"{field}:")
