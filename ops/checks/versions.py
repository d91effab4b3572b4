"""The libraries that only a whole run of the broker tests may replace."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from ops.checks.check import Check, Patient

PINNED = {"faust-streaming": "0.15.3", "mode-streaming": "0.7.1", "aiokafka": "0.14.0"}
REMEDY = "install what requirements/runtime.txt names"


async def examine(_patient: Patient) -> list[Check]:
    """What is installed here against what is pinned."""
    rows = []
    for name, wanted in PINNED.items():
        try:
            found = version(name)
        except PackageNotFoundError:
            rows.append(Check(name, "wrong", "is not installed", REMEDY))
            continue
        if found != wanted:
            rows.append(Check(name, "wrong", f"{found} is installed, {wanted} is what was proven", REMEDY))
    return rows or [Check("versions", "ok", ", ".join(f"{name} {wanted}" for name, wanted in PINNED.items()))]
