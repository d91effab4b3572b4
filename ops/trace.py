"""`edna-amocrm trace`: what became of a conversation, in order of time."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

from rich.table import Table

from bridge.kafka.reading import reading
from bridge.settings import Settings
from bridge.topics import STATUS
from ops import masking
from ops.conversation import TOPICS, Search, find
from ops.moments import ago_ms
from ops.output import Failed, cell, console, moment, number, progress, say_json
from ops.records import ARROWS, Fact, places_of, spans_of
from ops.sandbox_world import settings_here

ROW_IDS = ("event_id", "edna_id", "amojo_id", "request_id", "message_id")
LABELS = {"event_id": "", "edna_id": "edna ", "amojo_id": "amojo ", "request_id": "request ", "message_id": "message "}
NUMBERS = ("attempts", "ms")
UNBROKEN = ("time", "to", "what")
ORDER = {"message": 0, "status": 0, "dead letter": 1, "receipt": 2}  # what has the same time


def show(query: str, since_s: int | None, text: bool, as_json: bool) -> None:
    """Print every conversation that the query names. Raises Failed when there is none, KafkaUnavailable."""
    query = query.strip()
    settings = settings_here()
    search = Search(query, settings.phone_region)
    asyncio.run(_search(settings, search, since_s))
    if not search.facts:
        within = "what the topics keep" if since_s is None else "that time"
        raise Failed(f"nothing in {within} has this event, message or request id, conversation or phone")
    conversations = {name: sorted(facts, key=_order) for name, facts in sorted(search.facts.items())}
    if as_json:
        say_json({"conversations": [_document(name, facts, text) for name, facts in conversations.items()]})
        return
    screen = console()
    for name, facts in conversations.items():
        title = (name if text else masking.conversation(name)) if name else "of no known conversation"
        screen.print(_table(title, facts, text))


async def _search(settings: Settings, search: Search, since_s: int | None) -> None:
    places = await places_of(settings, TOPICS)
    async with reading(settings) as reader:
        spans = await spans_of(reader, places, ago_ms(since_s))
        with progress("reading") as advance:
            await find(reader, settings, spans, search, advance)


def _order(fact: Fact) -> tuple[int, int, int]:
    return fact.at_ms, ORDER[fact.kind], fact.record.offset


def _table(title: str, facts: list[Fact], text: bool) -> Table:
    table = Table(title=cell(title), title_justify="left")
    rows = [_cells(fact, text) for fact in facts]
    shown = [name for name in rows[0] if any(row[name] not in ("", None) for row in rows)]
    for name in shown:
        justify: Literal["right", "left"] = "right" if name in NUMBERS else "left"
        table.add_column(name, no_wrap=name in UNBROKEN, overflow="fold", justify=justify)
    for row in rows:
        table.add_row(*(cell(row[name]) for name in shown))
    return table


def _cells(fact: Fact, text: bool) -> dict[str, object]:
    """A row by the names of its columns; a column that is empty in all rows is not shown."""
    row = row_of(fact, text)
    return {
        "time": moment(fact.at_ms),
        "where": row["where"],
        "to": ARROWS[fact.direction],
        "what": row["kind"],
        "ids": "\n".join(f"{LABELS[name]}{value}" for name, value in _told_apart(row["ids"])),
        "outcome": row["outcome"],
        "attempts": row["attempts"],
        "ms": row["latency_ms"],
        "reason": row["reason"],
        "says": said(fact) if text else "",
    }


def _told_apart(ids: dict[str, str]) -> list[tuple[str, str]]:
    """The event's id, and those of the others that it does not show anyway."""
    event_id = ids.get("event_id", "")
    return [(name, value) for name, value in ids.items() if name == "event_id" or value not in event_id]


def row_of(fact: Fact, text: bool) -> dict[str, Any]:
    """One row: nothing personal in it unless `text`."""
    ids = {name: value for name in ROW_IDS if (value := fact.text(name))}
    if fact.kind == "message":
        ids.pop("message_id", None)  # the event's id says it
    reason = fact.headers.get("dlq-reason") or fact.text("reason")
    return {
        "at": fact.at_ms,
        "where": fact.place,
        "direction": fact.direction,
        "kind": fact.kind,
        "ids": ids,
        "outcome": _outcome(fact),
        "attempts": number(fact.headers.get("dlq-attempts") or fact.text("attempts")),
        "latency_ms": number(fact.text("latency_ms")) if fact.kind == "receipt" else None,
        "reason": reason if text else masking.words(reason),
    }


def said(fact: Fact) -> str:
    """Who says what, of a message."""
    content, sender = fact.body.get("content"), fact.body.get("sender")
    what = content.get("text") or content.get("url") if isinstance(content, dict) else None
    who = sender.get("name") if isinstance(sender, dict) else None
    return ": ".join(str(part) for part in (who, what) if part)


def _outcome(fact: Fact) -> str:
    if fact.kind == "dead letter":
        return " ".join(filter(None, (fact.headers.get("dlq-class"), fact.headers.get("dlq-http-status"))))
    if fact.kind == "receipt":
        outcome = fact.text("outcome")
        told = fact.text("status") if fact.direction == STATUS and outcome == "delivered" else ""
        return f"{outcome} ({told})" if told else outcome
    return fact.text("status") if fact.kind == "status" else "accepted"


def _document(name: str, facts: list[Fact], text: bool) -> dict[str, Any]:
    rows = [row_of(fact, text) | ({"says": said(fact)} if text else {}) for fact in facts]
    return {"conversation_id": name if text else masking.conversation(name), "rows": rows}
