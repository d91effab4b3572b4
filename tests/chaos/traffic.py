"""Neighbours in trouble: one channel refused, one conversation stuck, floods of statuses that are not ours."""

from __future__ import annotations

import asyncio
import time

from bridge.ids import Conversation
from tests.chaos.evidence import gathered
from tests.chaos.feeding import ADDRESSES, Load
from tests.chaos.stage import Stage
from tests.chaos.waiting import percentile, waits_ms

RATE = 100.0
STUCK = Conversation("345", "79990000001")
P99 = 0.99


async def compared(stage: Stage, load: Load, split_ms: int) -> None:
    """How much later 99 of 100 of the others were after `split_ms` than before; they end in what feeding addresses."""
    found = await gathered(stage.world)
    suffixes = f"345.{load.first_address // 1_000_000}"
    waits = [
        waits_ms(
            found.accepted,
            found.arrived,
            lambda one, after=after: (one.at >= split_ms) is after and suffixes in one.conversation,  # type: ignore[misc]
        )
        for after in (False, True)
    ]
    before, during = (percentile(each, P99) for each in waits)
    stage.figures.slower_pct = 100 * (during / before - 1)
    stage.figures.notes.append(
        f"99 of 100 others within {before:.1f} ms without, {during:.1f} ms with ({len(waits[1]):,} messages)"
    )


async def one_channel_refused(stage: Stage) -> None:
    """Channel 346 is refused by both vendors while 345 flows; then it is let in again."""
    lasts = stage.seconds(60, 10)
    flowing = Load(RATE, int(RATE * lasts))
    refused = Load(RATE / 5, int(RATE / 5 * lasts), channels=("346",), first_address=78_000_000_000)
    await stage.feeder.feed(flowing)
    await asyncio.sleep(1)
    split_ms = int(time.time() * 1000)
    await stage.world.fault("amojo", channel="346", status=403)
    await stage.world.fault("edna", match=f"/{refused.first_address // 1_000_000}", status=403)
    async with stage.fed(refused):
        await stage.feeder.feed(flowing)
    for vendor in stage.world.fakes:
        await stage.world.heal(vendor)
    await stage.settle()
    await compared(stage, flowing, split_ms)


async def one_conversation_stuck(stage: Stage) -> None:
    """One conversation fails for ten minutes among a thousand others."""
    lasts = stage.seconds(600, 15)
    load = Load(RATE, int(RATE * lasts), conversations=1_000)
    await stage.feeder.feed(load)
    await asyncio.sleep(1)
    split_ms = int(time.time() * 1000)
    for vendor in stage.world.fakes:
        await stage.world.fault(vendor, match=STUCK.address, status=503)
    for number in range(5):
        for direction in ("inbound", "outbound"):
            await stage.feeder.write(direction, STUCK, f"stuck {direction} {number}")
    await stage.feeder.feed(load)
    for vendor in stage.world.fakes:
        await stage.world.heal(vendor)
    await stage.settle()
    await compared(stage, load, split_ms)


async def budget_spent(stage: Stage) -> None:
    """One operator's message fails for longer than its budget of 60 s: a dead letter, and the operator is told."""
    await stage.world.fault("edna", match=STUCK.address, status=503)
    await stage.feeder.write("outbound", STUCK, "never")
    await stage.feeder.feed(Load(RATE / 5, int(RATE / 5 * (stage.world.settings().retry_budget_s + 20))))


async def foreign_statuses(stage: Stage) -> None:
    """100,000 statuses of messages that are not ours among 1,000 messages of ours."""
    count = stage.count(100_000, 2_000)
    per_s = 1_000
    order = {"count": count, "per_s": per_s, "seed": stage.seed}
    await stage.world.ask("edna", "POST", "/client/foreign-statuses", order)
    ours = stage.count(1_000, 100)
    await stage.feeder.feed(Load(max(1.0, ours * per_s / count), ours))
    await stage.settle()
    facts = await stage.world.ask("edna", "POST", "/client/foreign-statuses", {"count": 0})
    stage.figures.notes.append(f"foreign statuses sent {facts['sent']:,}, answered {facts['answers']}")
    if facts["sent"] != count:
        stage.figures.problems.append(f"{count} foreign statuses were to be sent")


async def shuffled_statuses(stage: Stage) -> None:
    """Statuses shuffled, a third of them told twice, all read; webhooks of both vendors sent twice; the worker dies."""
    edna = {"status_order": "shuffled", "status_repeat_share": 0.3, "read_after_s": 0.5, "duplicate_share": 0.2}
    await stage.world.ask("edna", "POST", "/behaviour", {**edna, "seed": stage.seed})
    await stage.world.ask("amojo", "POST", "/behaviour", {"duplicate_share": 0.2, "seed": stage.seed})
    load = Load(RATE, stage.count(5_000, 600))
    status = stage.world.part("status", 1)
    async with stage.fed(load):
        for _ in range(max(1, round(5 * stage.scale))):
            await asyncio.sleep(load.seconds * stage.dice.uniform(0.1, 0.2))
            await stage.kill(status)
            await status.start(ready=False)


async def soak(stage: Stage) -> None:
    """Half an hour at 200 messages a second, and nothing fails."""
    rate = 200.0
    load = Load(rate, int(rate * stage.seconds(1_800, 20)), conversations=2_000, first_address=ADDRESSES)
    await stage.feeder.feed(load)
