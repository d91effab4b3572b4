"""The delivery as a state machine: whatever happens in whatever order, the promises I1 to I4 hold.

Hypothesis chooses what comes, what the vendor says and how slowly, when Kafka is away, a worker is killed, stopped
or cut off, and how the group moves partitions; the workers run the real delivery in simulated time. What must hold is
looked at when it happens (`tests.streams.promises`).

`python -m tests.streams.test_delivery_machine 2000` runs as many examples, longer ones, as long as it takes.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Coroutine
from typing import Any
from unittest import mock

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bridge.events import Content, ContentType, OutboundMessage, encode
from bridge.settings import Settings
from streams.delivery import attempts, channel, courier, dead_letters, delivery, receipt_writer, receipts
from tests.streams.clockwork import SimulatedLoop, settle
from tests.streams.promises import Promises
from tests.streams.scripted import Says, Script, ScriptedCarrier, Vendor, message
from tests.streams.worker import SESSION_S, Log, Worker

PARTITIONS = 2
CONVERSATIONS = 6
LOGGING = (attempts, channel, courier, dead_letters, delivery, receipt_writer, receipts)
STUCK = ("event.stuck", "receipts.unwritten")  # a bug, caught where it would stop a lane
HEALED_WITHIN_S = 3_600.0

SETTINGS = Settings(
    _env_file=None,
    topic_prefix="t.",
    attempts_in_flight=3,
    events_held=8,
    unacked_span=6,
    retry_budget_s=60,
)

PASSING = [Says.TAKEN, Says.TAKEN_UNHEARD, Says.UNHEARD, Says.FAILED, Says.THROTTLED, Says.REFUSED, Says.AT_THE_DOOR]
DELAYS = st.sampled_from([0.0, 0.0, 0.05, 1.0, 7.0])
ENDINGS = st.sampled_from([Says.TAKEN] * 6 + [Says.PERMANENT, Says.NOT_OURS])


class DeliveryMachine(RuleBasedStateMachine):
    """See the module."""

    @initialize()
    def begin(self) -> None:
        """One worker has all partitions."""
        self.loop = SimulatedLoop()
        asyncio.set_event_loop(self.loop)
        self.log, self.vendor = Log(PARTITIONS), Vendor()
        self.promises = Promises(self.log, self.vendor, SETTINGS.events_held)
        self.workers, self.events, self.troubles = (
            self.promises.workers,
            self.promises.events,
            self.promises.troubles,
        )
        self.patches = contextlib.ExitStack()
        for module in LOGGING:
            self.patches.enter_context(mock.patch.object(module, "log", _Log(self.troubles)))
        self.started = 0
        self.rebalancing: asyncio.Task[None] | None = None
        self.start()
        self.rebalance(0)
        self.wait(0.5)

    # What happens

    @rule(
        conversation=st.integers(0, CONVERSATIONS - 1),
        answers=st.lists(st.sampled_from(PASSING), max_size=4),
        last=ENDINGS,
        before_s=DELAYS,
        after_s=DELAYS,
        kind=st.sampled_from(["text"] * 8 + ["nothing", "formless"]),
        forgets=st.booleans(),
    )
    def accept(
        self,
        conversation: int,
        answers: list[Says],
        last: Says,
        before_s: float,
        after_s: float,
        kind: str,
        forgets: bool,
    ) -> None:
        """A message comes, and what will become of its calls is settled."""
        name = f"m{len(self.events)}"
        event = message(name, f"c{conversation}", channel=str(conversation % 3), text="" if kind == "nothing" else "t")
        if kind == "formless":
            event = event.model_copy(update={"content": Content(type=ContentType.LOCATION)})
        # What can never pass, never does: a vendor that takes it the second time would break the order by itself.
        passing = answers if last is Says.TAKEN else [each for each in answers if each in (Says.FAILED, Says.UNHEARD)]
        self.vendor.scripts[name] = Script(list(passing), last, before_s, after_s, forgets=forgets)
        self.events[name] = event
        number = conversation % PARTITIONS
        self.promises.places[name] = (number, len(self.log.source[number]))
        self._append(event)

    @precondition(lambda self: self.events)
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        """A webhook comes a second time: the same event stands in the log again."""
        self._append(self.events[data.draw(st.sampled_from(sorted(self.events)))])

    @rule(seconds=st.sampled_from([0.004, 0.015, 0.1, 1.0, 4.0, 15.0]))
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self._do(asyncio.sleep(seconds))

    @rule(seconds=st.sampled_from([0.015, 2.0, 20.0]))
    def lose_kafka(self, seconds: float) -> None:
        """Kafka is away for so long; what was on its way may have arrived."""
        self.log.away = True
        self._do(asyncio.sleep(seconds))
        self.log.away = False

    @rule()
    def write_nothing(self) -> None:
        """The broker that leads receipts and dead letters is away, or back; the group goes on."""
        self.log.read_only = not self.log.read_only

    @precondition(lambda self: len(self.workers) < 3)
    @rule()
    def start(self) -> None:
        """A worker starts; it gets partitions with the next rebalance."""
        self.started += 1
        worker = Worker(f"w{self.started}", self.loop, self.log, ScriptedCarrier(self.vendor), SETTINGS)
        self.workers[worker.id] = worker
        worker.start()

    @precondition(lambda self: self.workers)
    @rule(data=st.data())
    def kill(self, data: st.DataObject) -> None:
        """SIGKILL: all that is not in Kafka is gone."""
        self._choose(data).kill()
        self._bury()

    @precondition(lambda self: self.workers)
    @rule(data=st.data())
    def stop(self, data: st.DataObject) -> None:
        """SIGTERM; the world goes on meanwhile."""
        worker = self._choose(data)
        worker.run(worker.stopped())

    @precondition(lambda self: self.workers)
    @rule(data=st.data())
    def cut_off(self, data: st.DataObject) -> None:
        """Kafka and a worker do not hear each other any more; its calls of the vendor go on and finish late."""
        self._choose(data).cut_off = True

    @precondition(lambda self: any(worker.cut_off for worker in self.workers.values()))
    @rule()
    def join_again(self) -> None:
        """Those who were cut off hear Kafka again."""
        for worker in self.workers.values():
            worker.cut_off = False

    @rule(chance=st.integers(0, 8))
    def rebalance(self, chance: int) -> None:
        """The group gives out its partitions anew, unless it is at it."""
        if self.rebalancing is None or self.rebalancing.done():
            self.rebalancing = self.loop.create_task(self._rebalance(chance))

    # What must hold

    @invariant()
    def nothing_is_wrong(self) -> None:
        """What was seen meanwhile."""
        self.promises.hold()

    def teardown(self) -> None:
        """I1, I8: once all is well again, everything ends by itself, and all that was accepted is accounted for."""
        try:
            if not self.troubles:
                self._do(self._heal())
                self.nothing_is_wrong()
                self.promises.all_is_accounted_for()
        finally:
            for worker in self.workers.values():
                worker.kill()
            with contextlib.suppress(Exception):
                self.loop.run_until_complete(settle())
            self.loop.close()
            asyncio.set_event_loop(None)
            self.patches.close()

    # How it is done

    def _do(self, coroutine: Coroutine[Any, Any, None]) -> None:
        try:
            self.loop.run_until_complete(coroutine)
        except BaseException as error:
            self.troubles.append(repr(error))
            raise

    def _append(self, event: OutboundMessage) -> None:
        number = self.promises.places[event.message_id][0]
        self.log.append(number, event.conversation_id.encode(), encode(event))

    def _choose(self, data: st.DataObject) -> Worker:
        return self.workers[data.draw(st.sampled_from(sorted(self.workers)))]

    def _bury(self) -> None:
        for worker in [each for each in self.workers.values() if each.dead]:
            del self.workers[worker.id]

    async def _rebalance(self, chance: int) -> None:
        """A member that does not answer for SESSION_S is out; the others give up all, and then get their share."""
        self._bury()
        if any(
            worker.numbers and not (worker.liveness.fresh and not worker.unreachable)
            for worker in self.workers.values()
        ):
            await asyncio.sleep(SESSION_S)
        members = [worker for worker in self.workers.values() if not worker.unreachable]
        await asyncio.gather(*(worker.run(worker.revoked()) for worker in members), return_exceptions=True)
        members = [worker for worker in members if not worker.dead and not worker.delivery.stopping]
        self.log.owners = {}
        if not members:
            return
        shares: dict[str, list[int]] = {worker.id: [] for worker in members}
        for number in range(PARTITIONS):
            owner = members[(chance // (number + 1)) % len(members)]
            shares[owner.id].append(number)
            self.log.owners[number] = owner.id
        await asyncio.gather(
            *(worker.run(worker.assigned(shares[worker.id])) for worker in members), return_exceptions=True
        )

    async def _heal(self) -> None:
        self.log.away = self.log.read_only = False
        for worker in self.workers.values():
            worker.cut_off = False
        if self.rebalancing is not None:
            await asyncio.wait([self.rebalancing])
        await asyncio.sleep(10.0)  # whoever stops has stopped
        self._bury()
        if not self.workers:
            self.start()
        await self._rebalance(0)
        deadline = self.loop.now + HEALED_WITHIN_S
        while any(self.log.committed.get(number, 0) < len(self.log.source[number]) for number in range(PARTITIONS)):
            assert self.loop.now < deadline, f"I1, I8: not everything is done: {self.log.committed}, {self.troubles}"
            await asyncio.sleep(1.0)


class _Log:
    """Keeps what only a bug says."""

    def __init__(self, troubles: list[str]) -> None:
        self._troubles = troubles

    def info(self, event: str, **_facts: object) -> None:
        if event in STUCK:
            self._troubles.append(f"{event}: {sys.exception()!r}")

    debug = warning = error = exception = info


TestDelivery = DeliveryMachine.TestCase
TestDelivery.settings = settings(
    max_examples=100, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
)


if __name__ == "__main__":
    run_state_machine_as_test(
        DeliveryMachine,
        settings=settings(
            max_examples=int(sys.argv[1]),
            stateful_step_count=80 if len(sys.argv) < 3 else int(sys.argv[2]),
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
