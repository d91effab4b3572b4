"""The breaker of one channel of one account: whether its lanes may call the vendor. Pure; times are seconds of `clock`.

It opens on a refusal, after TRANSIENT_ROW transient outcomes in a row from TRANSIENT_CONVERSATIONS conversations, or
when the channel is parked (`streams.delivery.parking`). While it is open lanes wait and spend no budget (I7: the
backlog stays in Kafka); now and then one of them probes. Any success closes it, a parked one only PARKED_SUCCESSES
probes of different conversations.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

from bridge.outcome import Outcome, Verdict

TRANSIENT_ROW = 10
TRANSIENT_CONVERSATIONS = 3
PARKED_SUCCESSES = 3

PROBE_SHARE = 0.04  # of the time that it has been open: an outage is noticed to be over after that share of it
PROBE_MIN_S = 1.0
PROBE_MAX_S = 30.0
PARKED_PROBE_S = 60.0
PROBE_PATIENCE_S = 5.0  # a probe that takes longer does not hold the next one: a vendor that hangs may be back


class Trouble(StrEnum):
    """Why a breaker is open."""

    REFUSED = "refused"
    TRANSIENT = "transient"
    PARKED = "parked"


class Mark(NamedTuple):
    """A moment in the life of a breaker: what a message's own budget is counted from."""

    closed_s: float
    deliveries: int


class Breaker:
    """See the module. `cause` is the verdict that opened it, for people."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.closed = True
        self.trouble: Trouble | None = None
        self.cause: Verdict | None = None
        self._changed_at = clock()
        self._closed_s = 0.0
        self._deliveries = 0
        self._last: tuple[str, int] = ("", 0)  # the conversation delivered last, and the count then
        self._last_other: tuple[str, int] = ("", 0)  # the last one of another conversation than that
        self._row = 0
        self._row_conversations: set[str] = set()
        self._probe_at = 0.0
        self._probing_since: float | None = None
        self._parked_successes: set[str] = set()

    @property
    def open_s(self) -> float:
        """For how long it has been open."""
        return 0.0 if self.closed else self._clock() - self._changed_at

    def mark(self) -> Mark:
        """This moment."""
        return Mark(self._closed_s + (self._clock() - self._changed_at if self.closed else 0.0), self._deliveries)

    def spent_s(self, since: Mark) -> float:
        """Seconds that it was closed since then: the time that a message's budget counts."""
        return self.mark().closed_s - since.closed_s

    def others_delivered(self, conversation: str, since: Mark) -> bool:
        """Whether another conversation of the channel was delivered since then."""
        name, count = self._last
        if name == conversation:
            name, count = self._last_other
        return bool(name) and count > since.deliveries

    def delivered(self, conversation: str, *, probe: bool = False) -> None:
        """The vendor has taken a message."""
        self._deliveries += 1
        if self._last[0] != conversation:
            self._last_other = self._last
        self._last = (conversation, self._deliveries)
        self._row = 0
        if self.closed:
            return
        self._end_probe(probe)
        if self.trouble is Trouble.PARKED:
            if not probe:
                return
            self._parked_successes.add(conversation)
            if len(self._parked_successes) < PARKED_SUCCESSES:
                return
        self._close()

    def answered(self, *, probe: bool = False) -> None:
        """The vendor has judged a message, and not taken it: it is there, but nothing is proven of the channel."""
        self._row = 0
        self._end_probe(probe)
        if self.trouble is Trouble.TRANSIENT:
            self._close()
        elif self.trouble is Trouble.PARKED and probe:
            self._parked_successes.clear()

    def failed(
        self, conversation: str, verdict: Verdict, *, probe: bool = False, refused_at: Mark | None = None
    ) -> None:
        """An attempt was refused, or came to nothing. `refused_at` is when this message was refused before."""
        self._end_probe(probe)
        excused = refused_at is not None and self.others_delivered(conversation, refused_at)
        if verdict.outcome is Outcome.REFUSED and not excused:
            self.open(Trouble.REFUSED, verdict)
        else:
            self._row += 1
            if self._row == 1:
                self._row_conversations.clear()
            if len(self._row_conversations) < TRANSIENT_CONVERSATIONS:
                self._row_conversations.add(conversation)
            if self._row >= TRANSIENT_ROW and len(self._row_conversations) >= TRANSIENT_CONVERSATIONS:
                self.open(Trouble.TRANSIENT, verdict)
        if not self.closed:
            self._probe_at = max(self._probe_at, self._clock() + (verdict.retry_after_s or 0.0))

    def open(self, trouble: Trouble, cause: Verdict) -> None:
        """Open it. One that is open already stays as it is, but for a refusal, which says more than silence."""
        if self.closed:
            now = self._clock()
            self._closed_s += now - self._changed_at
            self._changed_at = now
            self.closed = False
            self.trouble, self.cause = trouble, cause
            self._parked_successes.clear()
            self._probing_since = None
            self._probe_at = now + self._pause_s()
        elif trouble is Trouble.REFUSED and self.trouble is Trouble.TRANSIENT:
            self.trouble, self.cause = trouble, cause

    def probe_in_s(self) -> float:
        """Seconds until the next lane may probe; 0 = now."""
        now = self._clock()
        at = self._probe_at
        if self._probing_since is not None:
            at = max(at, self._probing_since + PROBE_PATIENCE_S)
        return max(0.0, at - now)

    def probe_started(self) -> None:
        """A lane probes."""
        now = self._clock()
        self._probing_since = now
        self._probe_at = now + self._pause_s()

    def _end_probe(self, probe: bool) -> None:
        if probe:
            self._probing_since = None

    def _pause_s(self) -> float:
        if self.trouble is Trouble.PARKED:
            return PARKED_PROBE_S
        return min(PROBE_MAX_S, max(PROBE_MIN_S, PROBE_SHARE * self.open_s))

    def _close(self) -> None:
        self._changed_at = self._clock()
        self.closed = True
        self.trouble = self.cause = None
        self._row = 0
        self._probing_since = None
