"""`edna-amocrm dead-letters replay|drop`: what becomes of dead letters, by a person's decision."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

import typer
from rich.table import Table

from bridge.kafka.reading import Place
from bridge.settings import Settings
from bridge.topics import dead_letters_of
from ops.letters import Choice, Letter, parsed, read_at, read_letters
from ops.marked import AtMost
from ops.newest import in_words
from ops.output import Failed, agreed, cell, console, printable, say_json
from ops.reacceptance import Accepted, Handled, accept_again, mark, placed
from ops.replays import Again, again_of
from ops.sandbox_world import settings_here

AT_MOST = 10_000  # dead letters of one run; the rest is for the next one

Left = tuple[Letter, str]
"""A dead letter that stays as it is, and why."""


def replay(addresses: Sequence[str], choice: Choice, yes: bool, dry_run: bool, as_json: bool) -> None:
    """Accept them again and print what they follow. Raises Failed, KafkaUnavailable, BadParameter."""
    settings = settings_here()
    letters, more = asyncio.run(_chosen(settings, addresses, choice))
    left: list[Left] = []
    chosen: list[tuple[Letter, Again]] = []
    for letter in letters:
        if letter.state == "replayed":
            left.append((letter, f"{letter.address} was replayed already"))
            continue
        try:
            chosen.append((letter, again_of(letter, settings.topic_prefix)))
        except Failed as error:
            if addresses:
                raise Failed(f"{error}; nothing was replayed") from None
            left.append((letter, str(error)))
    if not addresses and not dry_run:
        _ask("replay", [letter for letter, _ in chosen], yes)
    chosen.sort(key=lambda pair: (pair[1].direction, pair[1].source or (0, 0)))
    tasks = [_task(settings, letter, (event,)) for letter, event in chosen]
    accepted = asyncio.run(accept_again(settings, tasks, dry_run=dry_run)) if tasks else []
    _show(list(zip((letter for letter, _ in chosen), accepted, strict=True)), left, more, dry_run, as_json)
    if any(each.trouble for each in accepted):
        raise Failed("some could not be written: see the table")


def drop(addresses: Sequence[str], choice: Choice, yes: bool, dry_run: bool, as_json: bool) -> None:
    """Mark them as dropped. Raises Failed, KafkaUnavailable, BadParameter."""
    settings = settings_here()
    letters, more = asyncio.run(_chosen(settings, addresses, choice))
    for letter in letters:
        if letter.marker is not None and letter.state == "replayed":
            raise Failed(f"{letter.address} was replayed already; nothing was dropped")
    if not addresses and not dry_run:
        _ask("drop", letters, yes)
    opened = [letter for letter in letters if letter.marker is None]
    if not dry_run:
        asyncio.run(mark(settings, [_task(settings, letter) for letter in opened], "dropped"))
    if as_json:
        say_json({"dropped": [letter.address for letter in opened], "dry_run": dry_run, "more": more})
        return
    would = "would be dropped" if dry_run else "dropped: `list` hides them, and nothing was deleted"
    before = f"; {len(letters) - len(opened)} were dropped before" if len(letters) > len(opened) else ""
    typer.echo(f"{len(opened)} {would}{before}{_rest(more)}")


async def _chosen(settings: Settings, addresses: Sequence[str], choice: Choice) -> tuple[list[Letter], int]:
    """The letters that are meant, each once, and how many more than AT_MOST there are."""
    filters = (choice.direction, choice.kind, choice.since_s, choice.conversation)
    if addresses and any(each is not None for each in filters):
        raise typer.BadParameter("give addresses or --direction with filters, not both")
    if addresses:
        named = await read_at(settings, [parsed(address) for address in dict.fromkeys(addresses)])
        return list({letter.identity: letter for letter in named}.values()), 0
    if choice.direction is None:
        raise typer.BadParameter("give addresses as `list` shows them, or --direction")
    letters = AtMost[Letter](AT_MOST)
    await read_letters(settings, choice, letters.take)
    return letters.found, letters.more


def _ask(what: str, letters: Sequence[Letter], yes: bool) -> None:
    """Raises Failed when there is nothing to ask about, or the answer is no."""
    if not letters:
        raise Failed(f"nothing to {what}: no open dead letter fits")
    kinds = Counter(letter.kind for letter in letters)
    plural = "s" if len(letters) > 1 else ""
    if not yes and not agreed(f"{what} {len(letters)} dead letter{plural} ({printable(in_words(kinds))})?"):
        raise Failed(f"not confirmed: nothing was {'dropped' if what == 'drop' else 'replayed'}")


def _task(settings: Settings, letter: Letter, events: Sequence[Again] = ()) -> Handled:
    topic = settings.topic_prefix + dead_letters_of(letter.fact.direction)
    record = letter.fact.record
    return Handled(letter.identity, Place(topic, record.place.partition), record.key, events)


def _show(
    done: Sequence[tuple[Letter, Accepted]], left: Sequence[Left], more: int, dry_run: bool, as_json: bool
) -> None:
    if as_json:
        document = {
            "replayed": [_row(letter, accepted) for letter, accepted in done],
            "left": [{"where": letter.address, "class": letter.kind, "why": why} for letter, why in left],
            "dry_run": dry_run,
            "more": more,
        }
        say_json(document)
        return
    if done:
        table = Table()
        for name in ("where", "class", "event", "follows", "new position"):
            table.add_column(name, no_wrap=name in ("where", "follows", "new position"), overflow="fold")
        for letter, accepted in done:
            row = _row(letter, accepted)
            follows = f"{accepted.newer} newer" if accepted.newer else "none newer"
            table.add_row(*map(cell, (row["where"], row["class"], row["event_id"], follows, _place(accepted, dry_run))))
        console().print(table)
    for _letter, why in left:
        typer.echo(printable(f"left: {why}"))
    stood = sum(accepted.stood for _, accepted in done)
    new = sum(not accepted.trouble for _, accepted in done) - stood
    before = f", {stood} stood there already" if stood else ""
    typer.echo(f"{new} {'would be replayed' if dry_run else 'replayed'}{before}{_rest(more)}")


def _row(letter: Letter, accepted: Accepted) -> dict[str, Any]:
    event = accepted.event
    return {
        "where": letter.address,
        "class": letter.kind,
        "event_id": event.event_id,
        "replay_of": event.replay_of,
        "follows": accepted.newer,
        "position": placed(accepted),
        "stood_already": accepted.stood,
        "trouble": accepted.trouble or None,
    }


def _place(accepted: Accepted, dry_run: bool) -> str:
    place = placed(accepted)
    if place is None:
        return accepted.trouble or ("not written" if dry_run else "")
    return f"{place} (already)" if accepted.stood else place


def _rest(more: int) -> str:
    return f"; {more} more are left for another go" if more else ""
