"""The switches of each vendor: a table of what can be made to go wrong, as fields of the fakes' `/faults`. Pure.

All switches of a vendor share the one fault with the empty path prefix; its other prefixes belong to whoever set them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

ALL_CALLS = ""  # the path prefix that fits every call


@dataclass(frozen=True, slots=True)
class Switch:
    """One switch: the fields that it puts into the fault, and what they are without it."""

    name: str
    fields: dict[str, Any]
    without: dict[str, Any]


SWITCHES: tuple[Switch, ...] = (
    Switch("slow", {"latency_ms": 3000}, {"latency_ms": 0}),
    Switch("503", {"status": 503, "share": 1.0}, {"status": None}),
    Switch("lost", {"reset_share": 1.0, "after_accept": True}, {"reset_share": 0.0, "after_accept": False}),
)
NAMES = tuple(switch.name for switch in SWITCHES)


def states(faults: list[dict[str, Any]]) -> dict[str, bool]:
    """Which switches are on, by the faults that a fake lists."""
    rule = _rule(faults)
    return {switch.name: all(rule.get(name) == value for name, value in switch.fields.items()) for switch in SWITCHES}


def others(faults: list[dict[str, Any]]) -> int:
    """How many faults are in force that no switch stands for."""
    on = any(states(faults).values())
    return sum(1 for fault in faults if not _is_ours(fault) or (not on and not _idle(fault)))


def turned(faults: list[dict[str, Any]], name: str, on: bool) -> dict[str, Any] | None:
    """The fault for every call with one switch turned; None when nothing is left of it. Raises KeyError."""
    switch = {one.name: one for one in SWITCHES}[name]
    rule = {**_rule(faults), "path": ALL_CALLS, **(switch.fields if on else switch.without)}
    return None if _idle(rule) else rule


def _rule(faults: list[dict[str, Any]]) -> dict[str, Any]:
    return next((fault for fault in faults if _is_ours(fault)), {})


def _is_ours(fault: dict[str, Any]) -> bool:
    return fault.get("path") == ALL_CALLS and not fault.get("match") and not fault.get("channel")


def _idle(rule: dict[str, Any]) -> bool:
    troubles = ("latency_ms", "read_ms", "status", "reset_share", "hang_share", "hang_body_share")
    return not any(rule.get(name) for name in troubles)
