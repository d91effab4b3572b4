"""`edna-amocrm doctor`: everything that can be wrong before and after the start, each with what to do about it.

All families of checks run side by side. They change nothing, at no vendor and not in Kafka.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, replace

import typer
from rich.table import Table
from rich.text import Text

from bridge.http import HttpTransport
from bridge.settings import Settings
from ops import masking
from ops.checks import account, amojo, configuration, edna, kafka, parts, spool, versions, web
from ops.checks.check import Check, Patient, Verdict, bounded
from ops.output import cell, console, note, progress, say_json
from ops.sandbox_world import settings_beside_the_sandbox

Family = Callable[[Patient], Awaitable[Sequence[Check]]]

ANSWER_WITHIN_S = 7.0  # of a vendor or a part: each family asks at most twice
FAMILY_WITHIN_S = (
    35.0  # more than all that a family waits for by itself; only a Kafka that stalls half-way takes so long
)

FAMILIES: dict[str, Family] = {
    "settings": configuration.examine,
    "versions": versions.examine,
    "amojo": amojo.examine,
    "amoCRM account": account.examine,
    "edna": edna.examine,
    "webhook addresses": web.examine,
    "Kafka": kafka.examine,
    "parts": parts.examine,
    "spool": spool.examine,
}
STYLES: dict[Verdict, str] = {"ok": "green", "warning": "yellow", "wrong": "bold red", "skipped": "dim"}


def show(url: str | None, as_json: bool) -> None:
    """Examine and print every check; exit 1 when something is wrong. Raises ConfigurationError."""
    settings, from_sandbox = settings_beside_the_sandbox()
    if from_sandbox:
        note("this looks at the sandbox of this folder")
    checks = asyncio.run(examined(settings, url.rstrip("/") if url else settings.public_base_url))
    if as_json:
        say_json({"ok": not _wrong(checks), "checks": [asdict(each) for each in checks]})
    else:
        console().print(_table(checks))
        counts = Counter(each.verdict for each in checks)
        typer.echo(", ".join(f"{counts[verdict]} {verdict}" for verdict in STYLES if counts[verdict]))
    if _wrong(checks):
        raise typer.Exit(1)


async def examined(settings: Settings, public_url: str | None) -> list[Check]:
    """Every check, in the order of FAMILIES; phones in their words are shortened."""
    transport = HttpTransport(answer_within_s=ANSWER_WITHIN_S)
    patient = Patient(settings, transport, public_url)
    try:
        with progress("examining") as advance:
            done = 0
            advance(done, len(FAMILIES))

            async def one(name: str, family: Family) -> list[Check]:
                nonlocal done
                rows = await bounded(name, FAMILY_WITHIN_S, family(patient))
                done += 1
                advance(done, len(FAMILIES))
                return rows

            families = await asyncio.gather(*(one(name, family) for name, family in FAMILIES.items()))
    finally:
        await transport.close()
    return [replace(row, detail=masking.words(row.detail)) for rows in families for row in rows]


def _wrong(checks: Sequence[Check]) -> bool:
    return any(each.verdict == "wrong" for each in checks)


def _table(checks: Sequence[Check]) -> Table:
    table = Table()
    for name in ("check", "verdict", "what is so, and → what to do"):
        table.add_column(name, no_wrap=name == "verdict", overflow="fold")
    for each in checks:
        verdict = Text(each.verdict, style=STYLES[each.verdict])
        said = f"{each.detail}\n→ {each.remedy}" if each.remedy else each.detail
        table.add_row(cell(each.name), verdict, cell(said))
    return table
