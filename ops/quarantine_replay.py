"""`edna-amocrm quarantine replay`: webhooks are judged again, and what is understood now is accepted.

What still is not understood stays where it is, and is told with its reason. Only a webhook of which nothing stays is
marked.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from typing import Any

import typer
from rich.table import Table

from bridge.events import Event
from bridge.records import record_of
from bridge.settings import Settings
from ops.asides import Aside, AsideChoice, asides_at, read_asides
from ops.marked import AtMost
from ops.newest import in_words
from ops.output import Failed, agreed, cell, console, printable, say_json
from ops.reacceptance import Accepted, Handled, accept_again, placed
from ops.rejudging import Rejudged, Rules, rejudge
from ops.replays import Again
from ops.sandbox_world import settings_here

AT_MOST = 2_000  # webhooks of one run; the rest is for the next one
CLOCKS_MS = 3_600_000  # by which a vendor's clock may be ahead of ours


def replay(
    offsets: Sequence[int], choice: AsideChoice, *, trust: bool, yes: bool, dry_run: bool, as_json: bool
) -> None:
    """Judge them again and print what came of it. Raises Failed, ConfigurationError, KafkaUnavailable, BadParameter."""
    _refuse_unfit(offsets, choice)
    settings = settings_here().require("gateway")
    asides, more = asyncio.run(_chosen(settings, offsets, choice))
    rules = Rules.of(settings, trust)
    judged = [(aside, _judged(aside, rules)) for aside in asides]
    fits = [(aside, found) for aside, found in judged if found.events or found.ignored]
    if not offsets and not dry_run and fits:
        _ask([aside for aside, _ in fits], yes)
    tasks = [_task(aside, found) for aside, found in fits]
    accepted = asyncio.run(accept_again(settings, tasks, dry_run=dry_run)) if tasks else []
    remaining = iter(accepted)
    rows = [(aside, found, list(islice(remaining, len(found.events)))) for aside, found in judged]
    if as_json:
        say_json({"webhooks": [_document(*row) for row in rows], "dry_run": dry_run, "more": more})
    else:
        _print(rows, dry_run, more)
    if any(each.trouble for each in accepted):
        raise Failed("some could not be written: see the table")
    if offsets and any(found.stays for aside, found in judged if aside.state == "open"):
        raise Failed("not all of what was named could be replayed: see what stays")


def _refuse_unfit(offsets: Sequence[int], choice: AsideChoice) -> None:
    """Raises BadParameter: before anything is read, because it is quicker mended than a configuration."""
    if offsets and (choice.reason is not None or choice.since_s is not None):
        raise typer.BadParameter("give offsets or --reason with --since, not both")
    if not offsets and choice.reason is None:
        raise typer.BadParameter("give offsets as `list` shows them, or --reason")


async def _chosen(settings: Settings, offsets: Sequence[int], choice: AsideChoice) -> tuple[list[Aside], int]:
    """The webhooks that are meant, and how many more than AT_MOST there are."""
    if offsets:
        return await asides_at(settings, list(dict.fromkeys(offsets))), 0
    asides = AtMost[Aside](AT_MOST)
    await read_asides(settings, choice, asides.take)
    if not asides.found:
        raise Failed("nothing to replay: no open webhook fits")
    return asides.found, asides.more


def _judged(aside: Aside, rules: Rules) -> Rejudged:
    if aside.state == "replayed":
        return Rejudged(stays=["it was replayed already"])
    return rejudge(aside.webhook, rules)


def _ask(asides: Sequence[Aside], yes: bool) -> None:
    """Raises Failed when the answer is no."""
    reasons = in_words(Counter(aside.webhook.reason.value for aside in asides))
    plural = "s" if len(asides) > 1 else ""
    if not yes and not agreed(f"replay {len(asides)} webhook{plural} ({reasons})?"):
        raise Failed("not confirmed: nothing was replayed")


def _task(aside: Aside, found: Rejudged) -> Handled:
    events = [_again(event, aside.webhook.accepted_at) for event in found.events]
    return Handled(aside.identity, aside.record.place, aside.record.key, events, marked=not found.stays)


def _again(event: Event, aside_ms: int) -> Again:
    record = record_of(event)
    return Again(
        direction=record.topic,
        key=record.key.encode(),
        body=event.model_dump(mode="json", exclude_none=True),
        replay_of=None,
        after_ms=aside_ms,
        since_ms=max(0, min(aside_ms, event.timestamp or aside_ms) - CLOCKS_MS),
    )


def _document(aside: Aside, found: Rejudged, accepted: Sequence[Accepted]) -> dict[str, Any]:
    return {
        "offset": aside.record.offset,
        "reason": aside.webhook.reason.value,
        "events": [
            {
                "event_id": each.event.event_id,
                "follows": each.newer,
                "position": placed(each),
                "stood_already": each.stood,
                "trouble": each.trouble or None,
            }
            for each in accepted
        ],
        "carries_nothing": found.ignored,
        "stays": found.stays,
    }


def _print(rows: Sequence[tuple[Aside, Rejudged, Sequence[Accepted]]], dry_run: bool, more: int) -> None:
    table = Table()
    for name in ("offset", "reason", "event", "follows", "new position"):
        table.add_column(name, no_wrap=name != "event", overflow="fold")
    for aside, found, accepted in rows:
        named = (aside.record.offset, aside.webhook.reason.value)
        for each in accepted:
            follows = f"{each.newer} newer" if each.newer else "none newer"
            place = placed(each) or each.trouble or "not written"
            table.add_row(*map(cell, (*named, each.event.event_id, follows, place + (" (already)" * each.stood))))
        if found.ignored:
            table.add_row(*map(cell, (*named, "understood: nothing for the other side", "", "")))
    if table.row_count:
        console().print(table)
    for aside, found, _ in rows:
        for why in found.stays:
            typer.echo(printable(f"{aside.record.offset} stays: {why}"))
    all_accepted = [each for _, _, accepted in rows for each in accepted]
    stood = sum(each.stood for each in all_accepted)
    new = sum(not each.trouble for each in all_accepted) - stood
    before = f", {stood} stood there already" if stood else ""
    rest = f"; {more} webhooks more are left for another go" if more else ""
    typer.echo(f"{new} {'would be accepted' if dry_run else 'accepted'}{before}{rest}")
