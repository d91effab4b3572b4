"""The settings of a command beside `make run`, which runs with credentials and topics that nobody has configured.

While its world lives, it leaves them in `.sandbox/environment`: lines `NAME=value`, readable by its user alone, one of
them `WORLD_PID=<its process id>`. They count only when credentials are missing, as they do for `make run` itself.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bridge.errors import ConfigurationError
from bridge.settings import REQUIRED, Settings, load_settings

ENVIRONMENT_FILE = Path(".sandbox") / "environment"
WORLD_PID = "WORLD_PID"


def settings_here() -> Settings:
    """The settings of this folder: of the sandbox that runs here, or else as configured. Raises ConfigurationError."""
    return settings_beside_the_sandbox()[0]


def settings_beside_the_sandbox() -> tuple[Settings, bool]:
    """The settings, and whether they are those of a sandbox that runs in this folder. Raises ConfigurationError."""
    settings = load_settings("topics")
    needed = {name for part in ("gateway", "outbound") for name in REQUIRED[part]}
    if all(getattr(settings, name.lower()) is not None for name in needed):
        return settings, False
    variables = read_environment(ENVIRONMENT_FILE)
    if not _lives(variables.pop(WORLD_PID, "")):
        return settings, False
    try:
        values: dict[str, Any] = {name.lower(): value for name, value in variables.items() if value}
        return Settings(**{name: value for name, value in values.items() if name in Settings.model_fields}), True
    except ValidationError as error:
        names = ", ".join(str(problem["loc"][0]).upper() for problem in error.errors() if problem["loc"])
        raise ConfigurationError(f"{ENVIRONMENT_FILE}: {names}: not a value of that variable") from None


def read_environment(path: Path) -> dict[str, str]:
    """The variables of a file; none when it is not there."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    pairs = (line.partition("=") for line in lines if "=" in line and not line.lstrip().startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def _lives(pid: str) -> bool:
    if not (pid.isascii() and pid.isdigit() and int(pid) > 0):
        return False
    try:
        os.kill(int(pid), 0)
    except (OSError, OverflowError):  # gone, or somebody else's by now
        return False
    return True
