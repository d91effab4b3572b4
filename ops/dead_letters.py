"""`edna-amocrm dead-letters list|show`: what could not be delivered, why, and what was done with it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import typer
from rich.table import Table

from ops import masking
from ops.letters import SOURCE, Choice, Letter, parsed, read_at, read_letters
from ops.markers import REASON, Marker
from ops.newest import Newest
from ops.output import cell, console, moment, number, printable, say_json
from ops.sandbox_world import settings_here

POISON_SHOWN = 4_096  # bytes
POISON_BEGINNING = 8  # bytes that are shown without --text: enough to tell gzip from JSON that was cut
TIMES = ("dlq-first-at", "dlq-last-at")


def show_list(choice: Choice, limit: int, as_json: bool) -> None:
    """Print the newest dead letters. Raises Failed, KafkaUnavailable."""
    found = Newest[Letter](limit)
    asyncio.run(
        read_letters(settings_here(), choice, lambda letter: found.take(letter.fact.at_ms, letter.kind, letter))
    )
    if as_json:
        say_json({"classes": dict(found.kinds), "dead_letters": [summary(letter) for letter in found.items]})
        return
    if not found.kinds:
        typer.echo("no dead letters" if choice.handled else "no open dead letters")
        return
    console().print(_table(found.items, choice.handled))
    more = f" (the newest {limit} are shown: --limit)" if found.kinds.total() > limit else ""
    typer.echo(f"{found.kinds.total()} dead letters: {printable(found.in_words())}{more}")


def summary(letter: Letter) -> dict[str, Any]:
    """One dead letter in a row; nothing personal in it."""
    fact, headers = letter.fact, letter.fact.headers
    return {
        "at": fact.at_ms,
        "where": letter.address,
        "class": letter.kind,
        "http_status": headers.get("dlq-http-status") or None,
        "attempts": headers.get("dlq-attempts") or None,
        "reason": masking.words(headers.get(REASON, "")),
        "source": headers.get(SOURCE) or None,
        "event_id": fact.text("event_id") or headers.get("ce_id") or None,
        "state": letter.state,
    }


def _table(letters: list[Letter], handled: bool) -> Table:
    table = Table()
    for name in ("time", "where", "class", "HTTP", "attempts", "reason", "source", "event"):
        table.add_column(name, no_wrap=name in ("time", "where"), overflow="fold")
    if handled:
        table.add_column("state", no_wrap=True)
    for letter in letters:
        row = summary(letter)
        state = row.pop("state")
        table.add_row(moment(row.pop("at")), *map(cell, row.values()), *([cell(state)] if handled else ()))
    return table


def show_one(address: str, text: bool, as_json: bool) -> None:
    """Print one dead letter whole. Raises Failed when it is not there, KafkaUnavailable."""
    (letter,) = asyncio.run(read_at(settings_here(), [parsed(address)]))
    fact = letter.fact
    headers = dict(fact.headers)
    if not text and REASON in headers:
        headers[REASON] = masking.words(headers[REASON])
    if as_json:
        body = fact.body or poison(fact.record.value or b"", text)
        shown = body if text or not fact.body else masking.document(body)
        say_json({**summary(letter), "headers": headers, "body": shown})
        return
    table = Table("header", "value", title=address, title_justify="left")
    for name, value in headers.items():
        at_ms = number(value) if name in TIMES else None
        table.add_row(cell(name), cell(value if at_ms is None else moment(at_ms)))
    table.add_row(cell("state"), cell(state_of(letter.marker)))
    console().print(table)
    if fact.body:
        shown = fact.body if text else masking.document(fact.body)
        typer.echo(printable(json.dumps(shown, ensure_ascii=False, indent=2)))
    else:
        typer.echo(poison(fact.record.value or b"", text))


def state_of(marker: Marker | None) -> str:
    """What was done with something, and when."""
    return "open" if marker is None else f"{marker.handling} at {moment(marker.at_ms)}"


def poison(value: bytes, text: bool) -> str:
    """Bytes that are no JSON object, so that no terminal obeys them and nobody reads them by accident."""
    if not text:
        return f"no JSON: {len(value)} bytes, beginning {value[:POISON_BEGINNING].hex(' ')} (all of them with --text)"
    more = f" and {len(value) - POISON_SHOWN} bytes more" if len(value) > POISON_SHOWN else ""
    return f"{value[:POISON_SHOWN]!r}{more}"
