"""One channel of one account as its lanes see it: they ask to be admitted, and report what came of it.

Lanes wait here while the breaker is open, first come, first served, so that each probe is another conversation's: a
message that no vendor takes cannot hold the others. Waiting costs a message no budget.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import structlog
from cachetools import LRUCache

from bridge.outcome import Outcome, Verdict
from streams import metrics
from streams.delivery.breaker import Breaker, Mark, Trouble
from streams.delivery.parking import Parking

log = structlog.get_logger(__name__)

CHANNELS_REMEMBERED = 10_000
PARKED = Verdict(
    Outcome.PERMANENT,
    "more than half of its messages were refused for good within five minutes",
    remedy="see `edna-amocrm dead-letters list`, mend what they name, and replay them",
)


class Channel:
    """See the module."""

    def __init__(self, direction: str, account: str, channel: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.name = channel
        self.key = (account, channel)
        self._account = account
        self._direction = direction
        self._clock = clock
        self.breaker = Breaker(clock)
        self.parking = Parking(clock)
        self._waiting: deque[asyncio.Future[bool]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> int:
        """How many lanes wait."""
        return sum(not admission.done() for admission in self._waiting)

    async def admit(self, within_s: float | None = None) -> bool:
        """Wait until a lane may call the vendor; True: as a probe. Raises TimeoutError after `within_s`."""
        if self.breaker.closed:
            return False
        admission = asyncio.get_running_loop().create_future()
        self._waiting.append(admission)
        self._arm()
        async with asyncio.timeout(within_s):
            return bool(await admission)  # a lane that ends meanwhile leaves a future that is done, and passed over

    def report(
        self, conversation: str, verdict: Verdict, *, probe: bool = False, refused_at: Mark | None = None
    ) -> None:
        """What an attempt came to."""
        breaker = self.breaker
        was_closed, opened_s = breaker.closed, breaker.open_s
        outcome = verdict.outcome
        if outcome is Outcome.DELIVERED or outcome is Outcome.NOT_OURS:
            breaker.delivered(conversation, probe=probe)
            self.parking.delivered()
        elif outcome is Outcome.PERMANENT:
            breaker.answered(probe=probe)
            self._died(conversation)
        else:
            breaker.failed(conversation, verdict, probe=probe, refused_at=refused_at)
        self._reported(was_closed, opened_s)

    def known_as_refused(self, *, probe: bool = False) -> None:
        """The vendor knows an id that it has refused before: it is there, but it has taken nothing."""
        was_closed, opened_s = self.breaker.closed, self.breaker.open_s
        self.breaker.answered(probe=probe)
        self._reported(was_closed, opened_s)

    def budget_spent(self, conversation: str) -> None:
        """A message was given up although others passed."""
        was_closed = self.breaker.closed
        self._died(conversation)
        if was_closed and not self.breaker.closed:
            self._changed(0.0)

    def facts(self) -> dict[str, Any]:
        """What an operator wants to know of an open breaker."""
        breaker = self.breaker
        cause = breaker.cause
        return {
            "channel": self.name,
            "trouble": breaker.trouble.value if breaker.trouble else None,
            "reason": cause.reason if cause else "",
            "remedy": cause.remedy if cause else "",
            "open_s": round(breaker.open_s, 1),
            "waiting": self.waiting,
        }

    def _died(self, conversation: str) -> None:
        if self.parking.died(conversation) and self.breaker.closed:
            self.parking.forget()
            self.breaker.open(Trouble.PARKED, PARKED)

    def _reported(self, was_closed: bool, opened_s: float) -> None:
        if was_closed != self.breaker.closed:
            self._changed(opened_s)
        elif not self.breaker.closed:
            self._arm()

    def _changed(self, opened_s: float) -> None:
        """The breaker has just opened or closed."""
        closed = self.breaker.closed
        metrics.BREAKER_OPEN.labels(self._direction, self._account, self.name).set(not closed)
        if closed:
            log.info("breaker.closed", channel=self.name, after_s=round(opened_s, 1), waiting=self.waiting)
            self.parking.forget()
            self._release()
        else:
            log.error("breaker.open", **self.facts())
            self._arm()

    def _arm(self) -> None:
        """See to it that the next lane in turn probes when it is time."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._waiting and not self.breaker.closed:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self.breaker.probe_in_s(), self._probe)

    def _probe(self) -> None:
        self._timer = None
        if self.breaker.closed:
            return
        if self.breaker.probe_in_s() <= 0:
            while self._waiting:
                admission = self._waiting.popleft()
                if not admission.done():  # else its lane has ended meanwhile
                    self.breaker.probe_started()
                    admission.set_result(True)
                    break
        self._arm()

    def _release(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._waiting:
            admission = self._waiting.popleft()
            if not admission.done():
                admission.set_result(False)


class Channels:
    """The channels of one direction, made as they are met. Bounded: whoever sends webhooks chooses their names."""

    def __init__(self, direction: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._direction = direction
        self._clock = clock
        self._channels: LRUCache[tuple[str, str], Channel] = LRUCache(CHANNELS_REMEMBERED)

    def of(self, account: str, channel: str) -> Channel:
        """The channel of an account."""
        key = (account, channel)
        found = self._channels.get(key)
        if found is None:
            found = self._channels[key] = Channel(self._direction, account, channel, self._clock)
        return found

    def open(self) -> list[Channel]:
        """Those that wait."""
        return [channel for channel in self._channels.values() if not channel.breaker.closed]
