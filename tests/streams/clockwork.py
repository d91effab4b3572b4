"""An event loop whose time is a number: whatever waits wakes up in order, and an hour costs as long as its events take.

A task that waits for nothing that can come is told at once (`Deadlock`), where a real loop would hang.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from typing import Any, TypeVar, cast

T = TypeVar("T")

OWNER: ContextVar[str] = ContextVar("OWNER", default="")  # whose tasks are created: all of one owner can be killed


BEGIN_S = 1_000.0
LONGEST_S = 100_000.0  # no test needs more
TURN_S = 1e-6  # each turn takes a little, as in truth: who asks for less than a float can add would turn for ever


class Deadlock(AssertionError):
    """Nothing is left that could wake anybody up, or it goes on and on."""


class _Selector(selectors.SelectSelector):
    """Moves the time on instead of waiting."""

    loop: SimulatedLoop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise Deadlock("nothing is left to wait for")
        if self.loop.now > BEGIN_S + LONGEST_S:
            raise Deadlock(f"{LONGEST_S:,.0f} s have passed, and it has not ended")
        self.loop.now += timeout + TURN_S
        return super().select(0)


class SimulatedLoop(asyncio.SelectorEventLoop):
    """See the module. Time begins at a number of seconds that is no special one."""

    def __init__(self) -> None:
        self.now = BEGIN_S
        selector = _Selector()
        selector.loop = self
        self._owned: dict[asyncio.Task[Any], str] = {}
        super().__init__(selector)
        self.set_task_factory(cast(Any, self._make_task))

    def time(self) -> float:
        """Seconds."""
        return self.now

    def kill(self, owner: str) -> None:
        """Cancel all tasks that the owner's tasks have made, as far as they are under way."""
        for task, whose in list(self._owned.items()):
            if whose == owner:
                task.cancel()

    def alive(self, owner: str) -> int:
        """How many tasks of the owner are under way."""
        return sum(whose == owner for whose in self._owned.values())

    def _make_task(
        self, loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, Any], **options: Any
    ) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = asyncio.Task(coroutine, loop=loop, **options)
        context = options.get("context")
        self._owned[task] = OWNER.get() if context is None else context.get(OWNER, "")
        task.add_done_callback(self._owned.pop)
        return task


def simulated(main: Callable[[SimulatedLoop], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine function on a loop of its own, with simulated time; what it leaves running is cancelled."""
    loop = SimulatedLoop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(main(loop))


async def settle(turns: int = 20) -> None:
    """Let everybody go on who can without time passing."""
    for _ in range(turns):
        await asyncio.sleep(0)


class Clock:
    """A clock that a test turns: seconds."""

    def __init__(self, now: float = 1_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def pass_s(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


class LoopTime:
    """Stands for the module `time` in a module under test: both of its clocks are the loop's.

    `wall` is added for the time of day.
    """

    def __init__(self, loop: SimulatedLoop, wall: float = 1_700_000_000.0) -> None:
        self._loop = loop
        self._wall = wall

    def monotonic(self) -> float:
        """Seconds of the loop."""
        return self._loop.now

    def time(self) -> float:
        """Seconds since the epoch."""
        return self._wall + self._loop.now
