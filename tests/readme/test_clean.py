"""`make clean` knows all that tools leave here."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_folder_that_a_tool_leaves_goes_with_make_clean() -> None:
    left = re.findall(r"^(\.\w+)/$", (ROOT / ".gitignore").read_text(), re.MULTILINE)
    assert ".venv" in left
    done = subprocess.run(["make", "-n", "clean"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(left) <= set(done.stdout.split())
