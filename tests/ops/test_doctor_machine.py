"""The doctor on settings, webhook addresses, parts, spool and versions: no vendor and no Kafka needed."""

from __future__ import annotations

import asyncio
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from bridge.errors import ConfigurationError
from bridge.kafka.cluster import Cluster
from ops import doctor
from ops.checks import configuration, kafka, parts, spool, versions, web
from ops.checks.check import Check, Patient, bounded
from sandbox.kafka.broker import free_port
from tests.broker.agents import ROOT
from tests.ops.patients import examined, saying, settings_of
from tests.ops.test_spool import filled

REAL = {"edna_base_url": "https://app.edna.ru", "public_base_url": "https://bridge.example.org"}
BREAKER = {
    "channel": "345", "trouble": "refused", "reason": "edna answered 401", "remedy": "check EDNA_API_KEY",
    "open_s": 3.5, "waiting": 2,
}  # fmt: skip


async def test_settings_that_fit_together_are_ok() -> None:
    rows = await examined(configuration.examine, settings_of(**REAL))
    assert {row.verdict for row in rows.values()} == {"ok"}


async def test_what_is_missing_is_told_from_what_is_still_a_placeholder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("EDNA_API_KEY=your_edna_api_key\nAMOCRM_CHANNEL_ID=\n")
    monkeypatch.chdir(tmp_path)
    rows = await examined(configuration.examine, settings_of(edna_api_key=None, amocrm_channel_id=None))
    assert rows["EDNA_API_KEY"].detail == "EDNA_API_KEY still has the placeholder of .env.sample"
    assert rows["AMOCRM_CHANNEL_ID"].detail == "AMOCRM_CHANNEL_ID is not set"
    assert "AMOCRM_ACCOUNT_ID" not in rows


@pytest.mark.parametrize(
    ("changes", "name", "verdict", "named"),
    [
        ({"amocrm_account_id": "31234567"}, "AMOCRM_ACCOUNT_ID", "wrong", "amojo_id"),
        ({"amocrm_channel_id": "shop"}, "AMOCRM_CHANNEL_ID", "wrong", "UUID"),
        ({"amocrm_hook_api_version": "v1"}, "hook version", "warning", "connect"),
        ({"edna_send_path": "/api/messages/send"}, "form of sending", "wrong", "EDNA_SEND_PATH=/api/cascade/schedule"),
        ({"edna_send_path": "/api/x"}, "form of sending", "wrong", "use one of /api/cascade/schedule"),
        ({"edna_webhook_key": None}, "proof of edna's webhooks", "warning", "EDNA_WEBHOOK_KEY"),
        ({"public_base_url": None}, "relay of files", "warning", "PUBLIC_BASE_URL"),
        ({"public_base_url": "http://bridge.example.org"}, "relay of files", "wrong", "TLS"),
    ],
)
async def test_a_setting_that_cannot_be_right_is_told_with_its_remedy(
    changes: dict[str, Any], name: str, verdict: str, named: str
) -> None:
    row = (await examined(configuration.examine, settings_of(**REAL | changes)))[name]
    assert row.verdict == verdict
    assert named in row.remedy


async def test_the_sandbox_may_do_without_tls_and_the_real_path() -> None:
    fake = {"edna_base_url": "http://127.0.0.1:28081", "public_base_url": "http://127.0.0.1:28000"}
    rows = await examined(configuration.examine, settings_of(**fake, edna_send_path="/api/messages/send"))
    assert {row.verdict for row in rows.values()} == {"ok"}


async def test_webhook_addresses_are_asked_with_head_and_get_as_the_vendors_do() -> None:
    async with saying(200, web.OURS) as server:
        rows = await examined(web.examine, settings_of(edna_base_url="http://127.0.0.1:1"), server.url)
    assert {row.verdict for row in rows.values()} == {"ok"}
    assert sorted(each[:2] for each in server.asked) == [
        (method, path) for method in ("GET", "HEAD") for path in ("/webhooks/amocrm", "/webhooks/edna")
    ]
    assert all("Authorization" not in headers and "X-API-KEY" not in headers for _, _, headers in server.asked)


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        ({"by_method": {"HEAD": 405}}, "HEAD: 405, not 200"),
        ({"status": 301, "headers": {"Location": "https://elsewhere.example.org"}}, "HEAD: 301, a redirect"),
        ({"body": b"<html>welcome</html>"}, "GET: 200, but it is not this gateway"),
        ({"status": 502}, "HEAD: 502, not 200"),
    ],
)
async def test_an_address_that_a_vendor_would_refuse_is_wrong(answer: dict[str, Any], detail: str) -> None:
    async with saying(**{"body": web.OURS, **answer}) as server:
        rows = await examined(web.examine, settings_of(edna_base_url="http://127.0.0.1:1"), server.url)
    assert all(row.verdict == "wrong" and row.detail.startswith(detail) for row in rows.values()), rows
    assert len(rows) == len(web.PATHS)


async def test_an_address_that_is_not_told_or_without_tls_is_not_asked() -> None:
    assert (await examined(web.examine, settings_of()))["webhook addresses"].verdict == "skipped"
    async with saying(200, web.OURS) as server:
        row = (await examined(web.examine, settings_of(), server.url))["webhook addresses"]
    assert (row.verdict, server.asked) == ("wrong", [])
    away = f"http://127.0.0.1:{free_port()}"
    rows = await examined(web.examine, settings_of(edna_base_url="http://127.0.0.1:1"), away)
    assert rows[f"{away}/webhooks/edna"].verdict == "wrong"


@pytest.mark.parametrize(
    ("part", "facts", "verdict", "detail"),
    [
        ("gateway", {"ready": True, "mode": "direct", "detail": ""}, "ok", "it is ready"),
        ("gateway", {"ready": True, "mode": "spool", "spool": {"records": 7}}, "warning", "mode spool, 7 wait"),
        ("gateway", {"ready": True, "mode": "direct", "detail": "1 set aside"}, "warning", ": 1 set aside"),
        (
            "gateway",
            {"ready": False, "mode": "spool", "detail": "no disk"},
            "wrong",
            "it can store no webhook: no disk",
        ),
        ("inbound", {"ready": True, "partitions": [0, 1]}, "ok", "it is ready and works on 2 partitions"),
        ("outbound", {"ready": False, "waiting_for": "Kafka"}, "wrong", "it is not ready: Kafka"),
        ("status", {"ready": False, "stopping": True}, "wrong", "it is not ready: it stops"),
        ("status", ["nonsense"], "wrong", "is no part of this bridge"),
    ],
)
async def test_what_a_part_says_of_itself_becomes_a_row(part: str, facts: Any, verdict: str, detail: str) -> None:
    async with saying(200, json.dumps(facts).encode()) as server:
        row = (await examined(parts.examine, settings_of(**urls() | {f"{part}_url": server.url})))[part]
    assert row.verdict == verdict
    assert detail in row.detail


async def test_an_open_breaker_is_wrong_with_its_remedy_and_one_for_silence_a_warning() -> None:
    facts = {"ready": True, "partitions": [], "breakers": [BREAKER]}
    async with saying(200, json.dumps(facts).encode()) as server:
        rows = await examined(parts.examine, settings_of(**urls() | {"outbound_url": server.url}))
        breaker = rows["outbound: breaker"]
        assert (breaker.verdict, breaker.remedy) == ("wrong", "check EDNA_API_KEY")
        assert breaker.detail == "channel 345: open for 3.5 s, 2 wait, refused: edna answered 401"
        server.body = json.dumps(facts | {"breakers": [BREAKER | {"trouble": "transient", "remedy": ""}]}).encode()
        rows = await examined(parts.examine, settings_of(**urls() | {"outbound_url": server.url}))
    assert rows["outbound: breaker"].verdict == "warning"
    assert "by itself" in rows["outbound: breaker"].remedy


@pytest.mark.parametrize("named", [True, False])
async def test_a_bridge_of_which_nothing_answers_is_wrong_with_the_commands(named: bool) -> None:
    changes = urls() if named else {f"{part}_port": free_port() for part in parts.PARTS}
    rows = await examined(parts.examine, settings_of(**changes))
    assert {row.verdict for row in rows.values()} == {"wrong"}
    assert "python -m streams outbound" in rows["outbound"].remedy


async def test_a_part_that_is_silent_beside_others_is_wrong_where_its_address_is_known_and_may_be_elsewhere_else() -> (
    None
):
    ports = {f"{part}_port": free_port() for part in ("inbound", "status")}
    async with saying(200, b'{"ready": true, "mode": "direct"}') as server:
        known = {"gateway_url": server.url, "outbound_url": urls()["outbound_url"]}
        rows = await examined(parts.examine, settings_of(**ports, **known))
    verdicts = {name: row.verdict for name, row in rows.items()}
    assert verdicts == {"gateway": "ok", "inbound": "warning", "outbound": "wrong", "status": "warning"}


def urls() -> dict[str, str]:
    """Nobody listens there."""
    return {f"{part}_url": f"http://127.0.0.1:{free_port()}" for part in parts.PARTS}


async def test_a_spool_that_is_empty_and_has_room_is_ok(tmp_path: Path) -> None:
    row = (await examined(spool.examine, settings_of(spool_dir=str(tmp_path / "spool"))))[spool.NAME]
    assert row.verdict == "ok"
    assert not (tmp_path / "spool").exists()


async def test_what_gateways_have_left_is_told_with_who_has_to_drain_it(tmp_path: Path) -> None:
    root = tmp_path / "spool"
    filled(root, "dead", 3).close()
    running = filled(root, "running", 2)
    rejected = root / "dead" / "rejected"
    settings = settings_of(spool_dir=str(root))
    rows = await examined(spool.examine, settings)
    assert rows["spool of dead"].verdict == "warning"
    assert rows["spool of dead"].detail.startswith("3 wait, the oldest for ")
    assert "edna-amocrm spool drain" in rows["spool of dead"].remedy
    assert "its gateway drains it" in rows["spool of running"].remedy
    rejected.mkdir(exist_ok=True)
    (rejected / "1.rejected").write_bytes(b"x")
    assert "1 records were set aside" in (await examined(spool.examine, settings))["spool of dead"].detail
    running.close()


async def test_a_spool_that_cannot_be_written_is_wrong_and_too_little_room_a_warning(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    row = (await examined(spool.examine, settings_of(spool_dir=str(tmp_path / "file" / "spool"))))[spool.NAME]
    assert row.verdict == "wrong"
    assert "SPOOL_DIR" in row.detail
    row = (await examined(spool.examine, settings_of(spool_dir=str(tmp_path), spool_max_bytes=2**60)))[spool.NAME]
    assert row.verdict == "warning"
    assert "SPOOL_MAX_BYTES" in row.detail


async def test_the_versions_that_are_looked_for_are_those_that_are_pinned(monkeypatch: pytest.MonkeyPatch) -> None:
    named = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert dict(one.split("==") for one in named if "==" in one) == versions.PINNED
    assert [row.verdict for row in (await examined(versions.examine, settings_of())).values()] == ["ok"]
    monkeypatch.setitem(versions.PINNED, "aiokafka", "0.1.0")
    monkeypatch.setitem(versions.PINNED, "no-such-package", "1")
    rows = await examined(versions.examine, settings_of())
    assert "0.1.0 is what was proven" in rows["aiokafka"].detail
    assert rows["no-such-package"].detail == "is not installed"


async def test_checks_that_hang_or_fail_become_a_row_and_hide_nothing() -> None:
    async def hangs() -> list[Check]:
        await asyncio.Event().wait()
        return []

    async def fails(error: Exception) -> list[Check]:
        raise error

    (hung,) = await bounded("x", 0.01, hangs())
    assert (hung.verdict, hung.detail) == ("wrong", "no answer within 0.01 s")
    (failed,) = await bounded("x", 5, fails(ConfigurationError("KAFKA_SSL_CAFILE: cannot read it")))
    assert failed.detail == "KAFKA_SSL_CAFILE: cannot read it"
    (malformed,) = await bounded("x", 5, fails(ValueError("a secret")))
    assert malformed.verdict == "wrong"
    assert "a secret" not in str(malformed)


async def test_phones_in_what_a_check_says_are_shortened(monkeypatch: pytest.MonkeyPatch) -> None:
    async def says(_patient: Patient) -> list[Check]:
        return [Check("x", "warning", "user 79001234567 is blocked")]

    monkeypatch.setattr(doctor, "FAMILIES", {"x": says})
    (row,) = await doctor.examined(settings_of(), None)
    assert row.detail == "user …4567 is blocked"


@pytest.mark.parametrize(
    ("cluster", "factor", "found"),
    [
        (Cluster(1, is_4=True), 1, {"Kafka": "ok"}),
        (Cluster(3, is_4=True), 3, {"Kafka": "ok"}),
        (Cluster(1, is_4=False), 1, {"Kafka": "warning"}),
        (Cluster(3, is_4=True), 1, {"Kafka": "ok", "replication": "warning"}),
        (Cluster(1, is_4=True), 3, {"Kafka": "ok", "replication": "wrong"}),
    ],
)
def test_a_cluster_is_judged_by_its_age_and_its_brokers(cluster: Cluster, factor: int, found: dict[str, str]) -> None:
    settings = settings_of(topic_replication_factor=factor)
    assert {row.name: row.verdict for row in kafka.judged(settings, cluster)} == found


async def test_what_cannot_be_counted_in_time_is_said_to_be_at_least_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka, "COUNTED_WITHIN_S", 0.02)
    for found, detail in ((["budget"], "at least 1 open (budget 1)"), ([], "could not be counted in time")):
        (row,) = await kafka.counted("x", found, asyncio.Event().wait(), "dead-letters list")
        assert (row.verdict, row.detail) == ("warning", detail)
