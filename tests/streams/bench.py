"""Attempts on a bench: a scripted vendor, a partition that is ours, and simulated time, the time of day included."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any
from unittest import mock

from bridge.events import Event, OutboundMessage
from bridge.settings import Settings
from streams.delivery import attempts as attempts_module
from streams.delivery.attempts import Attempts
from streams.delivery.liveness import Liveness
from streams.delivery.memory import Memory
from streams.delivery.outcome import Ending, Link
from streams.delivery.partition import Held, Partition
from streams.delivery.pulse import Pulse
from tests.streams.clockwork import LoopTime, SimulatedLoop, simulated
from tests.streams.scripted import Says, Script, ScriptedCarrier, Vendor, message

BUDGET_S = 60


class Bench:
    """Attempts with a scripted vendor, a live partition, and what was remembered of refusals."""

    def __init__(
        self,
        loop: SimulatedLoop,
        *,
        slots: int = 3,
        max_rps: float = 0.0,
        max_age_s: float = 0.0,
        session_s: float = 1e9,
    ) -> None:
        self.loop = loop
        self.vendor = Vendor()
        self.carrier = ScriptedCarrier(self.vendor, max_rps=max_rps, max_age_s=max_age_s)
        self.partition = Partition(0, epoch=1)
        self.memory = Memory()
        self.remembered: list[str] = []
        self.parts: list[str] = []
        self.liveness = Liveness(session_s, loop.time)
        self.liveness.good()
        self.slots = slots
        self.pulse = Pulse()
        self.attempts = Attempts(
            Settings(_env_file=None, attempts_in_flight=slots, retry_budget_s=BUDGET_S),
            self.carrier,
            self.liveness,
            self.pulse,
            self,
            loop.time,
        )

    async def refusal(self, _held: Held, _event: Event, vendor_id: str) -> None:
        """A refused id is made durable."""
        assert not self.memory.refused(vendor_id)
        await asyncio.sleep(0.01)
        self.remembered.append(vendor_id)

    async def part(self, _held: Held, _event: Event, part_id: str, link: Link | None) -> None:
        """A part that was delivered is made durable."""
        assert part_id not in self.parts
        assert link is None
        await asyncio.sleep(0.01)
        self.parts.append(part_id)

    def says(self, name: str, *answers: Says, **more: Any) -> None:
        """What the vendor answers to a message."""
        self.vendor.scripts[name] = Script(list(answers), **more)

    def decide(self, event: OutboundMessage, key: bytes = b"key") -> asyncio.Task[Ending]:
        """Begin to bring an event to its end."""
        held = Held(self.partition, 0, key, b"", (), 0)
        return asyncio.create_task(self.attempts.decide(held, event, self.memory))

    async def all_slots_are_free(self) -> None:
        """As many attempts as there are slots may run at once, and no more."""
        self.partition.draining, self.partition.current = False, True
        self.liveness.good()
        self.vendor.most_under_way = 0
        await asyncio.sleep(100.0)  # a breaker's probes, a rate's block
        names = [f"free{number}" for number in range(self.slots + 2)]
        for name in names:
            self.says(name, before_s=30.0)
        await asyncio.gather(*(self.decide(message(name, name, channel="of its own")) for name in names))
        assert self.vendor.most_under_way == self.slots


Main = Callable[[Bench], Coroutine[Any, Any, None]]


def on_a_bench(main: Main, **options: Any) -> None:
    """Run with simulated time, the time of day included."""

    async def run(loop: SimulatedLoop) -> None:
        with mock.patch.object(attempts_module, "time", LoopTime(loop)):
            await main(Bench(loop, **options))

    simulated(run)
