"""`python -m sandbox.container COMMAND…` as a process: when a part gets the fakes' credentials, and when not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.credentials import sandbox_environment
from tests.conftest import CREDENTIALS
from tests.container.docker import ROOT

TELL = "import json, os; print(json.dumps([os.getpid(), dict(os.environ)]))"
REAL = {name.upper(): value for name, value in CREDENTIALS.items()}
FOUND = {"SANDBOX_HOST": "127.0.0.1", "EDNA_FAKE_PORT": "7001", "AMOJO_FAKE_PORT": "7002"}
APART = {"TOPIC_PREFIX": "sandbox.edna-amocrm.", "SPOOL_DIR": "spool/sandbox"}
FAKES = sandbox_environment(7001, 7002, "127.0.0.1") | APART


def launch(folder: Path, variables: dict[str, str], *command: str) -> tuple[int, int, str, str]:
    """Process id, exit code and both outputs of the launcher in a folder of its own."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **variables}
    process = subprocess.Popen(
        (sys.executable, "-m", "sandbox.container", *command),
        cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    said, errors = process.communicate(timeout=30)
    return process.pid, process.returncode, said, errors


def told(folder: Path, variables: dict[str, str]) -> tuple[dict[str, str], str]:
    """The environment that a command was given, and what was said before it."""
    pid, code, said, errors = launch(folder, variables, sys.executable, "-c", TELL)
    assert code == 0, errors
    seen, given = json.loads(said)
    assert seen == pid, "the command must take the launcher's place"
    return {name: value for name, value in given.items() if name in FAKES}, errors


def test_without_credentials_a_part_gets_those_of_the_fakes_and_says_so_in_one_line(tmp_path: Path) -> None:
    given, errors = told(tmp_path, FOUND)
    assert given == FAKES
    (line,) = errors.splitlines()
    assert "FAKES" in line
    assert all(name in line for name in REAL)


def test_the_fakes_never_share_topics_or_groups_with_real_accounts_whatever_the_prefix(tmp_path: Path) -> None:
    assert told(tmp_path, {**FOUND, "TOPIC_PREFIX": "ours."})[0]["TOPIC_PREFIX"] == "sandbox.ours."
    assert told(tmp_path, {**FOUND, **REAL, "TOPIC_PREFIX": "ours."})[0]["TOPIC_PREFIX"] == "ours."


@pytest.mark.parametrize("absent", sorted(REAL))
def test_one_missing_credential_means_fakes_of_both_vendors(tmp_path: Path, absent: str) -> None:
    some = {name: value for name, value in REAL.items() if name != absent}
    given, errors = told(tmp_path, {**FOUND, **some})
    assert given == FAKES
    assert f"{absent} not set" in errors
    assert not any(value in errors for value in some.values())


def test_a_placeholder_of_the_sample_is_a_missing_credential(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes((ROOT / ".env.sample").read_bytes())
    given, _ = told(tmp_path, FOUND)
    assert given == FAKES


def test_all_credentials_are_left_as_they_are_though_the_sandbox_is_there(tmp_path: Path) -> None:
    given, errors = told(tmp_path, {**FOUND, **REAL})
    assert given == REAL
    assert errors == ""


@pytest.mark.parametrize("host", ["", "no-such-host.invalid"])
def test_without_the_sandbox_nothing_is_added(tmp_path: Path, host: str) -> None:
    given, errors = told(tmp_path, {"SANDBOX_HOST": host})
    assert given == {}
    assert errors == ""


def test_the_exit_code_is_that_of_the_command(tmp_path: Path) -> None:
    assert launch(tmp_path, FOUND, sys.executable, "-c", "raise SystemExit(7)")[1] == 7


@pytest.mark.parametrize(
    ("variables", "command", "names"),
    [
        ({}, (), "usage"),
        ({}, ("no-such-command",), "no-such-command"),
        ({"GATEWAY_PORT": "x"}, (sys.executable,), "GATEWAY_PORT"),
    ],
)
def test_what_cannot_be_started_is_named_in_one_line(
    tmp_path: Path, variables: dict[str, str], command: tuple[str, ...], names: str
) -> None:
    _, code, _, errors = launch(tmp_path, variables, *command)
    assert code == 78
    (line,) = errors.splitlines()
    assert names in line
