"""`edna-amocrm dead-letters`: what could not be delivered, and why."""

from __future__ import annotations

import asyncio
import heapq
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import typer
from rich.table import Table

from bridge.kafka.reading import Place, Span, reading
from bridge.settings import Settings, load_settings
from bridge.topics import DIRECTIONS, dead_letters_of
from ops import masking
from ops.moments import ago_ms
from ops.output import Failed, cell, console, moment, number, printable, progress, say_json
from ops.records import Fact, fact_of, places_of, spans_of

POISON_SHOWN = 4_096  # bytes
POISON_BEGINNING = 8  # bytes that are shown without --text: enough to tell gzip from JSON that was cut
REASON = "dlq-reason"
TIMES = ("dlq-first-at", "dlq-last-at")


@dataclass
class Found:
    """The newest dead letters, at most `limit`, and how many of each class there are in all."""

    limit: int
    newest: list[tuple[int, int, Fact]] = field(default_factory=list)
    classes: Counter[str] = field(default_factory=Counter)

    def take(self, fact: Fact) -> None:
        """Count one, and keep it while it is among the newest."""
        number = self.classes.total()
        self.classes[class_of(fact)] += 1
        heapq.heappush(self.newest, (fact.at_ms, number, fact))
        if len(self.newest) > self.limit:
            heapq.heappop(self.newest)

    @property
    def facts(self) -> list[Fact]:
        """The newest ones, in order of time."""
        return [fact for _, _, fact in sorted(self.newest)]


def class_of(fact: Fact) -> str:
    """Why a dead letter is one, in a word."""
    return fact.headers.get("dlq-class") or "unknown"


def show_list(direction: str | None, kind: str | None, since_s: int | None, limit: int, as_json: bool) -> None:
    """Print the newest dead letters. Raises Failed, KafkaUnavailable."""
    found = Found(limit)
    directions = DIRECTIONS if direction is None else (direction,)
    asyncio.run(_read(load_settings("topics"), directions, kind, since_s, found))
    if as_json:
        say_json({"classes": dict(found.classes), "dead_letters": [summary(fact) for fact in found.facts]})
        return
    if not found.classes:
        typer.echo("no dead letters")
        return
    console().print(_table(found.facts))
    counts = ", ".join(f"{count} {name}" for name, count in found.classes.most_common())
    more = f" (the newest {limit} are shown: --limit)" if found.classes.total() > limit else ""
    typer.echo(f"{found.classes.total()} dead letters: {printable(counts)}{more}")


async def _read(
    settings: Settings, directions: Sequence[str], kind: str | None, since_s: int | None, found: Found
) -> None:
    places = await places_of(settings, [dead_letters_of(each) for each in directions])
    async with reading(settings) as reader:
        spans = await spans_of(reader, places, ago_ms(since_s))
        total = sum(span.length for span in spans.values())
        with progress("reading") as advance:
            async for records, passed in reader.batches(spans):
                for fact in (fact_of(settings, record) for record in records):
                    if kind is None or class_of(fact) == kind:
                        found.take(fact)
                advance(passed, total)


def address_of(fact: Fact) -> str:
    """The name of a dead letter for `show`."""
    return f"{fact.direction}/{fact.record.place.partition}/{fact.record.offset}"


def summary(fact: Fact) -> dict[str, Any]:
    """One dead letter in a row; nothing personal in it."""
    headers = fact.headers
    return {
        "at": fact.at_ms,
        "where": address_of(fact),
        "class": class_of(fact),
        "http_status": headers.get("dlq-http-status") or None,
        "attempts": headers.get("dlq-attempts") or None,
        "reason": masking.words(headers.get(REASON, "")),
        "source": headers.get("dlq-source") or None,
        "event_id": fact.text("event_id") or headers.get("ce_id") or None,
    }


def _table(facts: list[Fact]) -> Table:
    table = Table()
    for name in ("time", "where", "class", "HTTP", "attempts", "reason", "source", "event"):
        table.add_column(name, no_wrap=name in ("time", "where"), overflow="fold")
    for fact in facts:
        row = summary(fact)
        table.add_row(moment(row.pop("at")), *map(cell, row.values()))
    return table


def parsed(address: str) -> tuple[str, int, int]:
    """DIRECTION/PARTITION/OFFSET in its parts. Raises BadParameter."""
    direction, *numbers = address.split("/")
    if (
        direction not in DIRECTIONS
        or len(numbers) != 2
        or not all(each.isascii() and each.isdigit() for each in numbers)
    ):
        raise typer.BadParameter(f"{address!r} is not DIRECTION/PARTITION/OFFSET, as in inbound/3/17")
    return direction, int(numbers[0]), int(numbers[1])


def show_one(address: str, text: bool, as_json: bool) -> None:
    """Print one dead letter whole. Raises Failed when it is not there, KafkaUnavailable."""
    fact = asyncio.run(_read_one(load_settings("topics"), *parsed(address)))
    headers = dict(fact.headers)
    if not text and REASON in headers:
        headers[REASON] = masking.words(headers[REASON])
    if as_json:
        body = fact.body or _poison(fact, text)
        say_json(
            {**summary(fact), "headers": headers, "body": body if text or not fact.body else masking.document(body)}
        )
        return
    table = Table("header", "value", title=address, title_justify="left")
    for name, value in headers.items():
        at_ms = number(value) if name in TIMES else None
        table.add_row(cell(name), cell(value if at_ms is None else moment(at_ms)))
    console().print(table)
    if fact.body:
        shown = fact.body if text else masking.document(fact.body)
        typer.echo(printable(json.dumps(shown, ensure_ascii=False, indent=2)))
    else:
        typer.echo(_poison(fact, text))


async def _read_one(settings: Settings, direction: str, number: int, offset: int) -> Fact:
    name = dead_letters_of(direction)
    place = Place(settings.topic_prefix + name, number)
    places = await places_of(settings, [name])
    if place not in places:
        raise Failed(f"{name} has no partition {number}: it has {len(places)}, from 0")
    async with reading(settings) as reader:
        kept = (await reader.kept([place]))[place]
        if offset >= kept.end:
            raise Failed(f"{name}/{number}/{offset} was never written: the next one there will be {kept.end}")
        if offset < kept.first:
            raise Failed(f"{name}/{number}/{offset} has expired: what is kept there begins at {kept.first}")
        async for records, _passed in reader.batches({place: Span(offset, offset + 1)}):
            for record in records:
                return fact_of(settings, record)
    raise Failed(f"{name}/{number}/{offset} is not there any more")


def _poison(fact: Fact, text: bool) -> str:
    """Bytes that are no JSON object, so that no terminal obeys them and nobody reads them by accident."""
    value = fact.record.value or b""
    if not text:
        return f"no JSON: {len(value)} bytes, beginning {value[:POISON_BEGINNING].hex(' ')} (all of them with --text)"
    more = f" and {len(value) - POISON_SHOWN} bytes more" if len(value) > POISON_SHOWN else ""
    return f"{value[:POISON_SHOWN]!r}{more}"
