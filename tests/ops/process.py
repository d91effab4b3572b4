"""The `edna-amocrm` command as a process, in a folder without `.env`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bridge.settings import Settings
from tests.broker.agents import ROOT

MakeSettings = Callable[..., Settings]
Done = subprocess.CompletedProcess[str]


def environment_of(settings: Settings) -> dict[str, str]:
    """What tells the command where the topics of a test are."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "COLUMNS": "250",
        "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
        "TOPIC_PREFIX": settings.topic_prefix,
        "TOPIC_PARTITIONS": str(settings.topic_partitions),
    }


class Command:
    """Runs the command on the topics of one test."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.environment = environment

    def __call__(self, *arguments: str, **environment: str) -> Done:
        return subprocess.run(
            [sys.executable, "-m", "ops", *arguments],
            cwd=self.folder,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=90,
        )

    def json(self, *arguments: str, **environment: str) -> Any:
        """The answer to `--json`; fails when there is none."""
        done = self(*arguments, "--json", **environment)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


def refused(done: Done, code: int) -> str:
    """The one line of a command that ended with `code`."""
    assert (done.returncode, done.stdout) == (code, ""), done
    (line,) = done.stderr.splitlines()
    assert line.startswith("edna-amocrm: ")
    return line
