"""The faults that a fake shows on demand, switched over HTTP: slow, wrong answers, resets, silence.

Draws are seeded: the same requests in the same order meet the same faults.
"""

from __future__ import annotations

import hashlib
import math
import random
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from sandbox.fields import FLAG, SEED, SHARE, TEXT, Field, checked, number, whole

Trouble = Literal["reset", "hang", "hang_body", "status"]

LATENCY_LIMIT_MS = 600_000
LONGEST_S = 86_400
P99 = 2.326347874  # standard deviations: what 99 of 100 draws of a normal distribution stay below


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to requests whose path begins with `path`, and that fit `match` and `channel` (empty: all do).

    A request meets one rule: those with `match` win over those with `channel` alone, those over the rest, then the
    longest path, then the longest match. When the draw of that rule spares it, nothing else touches it.

    match            the request's conversation, key (as the journal names them) or text contains it
    channel          the request's channel is it: edna's subjectId (README form: imType), at amojo the channel in the
                     conversation's id. Digits of a channel stand in phones as well, so `match` is not the way
    latency_ms       every answer comes that much later, after the request was judged and carried out
    latency_p99_ms   latencies are log-normal: half of them below `latency_ms`, one in a hundred above this
    read_ms          the request's body is read so slowly; it is judged afterwards. Not with `match`, `channel`
    status           this share (`share`, default all) is answered so; `retry_after_s` adds the header, `body` a JSON
                     body, `html` the page of the proxy before the service: nginx at amoCRM (amojo.md §7)
    reset_share      the connection is reset instead of an answer
    hang_share       no answer ever
    hang_body_share  headers come, the body does not
    after_accept     the trouble comes after the request was carried out: its effect is there, its answer is not
    per_message      shares are of messages, not of requests: each attempt of a message (its key) meets the same
    message_for_s    … until so many seconds after its first attempt
    for_s            the rule ends by itself so many seconds after it was given
    """

    path: str = ""
    match: str = ""
    channel: str = ""
    latency_ms: float = 0
    latency_p99_ms: float | None = None
    read_ms: float = 0
    status: int | None = None
    share: float = 1.0
    reset_share: float = 0.0
    hang_share: float = 0.0
    hang_body_share: float = 0.0
    after_accept: bool = False
    retry_after_s: int | None = None
    body: dict[str, Any] | None = None
    html: bool = False
    per_message: bool = False
    message_for_s: float | None = None
    for_s: float | None = None
    seed: int = 1


FIELDS: dict[str, Field] = {
    "path": TEXT,
    "match": TEXT,
    "channel": TEXT,
    "latency_ms": number(0, LATENCY_LIMIT_MS),
    "latency_p99_ms": Field((int, float, type(None)), 0, LATENCY_LIMIT_MS),
    "read_ms": number(0, LATENCY_LIMIT_MS),
    "status": whole(200, 599, null=True),
    "share": SHARE,
    "reset_share": SHARE,
    "hang_share": SHARE,
    "hang_body_share": SHARE,
    "after_accept": FLAG,
    "retry_after_s": whole(0, LONGEST_S, null=True),
    "body": Field((dict, type(None))),
    "html": FLAG,
    "per_message": FLAG,
    "message_for_s": Field((int, float, type(None)), 0, LONGEST_S),
    "for_s": Field((int, float, type(None)), 0, LONGEST_S),
    "seed": SEED,
}


def fault_from(document: Any) -> Fault:
    """The fault of a JSON object. Raises ValueError with a sentence that names the wrong field."""
    fault = Fault(**checked(document, FIELDS, "a fault"))
    if fault.latency_p99_ms is not None and not 0 < fault.latency_ms <= fault.latency_p99_ms:
        raise ValueError("latency_p99_ms: needs a latency_ms, and is not below it")
    if fault.read_ms and (fault.match or fault.channel):
        raise ValueError("read_ms: not with match or channel, which need the body")
    if fault.status is None:
        for name in ("html", "body", "retry_after_s"):
            if getattr(fault, name):
                raise ValueError(f"{name}: goes with a status")
    if fault.message_for_s is not None and not fault.per_message:
        raise ValueError("message_for_s: goes with per_message")
    if fault.html and fault.body is not None:
        raise ValueError("html: not with body")
    return fault


@dataclass(frozen=True, slots=True)
class Subject:
    """What a request is about, as far as a rule asks."""

    path: str
    conversation: str = ""
    key: str = ""
    channel: str = ""
    text: str = ""

    def fits(self, fault: Fault) -> bool:
        """Whether a rule is for this request."""
        return (
            self.path.startswith(fault.path)
            and (not fault.channel or fault.channel == self.channel)
            and any(fault.match in words for words in (self.conversation, self.key, self.text))
        )


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a request meets: the rule, the trouble if any, and how long its answer takes (s)."""

    fault: Fault
    trouble: Trouble | None
    latency_s: float


class Rule:
    """A fault in force: when it ends, and its dice. Latencies have dice of their own."""

    def __init__(self, fault: Fault, now_s: float) -> None:
        self.fault = fault
        self.ends_s = math.inf if fault.for_s is None else now_s + fault.for_s
        self._troubles = random.Random(fault.seed)  # noqa: S311 - repeatable, not secret
        self._latencies = random.Random(fault.seed)  # noqa: S311
        self._first_s: dict[str, float] = {}  # of messages that meet a trouble

    def draw(self, subject: Subject, now_s: float) -> Drawn:
        """What the next request meets."""
        trouble = self._of_message(subject, now_s) if self.fault.per_message else self._trouble(self._troubles.random())
        return Drawn(self.fault, trouble, min(self._latency_ms(), LATENCY_LIMIT_MS) / 1000)

    def _of_message(self, subject: Subject, now_s: float) -> Trouble | None:
        name = subject.key or f"{subject.conversation} {subject.text}"
        digest = hashlib.blake2b(f"{self.fault.seed} {name}".encode("utf-8", "replace"), digest_size=8).digest()
        trouble = self._trouble(int.from_bytes(digest) / 2**64)
        if trouble is None or self.fault.message_for_s is None:
            return trouble
        return trouble if now_s < self._first_s.setdefault(name, now_s) + self.fault.message_for_s else None

    def _trouble(self, drawn: float) -> Trouble | None:
        fault = self.fault
        edges: tuple[tuple[Trouble, float], ...] = (
            ("reset", fault.reset_share),
            ("hang", fault.hang_share),
            ("hang_body", fault.hang_body_share),
            ("status", fault.share if fault.status is not None else 0.0),
        )
        for trouble, share in edges:
            if drawn < share:
                return trouble
            drawn -= share
        return None

    def _latency_ms(self) -> float:
        fault = self.fault
        if fault.latency_p99_ms is None:
            return fault.latency_ms
        spread = math.log(fault.latency_p99_ms / fault.latency_ms) / P99
        return self._latencies.lognormvariate(math.log(fault.latency_ms), spread)


Place = tuple[str, str, str]  # path, match and channel: one rule for each


@dataclass(slots=True)
class Faults:
    """The faults in force. `clock` counts seconds."""

    clock: Callable[[], float] = time.monotonic
    _rules: dict[Place, Rule] = field(default_factory=dict)

    def set(self, fault: Fault) -> None:
        """Put a fault in force, in place of the one with the same path, match and channel; its draws begin anew."""
        self._rules[fault.path, fault.match, fault.channel] = Rule(fault, self.clock())
        self._rules = dict(sorted(self._rules.items(), key=lambda item: _precedence(item[0])))

    def remove(self, path: str, match: str = "", channel: str = "") -> None:
        """End the fault of exactly this path prefix, match and channel, if there is one."""
        self._rules.pop((path, match, channel), None)

    def clear(self) -> None:
        """Everything works again."""
        self._rules = {}

    def listed(self) -> list[dict[str, Any]]:
        """The faults in force, as they were given."""
        return [asdict(rule.fault) for rule in self._in_force()]

    def draw(self, subject: Subject) -> Drawn | None:
        """What a request meets; None when no rule is for it."""
        if not self._rules:
            return None
        fitting = (rule for rule in self._in_force() if subject.fits(rule.fault))
        rule = next(fitting, None)
        return None if rule is None else rule.draw(subject, self.clock())

    def read_s(self, path: str) -> float:
        """How long (s) the body of a request is read: by path alone, for the body is not known yet."""
        rules = self._in_force() if self._rules else []
        faults = (rule.fault for rule in rules)
        fitting = (one for one in faults if not (one.match or one.channel) and path.startswith(one.path))
        return next((fault.read_ms / 1000 for fault in fitting), 0.0)

    def _in_force(self) -> list[Rule]:
        now = self.clock()
        for place in [place for place, rule in self._rules.items() if rule.ends_s <= now]:
            del self._rules[place]
        return list(self._rules.values())


def _precedence(place: Place) -> tuple[bool, bool, int, int]:
    path, match, channel = place
    return (not match, not channel, -len(path), -len(match))
