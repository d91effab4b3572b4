"""`edna-amocrm quarantine list|show`: webhooks that were set aside, and why."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import typer
from rich.table import Table

from ops import masking
from ops.asides import Aside, AsideChoice, asides_at, read_asides
from ops.dead_letters import poison, state_of
from ops.newest import Newest
from ops.output import cell, console, moment, printable, say_json
from ops.rejudging import SIGNATURE, body_of, document_of
from ops.sandbox_world import settings_here


def show_list(choice: AsideChoice, limit: int, as_json: bool) -> None:
    """Print the newest webhooks in quarantine. Raises Failed, KafkaUnavailable."""
    found = Newest[Aside](limit)

    def take(aside: Aside) -> None:
        found.take(aside.webhook.accepted_at, aside.webhook.reason.value, aside)

    asyncio.run(read_asides(settings_here(), choice, take))
    if as_json:
        say_json({"reasons": dict(found.kinds), "webhooks": [summary(aside) for aside in found.items]})
        return
    if not found.kinds:
        typer.echo("nothing in quarantine" if choice.handled else "nothing open in quarantine")
        return
    table = Table()
    for name in ("time", "offset", "reason", "detail", "path", "bytes", "state"):
        table.add_column(name, no_wrap=name != "detail", overflow="fold")
    for aside in found.items:
        row = summary(aside)
        table.add_row(moment(row.pop("at")), *map(cell, row.values()))
    console().print(table)
    more = f" (the newest {limit} are shown: --limit)" if found.kinds.total() > limit else ""
    typer.echo(f"{found.kinds.total()} in quarantine: {printable(found.in_words())}{more}")


def summary(aside: Aside) -> dict[str, Any]:
    """One webhook in a row; nothing personal in it."""
    webhook = aside.webhook
    return {
        "at": webhook.accepted_at,
        "offset": aside.record.offset,
        "reason": webhook.reason.value,
        "detail": masking.words(webhook.detail),
        "path": webhook.path,
        "bytes": len(body_of(webhook)),
        "state": aside.state,
    }


def show_one(offset: int, text: bool, as_json: bool) -> None:
    """Print one webhook whole. Raises Failed when it is not there, KafkaUnavailable."""
    (aside,) = asyncio.run(asides_at(settings_here(), [offset]))
    headers = dict(aside.webhook.headers)
    if not text and SIGNATURE in headers:
        headers[SIGNATURE] = masking.document(headers[SIGNATURE])  # a proof that somebody could send again
    body = body_of(aside.webhook)
    document = document_of(body)
    readable = isinstance(document, dict | list)
    shown = (document if text else masking.document(document)) if readable else poison(body, text)
    if as_json:
        say_json({**summary(aside), "headers": headers, "body": shown})
        return
    table = Table("what", "value", title=f"quarantine {offset}", title_justify="left")
    for name, value in {**summary(aside), "state": state_of(aside.marker), **headers}.items():
        table.add_row(cell(name), cell(moment(value) if name == "at" else value))
    console().print(table)
    typer.echo(printable(json.dumps(shown, ensure_ascii=False, indent=2)) if readable else shown)
