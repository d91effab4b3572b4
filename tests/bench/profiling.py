"""`--profile`: py-spy on the agent and the gateway under full load; where the time goes, as tables.

Leaves, in a folder that is named at the end, the collapsed stacks (for any flame graph viewer) and the tables as text.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bridge.topics import OUTBOUND
from tests.bench import gateway, outbound
from tests.bench.children import ROOT, TICKS_PER_S, Child
from tests.bench.ground import Ground, fill
from tests.bench.stacks import Profile

SECONDS = 15
SAMPLES_PER_S = 200
ROWS = 25
THREADS_SHOWN = 3
IDLE_BELOW = 0.05  # of the time: a thread that used less was waiting
AGENT_MESSAGES = 120_000  # more than an agent carries in the time
WEBHOOKS_AT_ONCE = 64
WEBHOOKS = 120_000
WARM_UP_MESSAGES = 3_000
WARM_UP_S = 2.0


async def profile(ground: Ground, only: str | None, out: Path) -> None:
    """The profiles of agent and gateway, or of one of them."""
    if only in (None, "outbound"):
        await profile_agent(ground, out)
    if only in (None, "gateway"):
        await profile_gateway(ground, out)


async def profile_agent(ground: Ground, out: Path) -> None:
    """The outbound agent at 50 ms and 512 in flight."""
    async with ground.topics(attempts_in_flight=512) as settings:
        await fill(settings, settings.topic_prefix + OUTBOUND, outbound.records(AGENT_MESSAGES))
        await ground.vendor.begin(50.0)
        async with ground.part("outbound", settings, "streams", "outbound") as child:
            while await ground.vendor.seen() < WARM_UP_MESSAGES:
                child.check()
                await asyncio.sleep(0.1)
            await _record(child, "agent", out)


async def profile_gateway(ground: Ground, out: Path) -> None:
    """The gateway under 64 webhooks of edna at once."""
    async with ground.topics() as settings, ground.part("gateway", settings, "gateway") as child:
        wishes = {"BENCH_HOOKS": "edna", "BENCH_COUNT": str(WEBHOOKS), "BENCH_AT_ONCE": str(WEBHOOKS_AT_ONCE)}
        load = asyncio.create_task(gateway.load(ground, await child.url(), **wishes))
        try:
            await asyncio.sleep(WARM_UP_S + WEBHOOKS / 20_000)  # the load makes its bodies first
            await _record(child, "gateway", out)
        finally:
            load.cancel()
            await asyncio.gather(load, return_exceptions=True)


async def _record(child: Child, name: str, out: Path) -> None:
    raw = out / f"{name}.collapsed.txt"
    before = threads(child.pid)
    spy = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("py-spy")), "record", "--pid", str(child.pid), "--function", "--threads",
        "--duration", str(SECONDS), "--rate", str(SAMPLES_PER_S), "--format", "raw", "--output", str(raw),
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        if await spy.wait() or not raw.exists():
            raise OSError("py-spy could not look into the process: it needs the right to trace it (run as root)")
    finally:
        if spy.returncode is None:
            spy.kill()
    busy = {number: (ticks - before.get(number, 0)) / TICKS_PER_S for number, ticks in threads(child.pid).items()}
    idle = frozenset(number for number, seconds in busy.items() if seconds < IDLE_BELOW * SECONDS)
    profile = Profile.of(raw.read_text().splitlines(), str(ROOT), idle)
    with (out / f"{name}.txt").open("w") as text:
        for console in (Console(), Console(file=text, width=140)):
            _show(console, name, profile, busy)


def threads(pid: int) -> dict[int, int]:
    """CPU ticks of each thread of a process so far, by the thread's number."""
    found = {}
    for path in Path(f"/proc/{pid}/task").iterdir():
        fields = (path / "stat").read_text().rpartition(")")[2].split()
        found[int(path.name)] = int(fields[11]) + int(fields[12])
    return found


def _show(console: Console, name: str, profile: Profile, busy: dict[int, float]) -> None:
    console.print(f"\n[bold]{name}[/]: {profile.total} samples in {SECONDS} s")
    for thread, seconds in sorted(busy.items(), key=lambda each: -each[1])[:THREADS_SHOWN]:
        console.print(f"  thread {thread}: {100 * seconds / SECONDS:.0f} % of a core")
    console.print(
        _table("own time", profile.own, profile.total),
        _table("own time by module", profile.own_by_module, profile.total),
        _table("whole time", profile.whole, profile.total),
    )


def _table(title: str, counts: Counter[str], total: int) -> Table:
    table = Table("%", "", title=title, title_justify="left", box=None)
    for name, count in counts.most_common(ROWS):
        table.add_row(f"{100 * count / total:.1f}", name)
    return table
