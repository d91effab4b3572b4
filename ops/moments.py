"""How long ago: `90s`, `15m`, `2h`, `7d`."""

from __future__ import annotations

import re
import time

import typer

SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_DURATION = re.compile(r"(\d{1,6})([smhd])")


def duration(value: str) -> int:
    """Seconds of a duration as people write it. Raises BadParameter."""
    match = _DURATION.fullmatch(value.strip().lower())
    if match is None:
        raise typer.BadParameter(f"{value!r} is no duration: write 90s, 15m, 2h or 7d")
    return int(match[1]) * SECONDS[match[2]]


def ago_ms(seconds: int | None) -> int | None:
    """The moment so many seconds ago, in ms since the epoch; None stays None."""
    return None if seconds is None else int((time.time() - seconds) * 1000)
