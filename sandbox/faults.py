"""The faults that a fake shows on demand, switched over HTTP: slow, wrong answers, resets, silence.

Draws are seeded: the same requests in the same order meet the same faults.
"""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

Trouble = Literal["status", "reset", "hang"]

SHARES = ("share", "reset_share", "hang_share")


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to requests whose path begins with `path` (empty: all; the longest prefix wins).

    latency_ms     every answer comes that much later
    status         this share (`share`, default all) is answered so; with `retry_after_s` the header as well
    reset_share    the connection is reset instead of an answer
    hang_share     no answer ever
    after_accept   the trouble comes after the request was carried out: its effect is there, its answer is not
    """

    path: str = ""
    latency_ms: float = 0
    status: int | None = None
    share: float = 1.0
    reset_share: float = 0.0
    hang_share: float = 0.0
    after_accept: bool = False
    retry_after_s: int | None = None
    seed: int = 1


KINDS: dict[str, tuple[type, ...]] = {
    "path": (str,),
    "latency_ms": (int, float),
    "status": (int, type(None)),
    "share": (int, float),
    "reset_share": (int, float),
    "hang_share": (int, float),
    "after_accept": (bool,),
    "retry_after_s": (int, type(None)),
    "seed": (int,),
}


def fault_from(document: Any) -> Fault:
    """The fault of a JSON object. Raises ValueError with a sentence that names the wrong field."""
    if not isinstance(document, dict):
        raise ValueError("a fault is a JSON object")  # noqa: TRY004 - one error for whatever is wrong with it
    known = {each.name for each in fields(Fault)}
    for name, value in document.items():
        if name not in known:
            raise ValueError(f"{name}: no such field; there are {', '.join(sorted(known))}")
        if not isinstance(value, KINDS[name]) or (isinstance(value, bool) and bool not in KINDS[name]):
            raise ValueError(f"{name}: wrong type")
    fault = Fault(**document)
    if not all(0 <= getattr(fault, name) <= 1 for name in SHARES):
        raise ValueError(f"{', '.join(SHARES)}: each between 0 and 1")
    if fault.status is not None and not 200 <= fault.status <= 599:
        raise ValueError("status: between 200 and 599")
    if not 0 <= fault.latency_ms <= 600_000:
        raise ValueError("latency_ms: between 0 and 600000")
    return fault


@dataclass(slots=True)
class Faults:
    """The faults in force, one for each path prefix."""

    _rules: dict[str, tuple[Fault, random.Random]] = field(default_factory=dict)

    def set(self, fault: Fault) -> None:
        """Put a fault in force, in place of the one with the same path prefix; its draws begin anew."""
        self._rules[fault.path] = (fault, random.Random(fault.seed))  # noqa: S311 - repeatable, not secret
        self._rules = dict(sorted(self._rules.items(), key=lambda item: -len(item[0])))

    def remove(self, path: str) -> None:
        """End the fault of exactly this path prefix, if there is one."""
        self._rules.pop(path, None)

    def clear(self) -> None:
        """Everything works again."""
        self._rules = {}

    def listed(self) -> list[dict[str, Any]]:
        """The faults in force, as they were given."""
        return [asdict(fault) for fault, _ in self._rules.values()]

    def draw(self, path: str) -> tuple[Fault, Trouble | None] | None:
        """The fault for a request, and which trouble it meets if any; None when no rule fits."""
        for prefix, (fault, dice) in self._rules.items():
            if path.startswith(prefix):
                return fault, _trouble(fault, dice.random())
        return None


def _trouble(fault: Fault, drawn: float) -> Trouble | None:
    edges: tuple[tuple[Trouble, float], ...] = (
        ("reset", fault.reset_share),
        ("hang", fault.hang_share),
        ("status", fault.share if fault.status is not None else 0.0),
    )
    for trouble, share in edges:
        if drawn < share:
            return trouble
        drawn -= share
    return None
