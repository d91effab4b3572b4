"""The table of scenarios: what is done, on which world, and what it may come to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tests.chaos import workers
from tests.chaos.stage import Stage
from tests.chaos.verdict import Limits
from tests.chaos.world import Setting

Script = Callable[[Stage], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One line of the table. `done` says what is done, for the report."""

    name: str
    done: str
    script: Script
    setting: Setting = field(default_factory=Setting)
    limits: Limits = field(default_factory=Limits)
    listed: bool = True  # False: only when it is named


KILLS = Limits(repeats=0)  # and what each kill earns

SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        "killed", "20,000 messages, two workers a direction, 10 × SIGKILL at random, 1 % of messages failing for 8 s",
        workers.killed, limits=KILLS,
    ),
    Scenario("terminated", "the same with SIGTERM", workers.terminated, limits=KILLS),
    Scenario("scaled", "the same with 1 → 4 → 2 workers", workers.scaled, Setting(workers=1), KILLS),
    Scenario(
        "rolled", "the same with a rolling restart under GROUP_INSTANCE_ID", workers.rolled, Setting(named=True), KILLS
    ),
    Scenario(
        "stood-still", "a worker a direction stopped (SIGSTOP) past its session and continued, another comes and goes",
        workers.stood_still, limits=KILLS,
    ),
)  # fmt: skip
