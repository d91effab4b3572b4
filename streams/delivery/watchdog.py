"""The watchdog: a worker that is stuck ends, so that its supervisor brings it back (I8). To wait for a vendor is not.

silent       events in hand for SILENT_S, and no attempt, timer or known wait
no loop      the event loop has not turned for LOOP_LAG_S; seen from a thread, because nobody else could
no group     no good heartbeat for twice the session timeout, though Kafka has answered all that time
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from bridge.kafka.closing import ends_this_task

log = structlog.get_logger(__name__)

SILENT_S = 60.0
LOOP_LAG_S = 10.0
LOOK_EVERY_S = 1.0
ASK_WITHIN_S = 3.0


@dataclass(slots=True)
class Signs:
    """What the watchdog sees of a worker in one look."""

    held: int
    waiting_lanes: int
    silent_s: float
    in_group: bool


class Watch:
    """What is wrong with a worker, from what is seen of it each second. Pure."""

    def __init__(self, session_timeout_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._without_group_s = 2 * session_timeout_s
        self._clock = clock
        self._answering_since: float | None = None  # Kafka, while the group is not there

    def wants_kafka(self, signs: Signs) -> bool:
        """Whether it has to be known if Kafka answers."""
        if signs.in_group:
            self._answering_since = None
        return not signs.in_group

    def verdict(self, signs: Signs, kafka_answers: bool) -> str | None:
        """Why the worker has to end; None while it need not."""
        if signs.held and not signs.waiting_lanes and signs.silent_s > SILENT_S:
            return f"{signs.held} events in hand, and nothing has happened for {signs.silent_s:.0f} s"
        if signs.in_group:
            return None
        if not kafka_answers:
            self._answering_since = None
            return None
        now = self._clock()
        self._answering_since = self._answering_since or now
        alone_s = now - self._answering_since
        if alone_s > self._without_group_s:
            return f"Kafka has answered for {alone_s:.0f} s, and the group has not taken this worker back"
        return None


class Watchdog:
    """Looks once a second, and calls `leave(reason)` when the worker is stuck."""

    def __init__(
        self,
        watch: Watch,
        signs: Callable[[], Signs],
        kafka_answers: Callable[[], Awaitable[bool]],
        leave: Callable[[str], None],
    ) -> None:
        self._watch = watch
        self._signs = signs
        self._kafka_answers = kafka_answers
        self._leave = leave
        self._turned = 0  # by the loop, once a look
        self._stopped = threading.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look; call inside the loop."""
        self._task = asyncio.create_task(self._look_forever(), name="watchdog")
        self._turning = asyncio.create_task(self._turn_forever(), name="watchdog-turn")
        threading.Thread(target=self._watch_loop, name="watchdog", daemon=True).start()

    def stop(self) -> None:
        """Look no more: the process ends anyway."""
        self._stopped.set()
        for task in (self._task, self._turning) if self._task else ():
            task.cancel()

    async def _look_forever(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                signs = self._signs()
                answers = await self._kafka_answers() if self._watch.wants_kafka(signs) else True
                reason = self._watch.verdict(signs, answers)
            except (Exception, asyncio.CancelledError) as error:
                if ends_this_task(error):  # a watchdog that has died would look like a worker that is well
                    raise
                log.exception("watchdog.failed")
                continue
            if reason is not None:
                self._leave(reason)

    async def _turn_forever(self) -> None:
        while True:
            self._turned += 1
            await asyncio.sleep(LOOK_EVERY_S / 2)

    def _watch_loop(self) -> None:
        """In a thread. Counts looks, not seconds: a process that was stopped and continued has not been stuck."""
        seen, looks = -1, 0
        while not self._stopped.wait(LOOK_EVERY_S):
            if self._turned != seen:
                seen, looks = self._turned, 0
                continue
            looks += 1
            if looks * LOOK_EVERY_S > LOOP_LAG_S:
                self._leave(f"the event loop has not turned for {looks * LOOK_EVERY_S:.0f} s")
