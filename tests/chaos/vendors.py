"""Vendors that are away, in every way there is, while messages go on arriving."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from tests.chaos.feeding import BOTH, Load
from tests.chaos.stage import Stage, both

RATE = 200.0
OUTAGE_S = 180.0
BEFORE_S = 3.0
AFTER_S = 15.0  # longer than the recovery that is promised
EVENTS_HELD = 250  # reached early in the outage, so that what memory does afterwards is seen
OVERSHOOT = 1.5  # of that time, until what was fetched ahead is there as well

# What takes part, at most until the outage is over: rule, and how long at least it lasts at a small scale (s).
OUTAGES: Mapping[str, tuple[dict[str, Any], float]] = {
    "answers-503": ({"status": 503}, 15.0),
    "resets": ({"reset_share": 1.0}, 15.0),
    "hangs": ({"hang_share": 1.0}, 40.0),  # longer than a vendor is given for an answer
    "hangs-after-headers": ({"hang_body_share": 1.0, "after_accept": True}, 40.0),
    "refuses-401": ({"status": 401}, 15.0),
    "throttles-429": ({"status": 429, "retry_after_s": 2}, 15.0),
}


async def outage(stage: Stage, rule: Mapping[str, Any], least_s: float) -> None:
    """Both vendors fail so for three minutes; 200 messages a second all the while."""
    lasts = stage.seconds(OUTAGE_S, least_s)
    load = both(RATE, int(RATE * (BEFORE_S + lasts + AFTER_S)))
    async with stage.fed(load):
        await asyncio.sleep(BEFORE_S)
        started = time.time()
        for vendor in stage.world.fakes:
            await stage.world.fault(vendor, **rule)
        await asyncio.sleep(lasts)
        for vendor in stage.world.fakes:
            await stage.world.heal(vendor)
        stage.broken(started, load)
        capped_s = EVENTS_HELD / (RATE / len(BOTH) / stage.world.setting.workers) * OVERSHOOT
        if capped_s < lasts - 2:
            stage.figures.growth_pct = stage.memory.growth(started + capped_s, started + lasts)
    stage.figures.notes.append(f"away for {lasts:.0f} s")


async def longer_than_poll(stage: Stage) -> None:
    """One vendor is away for longer than the group waits for a poll."""
    lasts = stage.seconds(120.0, 25.0)
    load = Load(20.0, int(20 * (lasts + AFTER_S)), conversations=40)
    async with stage.fed(load):
        started = time.time()
        for vendor in stage.world.fakes:
            await stage.world.fault(vendor, status=503)
        await asyncio.sleep(lasts)
        for vendor in stage.world.fakes:
            await stage.world.heal(vendor)
        stage.broken(started, load)
