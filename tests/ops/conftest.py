"""The command on the topics of a test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ops.process import Command, MakeSettings, environment_of


@pytest.fixture
def command(make_settings: MakeSettings, tmp_path: Path) -> Command:
    """The command, on the prefix of this test."""
    return Command(tmp_path, environment_of(make_settings()))
