"""Attempts one event until its outcome is final: the only place from which a vendor is called for an event.

An attempt starts only while the partition is ours (epoch, heartbeat), the channel's breaker and the account's rate
admit it, and a slot is free. What the vendor answers decides, as data (`bridge.outcome`): again in the lane with the
same id, never a new one unless the old one is known to have been refused (I4), until it is done or its own budget is
spent.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
from cachetools import LRUCache

from bridge.errors import CannotCarry, TransportError
from bridge.events import Event
from bridge.outcome import Outcome, Verdict
from bridge.settings import Settings
from streams import metrics
from streams.delivery.breaker import Mark
from streams.delivery.channel import Channel, Channels
from streams.delivery.liveness import Liveness
from streams.delivery.memory import Memory
from streams.delivery.outcome import Carrier, DeadLettered, Delivered, Ending, Link, Linking, Skipped
from streams.delivery.partition import Held, Partition, Revoked
from streams.delivery.pulse import Pulse
from streams.delivery.rate import Rate
from streams.delivery.retry import backoff_s
from streams.delivery.slots import Slots

log = structlog.get_logger(__name__)

LIVENESS_POLL_S = 0.1
BUDGET_ATTEMPTS = 5
ACCOUNTS_REMEMBERED = 1_000


@dataclass(slots=True)
class Trial:
    """What an event that fails has been through: the count of its failures, and when they began."""

    since: Mark
    failures: int = 0
    refused_at: Mark | None = None


class Remember(Protocol):
    """What has to be durable before the next call. Both return when Kafka has it, and raise Revoked."""

    async def refusal(self, held: Held, event: Event, vendor_id: str) -> None:
        """The vendor refused an id."""

    async def part(self, held: Held, event: Event, part_id: str, link: Link | None) -> None:
        """A part of an event was delivered; others follow. What has to be linked of it is linked first."""


class Attempts:
    """See the module."""

    def __init__(
        self,
        settings: Settings,
        carrier: Carrier,
        liveness: Liveness,
        pulse: Pulse,
        remember: Remember,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._carrier = carrier
        self._linking = carrier if isinstance(carrier, Linking) else None
        self._liveness = liveness
        self._pulse = pulse
        self._remember = remember
        self._clock = clock
        self._budget_s = settings.retry_budget_s
        self._slots = Slots(settings.attempts_in_flight)
        self.channels = Channels(carrier.name, clock)
        self._rates: LRUCache[str, Rate] = LRUCache(ACCOUNTS_REMEMBERED)
        self._in_flight = 0
        metrics.IN_FLIGHT.labels(carrier.name).set_function(lambda: self._in_flight)
        self._outcomes = {outcome: metrics.ATTEMPTS.labels(carrier.name, outcome.value) for outcome in Outcome}

    async def decide(self, held: Held, event: Event, memory: Memory) -> Ending:
        """Bring an event to its end. Raises Revoked when the partition is not ours any more."""
        try:
            event = self._carrier.placed(event)
            requests, probe = await self._prepared(held, event, memory)
            if isinstance(requests, Skipped | DeadLettered):
                return requests
            *before, last = requests
            for part, request in enumerate(before, 1):
                part_id = f"{event.event_id}#{part}"
                if memory.knows(part_id):
                    continue
                ending = await self._attempt_until_final(held, event, request, memory, probe=probe)
                if not isinstance(ending, Delivered):
                    return ending
                probe = False
                memory.note(part_id)  # first: it must not go again if the partition does, and comes back
                await self._remember.part(held, event, part_id, ending.link)
            return await self._attempt_until_final(held, event, last, memory, probe=probe)
        except CannotCarry as error:
            return DeadLettered("cannot-carry", str(error), code=error.code)

    async def _prepared(
        self, held: Held, event: Event, memory: Memory
    ) -> tuple[Sequence[Any] | Skipped | DeadLettered, bool]:
        """The calls of an event, as soon as the way to the vendor is known; and whether the first one is a probe."""
        probe = False
        while True:
            with self._pulse.waiting():  # for a link or for Kafka, if at all
                prepared = await self._carrier.prepare(event, memory)
            if not isinstance(prepared, Verdict):
                return prepared, probe
            self._check(held.partition)
            channel = self.channels.of(event.account, event.channel)
            channel.report(_conversation(held, event), prepared, probe=probe)
            try:
                with self._pulse.waiting():
                    probe = await channel.admit(self._left_s(event))
            except TimeoutError:
                return self._too_old(0), False

    async def _attempt_until_final(
        self, held: Held, event: Event, request: Any, memory: Memory, *, probe: bool
    ) -> Ending:
        channel = self.channels.of(event.account, event.channel)
        carrier = self._carrier
        attempts = 0
        trial: Trial | None = None
        while True:
            if self._linking is not None and (link := self._linking.link_before(request)) is not None:
                with self._pulse.waiting():
                    await link()
            try:
                refused = memory.refused(carrier.id_of(request))
                verdict = await self._attempt(held, channel, event, request, trial, refused, probe)
            except TimeoutError:
                return self._too_old(attempts)
            attempts += 1
            probe = False
            outcome = verdict.outcome
            if outcome is Outcome.DELIVERED:
                if verdict.already and refused:
                    # The vendor knows the id from the attempt that it refused: this message is not there.
                    request = carrier.renewed(event, request)
                    continue
                link = self._linking.link_after(request, verdict) if self._linking is not None else None
                return Delivered(verdict, attempts, link)
            if outcome is Outcome.NOT_OURS:
                return Skipped("not ours", attempts)
            if verdict.of_message:
                await self._refused(held, event, carrier.id_of(request), memory)
            if outcome is Outcome.PERMANENT:
                return DeadLettered("permanent", verdict.reason, attempts, verdict.status, verdict.code)
            trial = trial or Trial(channel.breaker.mark())
            if self._spent(channel, _conversation(held, event), verdict, trial):
                return DeadLettered("budget", f"{verdict.reason}, again and again", attempts, verdict.status, "budget")
            if attempts in (1, 5) or attempts % 20 == 0:
                log.warning("attempt.failed", outcome=outcome.value, reason=verdict.reason, attempts=attempts)
            with self._pulse.waiting():
                await asyncio.sleep(backoff_s(attempts, verdict.retry_after_s))

    def _spent(self, channel: Channel, conversation: str, verdict: Verdict, trial: Trial) -> bool:
        """Count a failure; whether it is the one that spends the message's budget."""
        breaker = channel.breaker
        if verdict.outcome is Outcome.REFUSED:
            trial.refused_at = breaker.mark()
        if verdict.outcome is Outcome.THROTTLED:
            return False  # the account's trouble, not the message's
        trial.failures += 1
        spent = (
            trial.failures >= BUDGET_ATTEMPTS
            and breaker.spent_s(trial.since) >= self._budget_s
            and breaker.others_delivered(conversation, trial.since)
        )
        if spent:
            channel.budget_spent(conversation)
        return spent

    async def _refused(self, held: Held, event: Event, vendor_id: str | None, memory: Memory) -> None:
        """Before anything else happens, the refusal of an id is remembered for whoever comes after a crash."""
        if vendor_id is not None and not memory.refused(vendor_id):
            await self._remember.refusal(held, event, vendor_id)
            memory.note_refused(vendor_id)

    async def _attempt(
        self,
        held: Held,
        channel: Channel,
        event: Event,
        request: Any,
        trial: Trial | None,
        refused: bool,
        probe: bool,
    ) -> Verdict:
        """One call, and what it means for the channel and the account. Raises TimeoutError when the event is too old.

        `refused`: the vendor has refused the id before, so that it knows it proves nothing. `probe`: admitted already.
        """
        rate, partition = self._rate(event.account), held.partition
        probe = await self._admitted(partition, channel, rate, event, probe=probe)
        started = self._clock()
        partition.in_attempt += 1
        self._in_flight += 1
        self._pulse.waiting_lanes += 1  # for a vendor, in one call or several; `waiting` would be dear for each message
        try:
            verdict = await self._carrier.attempt(request)
        except TransportError as error:
            verdict = Verdict(Outcome.TRANSIENT, str(error))
        finally:
            partition.in_attempt -= 1
            self._in_flight -= 1
            self._pulse.waiting_lanes -= 1
            self._pulse.beat()
            self._slots.release(channel.key)
        if verdict.outcome is Outcome.THROTTLED:
            rate.throttled(started, verdict.retry_after_s, probe=probe)
        elif verdict.status is not None:  # else there was no answer
            rate.passed()
        if verdict.already and refused:
            channel.known_as_refused(probe=probe)
        else:
            refused_at = trial.refused_at if trial else None
            channel.report(_conversation(held, event), verdict, probe=probe, refused_at=refused_at)
        self._outcomes[verdict.outcome].inc()
        return verdict

    async def _admitted(self, partition: Partition, channel: Channel, rate: Rate, event: Event, *, probe: bool) -> bool:
        """Wait for the breaker, a slot and a turn, in this order; whether the attempt is a probe. Takes the slot.

        Raises TimeoutError when the event has become too old meanwhile.
        """
        breaker, slots = channel.breaker, self._slots
        while True:
            if not breaker.closed and not probe:
                with self._pulse.waiting():
                    probe = await channel.admit(self._left_s(event))
            if not slots.take_now(channel.key):
                with self._pulse.waiting():
                    await slots.take(channel.key)
            try:
                if rate.limited:  # last: a turn that waited for a slot would be taken in a burst with others
                    with self._pulse.waiting():
                        async with asyncio.timeout(self._left_s(event)):  # a turn that nobody uses would be lost
                            await rate.turn()
                else:
                    rate.count()
                await self._live(partition)
                self._check_age(event)
            except BaseException:
                slots.release(channel.key)
                raise
            if breaker.closed or probe:
                return probe
            slots.release(channel.key)  # opened while this one waited: it must not pass for one that began before

    async def _live(self, partition: Partition) -> None:
        """Go on while the partition is ours for sure; wait while that is not known. Raises Revoked."""
        while not self._liveness.fresh:
            self._check(partition)
            with self._pulse.waiting():
                await asyncio.sleep(LIVENESS_POLL_S)
        self._check(partition)

    def _check(self, partition: Partition) -> None:
        if partition.draining or not partition.current:
            raise Revoked

    def _check_age(self, event: Event) -> None:
        if (left_s := self._left_s(event)) is not None and left_s <= 0:
            raise TimeoutError

    def _rate(self, account: str) -> Rate:
        rate = self._rates.get(account)
        if rate is None:
            rate = self._rates[account] = Rate(self._carrier.max_rps, self._clock)
            metrics.RATE_LIMIT.labels(self._carrier.name, account).set_function(lambda: rate.limit or 0.0)
        return rate

    def _left_s(self, event: Event) -> float | None:
        """Seconds until the event is too old to be sent; None = never."""
        max_age_s = self._carrier.max_age_s
        return event.accepted_at / 1000 + max_age_s - time.time() if max_age_s else None

    def _too_old(self, attempts: int) -> DeadLettered:
        hours = round(self._carrier.max_age_s / 3600, 1)
        return DeadLettered("too-old", f"older than {hours:g} h (OUTBOUND_MAX_AGE_S)", attempts, code="too-old")


def _conversation(held: Held, event: Event) -> str:
    """Whose trouble it is. A status names no conversation: the message that it is about, its key, stands for it."""
    return event.conversation_id or (held.key or b"").decode("utf-8", "replace")
