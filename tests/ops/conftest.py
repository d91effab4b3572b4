"""The command on the topics of a test."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.broker.agents import ROOT
from tests.ops.patients import KNOWN
from tests.ops.process import Command, MakeSettings, environment_of


@pytest.fixture
def command(make_settings: MakeSettings, tmp_path: Path) -> Command:
    """The command, on the prefix of this test."""
    return Command(tmp_path, environment_of(make_settings()))


@pytest.fixture
def known_command(tmp_path: Path) -> Command:
    """The command with the credentials of the fakes, and no Kafka."""
    known = {name.upper(): str(value) for name, value in KNOWN.items()}
    own = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "250"}
    return Command(tmp_path, own | known)
