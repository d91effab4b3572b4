"""Which fault a request meets: by path and match, for how long, and how slow."""

from __future__ import annotations

import statistics
from typing import Any

import aiohttp
import pytest

from sandbox.amojo import AmojoFake
from sandbox.edna import EdnaFake
from sandbox.faults import Faults, Subject, fault_from
from tests.contract.amojo_caller import SCOPE, call, connect, message
from tests.contract.controls import ask, turn
from tests.contract.test_edna_sends import SCHEDULE, post, schedule, whatsapp

SEND = Subject("/api/send", "345/79001", "r-1", "345", "Привет, мир")


def faults(*documents: dict[str, Any]) -> Faults:
    """These faults in force."""
    rules = Faults()
    for document in documents:
        rules.set(fault_from(document))
    return rules


def status_met(rules: Faults, subject: Subject = SEND) -> int | None:
    """The status that a request is answered in the vendor's place."""
    drawn = rules.draw(subject)
    return drawn.fault.status if drawn and drawn.trouble == "status" else None


@pytest.mark.parametrize("match", ["345/79001", "79001", "r-1", "мир"])
def test_a_rule_with_a_match_hits_what_has_it_in_its_conversation_key_or_text(match: str) -> None:
    rules = faults({"status": 503, "match": match})
    assert status_met(rules) == 503
    assert status_met(rules, Subject("/api/send", "346/79002", "r-2", "346", "Мир")) is None


def test_a_channel_is_hit_by_its_whole_name_and_not_by_the_digits_of_a_phone() -> None:
    rules = faults({"status": 503, "channel": "345"})
    assert status_met(rules) == 503
    assert status_met(rules, Subject("/api/send", "3/79345", "r-1", "3", "345")) is None
    both = faults({"status": 503, "channel": "345", "match": "79001"})
    assert (status_met(both), status_met(both, Subject("/", "345/7", channel="345"))) == (503, None)


def test_a_match_wins_over_a_channel_and_that_over_a_path_and_the_longer_over_the_shorter() -> None:
    rules: list[dict[str, Any]] = [
        {"status": 501},
        {"status": 502, "path": "/api/send"},
        {"status": 503, "channel": "345"},
        {"status": 504, "match": "79001"},
        {"status": 505, "match": "345/79001"},
        {"status": 506, "match": "r-1", "path": "/api"},
    ]
    for number in range(1, 7):
        assert status_met(faults(*rules[:number])) == 500 + number
        assert status_met(faults(*reversed(rules[:number]))) == 500 + number


def test_a_request_that_its_rule_spares_meets_no_other_rule() -> None:
    rules = faults({"status": 503}, {"status": 500, "share": 0, "match": "r-1"})
    assert status_met(rules) is None
    assert status_met(rules, Subject("/api/send")) == 503


def test_a_fault_ends_by_itself_and_the_one_behind_it_is_in_force_again() -> None:
    now = 100.0
    rules = Faults(clock=lambda: now)
    rules.set(fault_from({"status": 503}))
    rules.set(fault_from({"status": 401, "path": "/api", "for_s": 5}))
    assert (status_met(rules), len(rules.listed())) == (401, 2)
    now = 104.9
    assert status_met(rules) == 401
    now = 105.0
    assert (status_met(rules), len(rules.listed())) == (503, 1)


def test_a_share_of_messages_fails_in_every_attempt_until_its_time_is_over() -> None:
    now = 0.0
    rules = Faults(clock=lambda: now)
    rules.set(fault_from({"status": 503, "share": 0.1, "per_message": True, "message_for_s": 8, "seed": 4}))

    def failing() -> list[int]:
        return [number for number in range(2000) if status_met(rules, Subject("/", "c", f"r-{number}"))]

    first = failing()
    assert 150 < len(first) < 250
    now = 7.9
    assert failing() == first
    now = 8.0
    assert failing() == []


def test_messages_without_an_id_are_told_apart_by_conversation_and_text() -> None:
    rules = faults({"reset_share": 0.5, "per_message": True})

    def resets(text: str) -> list[bool]:
        drawn = [rules.draw(Subject("/", str(number), text=text)) for number in range(50)]
        return [one is not None and one.trouble == "reset" for one in drawn]

    assert resets("a") == resets("a") != resets("b")


def test_latencies_have_their_median_and_their_99th_percentile_and_repeat_with_the_seed() -> None:
    def drawn() -> list[float]:
        rules = faults({"latency_ms": 50, "latency_p99_ms": 800, "seed": 3})
        return [met.latency_s for _ in range(5000) if (met := rules.draw(SEND))]

    latencies = drawn()
    assert latencies == drawn()
    assert 0.045 < statistics.median(latencies) < 0.055
    assert 0.6 < statistics.quantiles(latencies, n=100)[98] < 1.1


def test_latencies_do_not_change_which_requests_meet_a_trouble() -> None:
    def troubles(**more: Any) -> list[int | None]:
        rules = faults({"status": 503, "share": 0.5, **more})
        return [status_met(rules) for _ in range(200)]

    assert troubles() == troubles(latency_ms=50, latency_p99_ms=60)


async def test_one_conversation_fails_at_edna_while_the_others_flow(
    session: aiohttp.ClientSession, edna: EdnaFake
) -> None:
    await turn(session, edna, "/faults", status=503, match="345/79001234567")
    assert (await post(session, edna, schedule()))[0] == 503
    other = {"address": "79007654321", "type": "PHONE"}
    assert (await post(session, edna, schedule(subscriberFilter=other)))[0] == 200
    async with session.delete(f"{edna.url}/faults", params={"match": "345/79001234567"}) as answer:
        assert await answer.json() == []


async def test_one_text_fails_at_edna_in_either_form(session: aiohttp.ClientSession, edna: EdnaFake) -> None:
    await turn(session, edna, "/faults", status=503, match="яд")
    poison = whatsapp(contentType="TEXT", text="это яд")
    assert (await post(session, edna, schedule(content=poison)))[0] == 503
    readme = {"imType": "whatsapp", "subject": "79001234567", "text": "и это яд"}
    assert (await post(session, edna, readme, "/api/messages/send"))[0] == 503
    assert (await post(session, edna, schedule()))[0] == 200


async def test_one_channel_fails_at_amojo_in_messages_and_statuses_while_another_flows(
    session: aiohttp.ClientSession, amojo: AmojoFake
) -> None:
    await connect(session, amojo)
    await turn(session, amojo, "/faults", status=403, channel="345")
    for channel, expected in ("345", 403), ("346", 200):
        conversation = f"v1.default.{channel}.79001234567"
        order = {"conversation_id": conversation, "text": "x"}
        written = await turn(session, amojo, "/operator/messages", **order)
        sent = message(msgid=f"m-{channel}", conversation_id=conversation)
        assert (await call(session, amojo, SCOPE, sent))[0] == expected
        path = f"{SCOPE}/{written['id']}/delivery_status"
        assert (await call(session, amojo, path, {"status_code": 1}))[0] == expected


async def test_a_key_that_is_refused_for_a_while_is_taken_again_by_itself(
    session: aiohttp.ClientSession, edna: EdnaFake
) -> None:
    now = 0.0
    edna.faults.clock = lambda: now
    await turn(session, edna, "/faults", status=401, path="/api", for_s=180)
    assert (await post(session, edna, schedule(), SCHEDULE))[0] == 401
    now = 180.0
    assert (await post(session, edna, schedule(), SCHEDULE))[0] == 200


@pytest.mark.parametrize(
    ("field", "fault"),
    [
        ("latency_p99_ms", {"latency_p99_ms": 10}),
        ("latency_p99_ms", {"latency_ms": 20, "latency_p99_ms": 10}),
        ("read_ms", {"read_ms": 10, "match": "x"}),
        ("read_ms", {"read_ms": -1}),
        ("read_ms", {"read_ms": 10, "channel": "x"}),
        ("match", {"match": 345}),
        ("channel", {"channel": 345}),
        ("html", {"html": True}),
        ("html", {"html": True, "status": 503, "body": {}}),
        ("body", {"body": {"title": "x"}}),
        ("body", {"status": 400, "body": "x"}),
        ("retry_after_s", {"retry_after_s": 5}),
        ("retry_after_s", {"status": 429, "retry_after_s": -5}),
        ("hang_body_share", {"hang_body_share": 1.1}),
        ("message_for_s", {"message_for_s": 5}),
        ("per_message", {"per_message": 1}),
        ("for_s", {"for_s": "5"}),
        ("for_s", {"for_s": -1}),
    ],
)
async def test_a_rule_that_makes_no_sense_is_refused_by_name(
    session: aiohttp.ClientSession, edna: EdnaFake, field: str, fault: dict[str, Any]
) -> None:
    status, answer = await ask(session, edna, "/faults", **fault)
    assert status == 400
    assert answer["detail"].startswith(f"{field}:")
    assert edna.faults.listed() == []
