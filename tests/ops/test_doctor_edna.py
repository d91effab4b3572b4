"""The doctor on edna: the key, the channels, the cascades; no phone is shown."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ops.checks import edna
from sandbox.edna.config import Channel
from sandbox.faults import Fault
from sandbox.kafka.broker import free_port
from tests.ops.fakes import edna_fake
from tests.ops.patients import examined, saying, settings_of

PHONE = "79620000000"


async def test_a_key_with_a_channel_and_its_cascade_is_ok() -> None:
    async with edna_fake() as fake:
        rows = await examined(edna.examine, settings_of(edna_base_url=fake.url))
    assert {name: row.verdict for name, row in rows.items()} == {
        edna.KEY: "ok", "clock by edna": "ok", edna.CHANNELS: "ok", edna.CASCADES: "ok",
    }  # fmt: skip
    assert rows[edna.CHANNELS].detail == "345 (WHATSAPP)"


async def test_a_wrong_key_is_wrong_and_not_shown() -> None:
    async with edna_fake() as fake:
        rows = await examined(edna.examine, settings_of(edna_base_url=fake.url, edna_api_key="not-the-key"))
    assert rows[edna.KEY].verdict == "wrong"
    assert "EDNA_API_KEY" in rows[edna.KEY].remedy
    assert edna.CHANNELS not in rows
    assert "not-the-key" not in str(rows)
    assert (await examined(edna.examine, settings_of(edna_api_key=None)))[edna.KEY].verdict == "skipped"


@pytest.mark.parametrize(
    ("fault", "verdict", "named"),
    [
        (Fault(status=403), "warning", "method groups"),
        (Fault(status=404), "wrong", "EDNA_BASE_URL"),
        (Fault(status=503), "wrong", "try again"),
        (Fault(status=200, html=True), "wrong", "EDNA_BASE_URL"),
    ],
)
async def test_what_edna_answers_instead_of_channels_is_told_with_a_remedy(
    fault: Fault, verdict: str, named: str
) -> None:
    async with edna_fake() as fake:
        fake.faults.set(fault)
        row = (await examined(edna.examine, settings_of(edna_base_url=fake.url)))[edna.KEY]
    assert row.verdict == verdict
    assert named in row.remedy


async def test_where_nobody_answers_the_variable_is_named() -> None:
    row = (await examined(edna.examine, settings_of(edna_base_url=f"http://127.0.0.1:{free_port()}")))[edna.KEY]
    assert row.verdict == "wrong"
    assert "EDNA_BASE_URL" in row.remedy


async def test_a_channel_that_is_not_active_is_told_beside_those_that_are() -> None:
    sleeping = Channel(f"{PHONE}_max_xx", 400, "viber", active=False)
    async with edna_fake(cascades={"2": sleeping}) as fake:
        rows = await examined(edna.examine, settings_of(edna_base_url=fake.url))
    assert rows[edna.CHANNELS].verdict == "warning"
    assert rows[edna.CHANNELS].detail == "one without a number (VIBER) is not active (registration: NEED_VERIFY)"
    assert PHONE not in str(rows)


@pytest.mark.parametrize(
    ("profiles", "verdict", "detail"),
    [
        ([], "wrong", "the key sees no channel"),
        ([{"type": "WHATSAPP", "active": False}], "wrong", "no channel is active"),
        (
            [{"type": "VIBER", "active": True, "subjectId": 7}],
            "warning",
            "no active channel is of EDNA_IM_TYPE=whatsapp",
        ),
        ([{"subjectId": 7}, "no object", {"type": "WHATSAPP", "subjectId": "8"}], "ok", "7 (no type), 8 (WHATSAPP)"),
    ],
)
async def test_what_the_key_may_use_is_judged(profiles: list[Any], verdict: str, detail: str) -> None:
    async with saying(200, json.dumps(profiles).encode()) as server:
        settings = settings_of(edna_base_url=server.url, edna_send_path="/api/messages/send")
        rows = await examined(edna.examine, settings)
    assert (rows[edna.CHANNELS].verdict, rows[edna.CHANNELS].detail) == (verdict, detail)


@pytest.mark.parametrize(
    ("chosen", "config", "verdict", "named"),
    [
        ("9", {}, "wrong", "EDNA_CASCADE_ID=9 is not among"),
        ("1", {"disabled": frozenset({"1"})}, "wrong", "EDNA_CASCADE_ID=1 is not active"),
        (None, {"disabled": frozenset({"1"})}, "warning", "345 (WHATSAPP) has no active cascade of one stage"),
        ("5", {"chains": {"5": (Channel("a", 345), Channel("b", 346, "sms"))}}, "wrong", "has several stages"),
        (None, {}, "ok", "345 (WHATSAPP)"),
        (None, {"cascades": {"2": Channel("m", 400, "max")}, "disabled": frozenset({"2"})}, "ok", "345 (WHATSAPP)"),
    ],
)
async def test_each_channel_needs_an_active_cascade_of_one_stage_but_max(
    chosen: str | None, config: dict[str, Any], verdict: str, named: str
) -> None:
    async with edna_fake(**config) as fake:
        row = (await examined(edna.examine, settings_of(edna_base_url=fake.url, edna_cascade_id=chosen)))[edna.CASCADES]
    assert row.verdict == verdict
    assert named in row.detail


async def test_a_key_that_may_not_see_cascades_is_a_warning() -> None:
    async with edna_fake() as fake:
        fake.faults.set(Fault("/api/cascade/get-all", status=403))
        row = (await examined(edna.examine, settings_of(edna_base_url=fake.url)))[edna.CASCADES]
    assert row.verdict == "warning"
    assert "403" in row.detail
