"""Opening the page in a browser, where somebody sits before one. Never fails, never waits."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import webbrowser
from collections.abc import Mapping

DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")
ELSEWHERE = ("CI", "SSH_CONNECTION")  # nobody looks, or somebody does from another machine


def somebody_looks(environment: Mapping[str, str], terminal: bool, platform: str) -> bool:
    """Whether this is a terminal of a desktop session."""
    if not terminal or any(environment.get(name) for name in ELSEWHERE):
        return False
    return platform == "darwin" or any(environment.get(name) for name in DISPLAYS)


def open_page(url: str) -> None:
    """Open it, in the background, if somebody looks."""
    if somebody_looks(os.environ, sys.stdout.isatty(), sys.platform):
        threading.Thread(target=_open, args=(url,), daemon=True).start()


def _open(url: str) -> None:
    with contextlib.suppress(Exception):
        webbrowser.open(url)
