"""This machine's clock against a vendor's: amojo takes no signature that is 15 minutes off (amojo.md §2.4)."""

from __future__ import annotations

from datetime import datetime
from email.utils import parsedate_to_datetime

from bridge.http import Answer
from ops.checks.check import Check

WRONG_S = 300.0
DOUBTFUL_S = 60.0
REMEDY = "set this machine's clock by NTP: amojo refuses what is signed 15 minutes off, and every time shown is wrong"


def clock(vendor: str, answer: Answer, now: datetime) -> Check:
    """Compare with the `Date` of an answer that has just come; `now` has a zone."""
    name = f"clock by {vendor}"
    try:
        theirs = parsedate_to_datetime(answer.headers.get("Date", ""))
        ahead_s = (now - theirs).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return Check(name, "skipped", f"{vendor} does not tell its time")
    if abs(ahead_s) < DOUBTFUL_S:
        return Check(name, "ok", f"within {DOUBTFUL_S:.0f} s of {vendor}'s")
    detail = f"{abs(ahead_s):.0f} s {'ahead of' if ahead_s > 0 else 'behind'} {vendor}'s"
    return Check(name, "wrong" if abs(ahead_s) > WRONG_S else "warning", detail, REMEDY)
