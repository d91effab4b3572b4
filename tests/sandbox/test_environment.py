"""What a running sandbox leaves for shells and commands beside it."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from ops.sandbox_world import settings_beside_the_sandbox
from sandbox import environment
from sandbox.credentials import sandbox_environment

TOLD = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9999", "TOPIC_PARTITIONS": "3", **sandbox_environment()}


def test_the_file_is_its_users_alone_and_goes_with_its_world(tmp_path: Path) -> None:
    path = tmp_path / "environment"
    environment.write(path, TOLD)
    environment.write(path, TOLD)  # what an earlier world left is replaced
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["environment"]
    environment.remove(path)
    environment.remove(path)
    assert not path.exists()


def test_a_shell_reads_every_variable(tmp_path: Path) -> None:
    path = tmp_path / "environment"
    environment.write(path, TOLD)
    script = f"set -a; . {path}; set +a; env"
    said = subprocess.run(["sh", "-c", script], env={}, capture_output=True, text=True, check=True).stdout.splitlines()
    assert {f"{name}={value}" for name, value in TOLD.items()} <= set(said)


def test_a_command_beside_a_living_world_takes_its_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in TOLD:
        monkeypatch.delenv(name, raising=False)
    (tmp_path / ".sandbox").mkdir()
    path = tmp_path / ".sandbox" / "environment"
    environment.write(path, TOLD)
    found, beside = settings_beside_the_sandbox()
    assert beside
    assert (found.kafka_bootstrap_servers, found.topic_partitions) == ("127.0.0.1:9999", 3)
    path.write_text(path.read_text().replace(f"WORLD_PID={os.getpid()}", "WORLD_PID=0"))
    assert not settings_beside_the_sandbox()[1], "a file that a dead world left counts for nothing"
