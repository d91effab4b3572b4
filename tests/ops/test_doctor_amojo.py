"""The doctor on amojo and the CRM: what each answer means, and that looking changes nothing."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from ops.checks import account, amojo
from ops.checks.clock import clock
from sandbox.faults import Fault
from sandbox.kafka.broker import free_port
from tests.ops.fakes import amojo_fake
from tests.ops.patients import KNOWN, examined, saying, settings_of

AMOJO_ID = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
TOKEN = "eyJ-a-token-of-the-crm"
CLOCK = "clock by amojo"


async def test_looking_connects_nobody_and_a_connected_account_is_ok() -> None:
    async with amojo_fake() as fake:
        settings = settings_of(amocrm_amojo_base_url=fake.url)
        rows = await examined(amojo.examine, settings)
        assert rows[amojo.CHANNEL].verdict == "ok"
        assert not fake.vendor.scope.connected
        fake.vendor.scope.connected = True
        rows = await examined(amojo.examine, settings)
    assert {row.verdict for row in rows.values()} == {"ok"}
    assert set(rows) == {amojo.CHANNEL, amojo.SCOPE, CLOCK}


@pytest.mark.parametrize(("status", "verdict"), [(404, "warning"), (403, "wrong")])
async def test_an_account_that_is_not_connected_is_told_how(status: int, verdict: str) -> None:
    async with amojo_fake(disconnected_status=status) as fake:
        row = (await examined(amojo.examine, settings_of(amocrm_amojo_base_url=fake.url)))[amojo.SCOPE]
    assert row.verdict == verdict
    assert "edna-amocrm connect" in row.remedy


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"amocrm_channel_secret": "another secret"}, "AMOCRM_CHANNEL_SECRET"),
        ({"amocrm_channel_id": AMOJO_ID}, "AMOCRM_CHANNEL_ID"),
    ],
)
async def test_a_wrong_secret_and_a_wrong_channel_are_told_apart(changes: dict[str, Any], named: str) -> None:
    async with amojo_fake() as fake:
        rows = await examined(amojo.examine, settings_of(amocrm_amojo_base_url=fake.url, **changes))
    assert rows[amojo.CHANNEL].verdict == "wrong"
    assert named in rows[amojo.CHANNEL].remedy
    assert rows[amojo.SCOPE].verdict == "skipped"
    assert "another secret" not in str(rows)


async def test_the_channel_is_examined_before_the_account_is_known() -> None:
    async with amojo_fake() as fake:
        rows = await examined(amojo.examine, settings_of(amocrm_amojo_base_url=fake.url, amocrm_account_id=None))
    assert rows[amojo.CHANNEL].verdict == "ok"
    assert rows[amojo.SCOPE].detail == "needs AMOCRM_ACCOUNT_ID"
    rows = await examined(amojo.examine, settings_of(amocrm_channel_secret=None))
    assert rows[amojo.CHANNEL].verdict == "skipped"


@pytest.mark.parametrize(
    ("fault", "remedy"),
    [
        (Fault(status=503), amojo.TROUBLE),
        (Fault(status=429), amojo.TROUBLE),
        (Fault(status=403, html=True), amojo.ADDRESS),
        (Fault(status=200, html=True), amojo.ADDRESS),
    ],
)
async def test_a_proxys_page_and_trouble_are_no_judgement_of_the_signature(fault: Fault, remedy: str) -> None:
    async with amojo_fake() as fake:
        fake.faults.set(fault)
        row = (await examined(amojo.examine, settings_of(amocrm_amojo_base_url=fake.url)))[amojo.CHANNEL]
    assert (row.verdict, row.remedy) == ("wrong", remedy)


async def test_where_nobody_answers_the_variable_is_named() -> None:
    away = settings_of(amocrm_amojo_base_url=f"http://127.0.0.1:{free_port()}")
    row = (await examined(amojo.examine, away))[amojo.CHANNEL]
    assert row.verdict == "wrong"
    assert "AMOCRM_AMOJO_BASE_URL" in row.remedy


async def test_the_clock_is_compared_with_the_date_of_the_answer() -> None:
    late = format_datetime(datetime.now(UTC) - timedelta(minutes=20))
    async with saying(400, headers={"Date": late}) as server:
        row = (await examined(amojo.examine, settings_of(amocrm_amojo_base_url=server.url)))[CLOCK]
    assert row.verdict == "wrong"
    assert re.match(r"120\d s ahead of amojo's", row.detail), row.detail
    assert "NTP" in row.remedy


@pytest.mark.parametrize(
    ("ahead_s", "verdict"),
    [(0, "ok"), (59, "ok"), (61, "warning"), (-61, "warning"), (299, "warning"), (301, "wrong"), (-301, "wrong")],
)
def test_five_minutes_are_wrong_and_one_is_doubtful(ahead_s: int, verdict: str) -> None:
    theirs = datetime(2026, 1, 1, tzinfo=UTC)
    row = clock("amojo", answer_at(format_datetime(theirs, usegmt=True)), theirs + timedelta(seconds=ahead_s))
    assert row.verdict == verdict
    assert ("behind" in row.detail) == (ahead_s < -60)


@pytest.mark.parametrize("date", [None, "", "yesterday", "Thu, 01 Jan 2026 00:00:00 -0000"])
def test_a_vendor_that_tells_no_time_is_no_alarm(date: str | None) -> None:
    assert clock("amojo", answer_at(date), datetime.now(UTC)).verdict == "skipped"


def answer_at(date: str | None) -> Any:
    from bridge.http import Answer

    return Answer(200, {} if date is None else {"Date": date}, b"")


@pytest.mark.parametrize(
    "changes",
    [{}, {"amocrm_token": TOKEN}, {"amocrm_token": "your_amocrm_token", "amocrm_base_url": "https://shop.amocrm.ru"}],
)
async def test_without_token_and_address_of_the_crm_nothing_is_asked(changes: dict[str, str]) -> None:
    assert (await examined(account.examine, settings_of(**changes)))[account.NAME].verdict == "skipped"


@pytest.mark.parametrize(
    ("known", "verdict", "remedy"),
    [
        (AMOJO_ID, "ok", ""),
        (AMOJO_ID.upper(), "ok", ""),
        (KNOWN["amocrm_account_id"], "wrong", f"set AMOCRM_ACCOUNT_ID={AMOJO_ID}, or take the token"),
        (None, "wrong", f"set AMOCRM_ACCOUNT_ID={AMOJO_ID}"),
    ],
)
async def test_the_amojo_id_is_found_and_compared(known: str | None, verdict: str, remedy: str) -> None:
    async with saying(200, json.dumps({"id": 31234567, "amojo_id": AMOJO_ID}).encode()) as crm:
        settings = settings_of(amocrm_token=TOKEN, amocrm_base_url=crm.url, amocrm_account_id=known)
        row = (await examined(account.examine, settings))[account.NAME]
    assert row.verdict == verdict
    assert row.remedy.startswith(remedy)
    method, path, headers = crm.asked[0]
    assert (method, path, headers["Authorization"]) == ("GET", "/api/v4/account?with=amojo_id", f"Bearer {TOKEN}")


@pytest.mark.parametrize(
    ("status", "body", "named"),
    [
        (401, b"", "AMOCRM_TOKEN"),
        (403, b"<html>", "AMOCRM_TOKEN"),
        (404, b"", "AMOCRM_BASE_URL"),
        (200, b"[]", "AMOCRM_BASE_URL"),
        (200, b'{"amojo_id":null}', "AMOCRM_BASE_URL"),
    ],
)
async def test_a_crm_that_does_not_tell_is_a_warning_for_nothing_needs_it(status: int, body: bytes, named: str) -> None:
    async with saying(status, body) as crm:
        settings = settings_of(amocrm_token=TOKEN, amocrm_base_url=crm.url)
        row = (await examined(account.examine, settings))[account.NAME]
    assert row.verdict == "warning"
    assert named in row.remedy
    assert TOKEN not in str(row)
