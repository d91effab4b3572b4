"""`edna-amocrm trace`: what became of a conversation, in order of time."""

from __future__ import annotations

import asyncio
from typing import Any

from rich.table import Table

from bridge.kafka.reading import reading
from bridge.settings import Settings, load_settings
from bridge.topics import STATUS
from ops import masking
from ops.conversation import TOPICS, Search, find
from ops.moments import ago_ms
from ops.output import Failed, cell, console, moment, progress, say_json
from ops.records import ARROWS, Fact, places_of, spans_of

ROW_IDS = ("event_id", "edna_id", "amojo_id", "request_id", "message_id")
LABELS = {"event_id": "", "edna_id": "edna ", "amojo_id": "amojo ", "request_id": "request ", "message_id": "message "}
ORDER = {"message": 0, "status": 0, "dead letter": 1, "receipt": 2}  # what has the same time


def show(query: str, since_s: int | None, text: bool, as_json: bool) -> None:
    """Print every conversation that the query names. Raises Failed when there is none, KafkaUnavailable."""
    query = query.strip()
    settings = load_settings("topics")
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
    for name in ("time", "where", "", "what", "ids", "outcome"):
        table.add_column(name, no_wrap=name in ("time", "", "what"), overflow="fold")
    for name in ("attempts", "ms"):
        table.add_column(name, justify="right")
    table.add_column("reason", overflow="fold")
    if text:
        table.add_column("says", overflow="fold")
    for fact in facts:
        row = row_of(fact, text)
        ids = "\n".join(f"{LABELS[name]}{value}" for name, value in row["ids"].items())
        cells = [moment(fact.at_ms), row["where"], ARROWS[fact.direction], row["kind"], ids, row["outcome"]]
        cells += [row["attempts"], row["latency_ms"], row["reason"]]
        table.add_row(*map(cell, [*cells, said(fact)] if text else cells))
    return table


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
        "attempts": _number(fact.headers.get("dlq-attempts") or fact.text("attempts")),
        "latency_ms": _number(fact.text("latency_ms")) if fact.kind == "receipt" else None,
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
        status = f" ({fact.text('status')})" if fact.direction == STATUS and fact.text("status") else ""
        return fact.text("outcome") + status
    return fact.text("status") if fact.kind == "status" else "accepted"


def _number(value: str) -> int | None:
    return int(value) if value.isdigit() else None


def _document(name: str, facts: list[Fact], text: bool) -> dict[str, Any]:
    rows = [row_of(fact, text) | ({"says": said(fact)} if text else {}) for fact in facts]
    return {"conversation_id": name if text else masking.conversation(name), "rows": rows}
