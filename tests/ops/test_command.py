"""The `edna-amocrm` command as a process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.settings import Settings
from bridge.topics import TOPICS
from tests.broker.agents import ROOT

pytestmark = [pytest.mark.broker]


def run(tmp_path: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ops", *arguments],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "COLUMNS": "200", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_topics_are_created_once_and_described(make_settings: Callable[..., Settings], tmp_path: Path) -> None:
    settings = make_settings()
    environment = {
        "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
        "TOPIC_PREFIX": settings.topic_prefix,
        "TOPIC_PARTITIONS": "3",
    }
    missing = run(tmp_path, "topics", "describe", **environment)
    assert missing.returncode == 1
    assert "is missing" in missing.stdout
    created = run(tmp_path, "topics", "create", **environment)
    assert created.returncode == 0, created.stderr
    assert f"created {len(TOPICS)} topics" in created.stdout
    assert "all topics are there" in run(tmp_path, "topics", "create", **environment).stdout
    described = run(tmp_path, "topics", "describe", **environment)
    assert described.returncode == 0
    assert all(settings.topic_prefix + topic.name in described.stdout for topic in TOPICS)


def test_another_number_of_partitions_is_refused_by_name(
    make_settings: Callable[..., Settings], tmp_path: Path
) -> None:
    settings = make_settings()
    environment = {
        "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
        "TOPIC_PREFIX": settings.topic_prefix,
    }
    assert run(tmp_path, "topics", "create", TOPIC_PARTITIONS="2", **environment).returncode == 0
    differs = run(tmp_path, "topics", "create", TOPIC_PARTITIONS="5", **environment)
    assert differs.returncode == 78
    assert "TOPIC_PARTITIONS=5" in differs.stderr
    assert len(differs.stderr.splitlines()) == 1


def test_an_absent_broker_is_one_line(tmp_path: Path) -> None:
    done = run(tmp_path, "topics", "describe", KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1")
    assert done.returncode == 1
    assert "KAFKA_BOOTSTRAP_SERVERS" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_wrong_variable_is_one_line_and_exit_78(tmp_path: Path) -> None:
    done = run(tmp_path, "topics", "create", TOPIC_PARTITIONS="none")
    assert done.returncode == 78
    assert done.stderr.startswith("edna-amocrm: TOPIC_PARTITIONS: ")
