"""What the sandbox runs with, in a file, so that a shell and `edna-amocrm send-test` need no configuration beside it.

`.sandbox/environment` has lines NAME=value, which a shell reads with `set -a; . .sandbox/environment; set +a`. It is
its user's alone, and is there only while its world runs; WORLD_PID says whose it is.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

WORLD_PID = "WORLD_PID"


def write(path: Path, variables: Mapping[str, str]) -> None:
    """Write the variables, whole or not at all. The folder must be there."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    lines = {WORLD_PID: str(os.getpid()), **variables}
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.writelines(f"{name}={value}\n" for name, value in lines.items())
    fresh.replace(path)


def remove(path: Path) -> None:
    """The world ends; harmless when nothing was written."""
    path.unlink(missing_ok=True)
