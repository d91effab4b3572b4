"""The `edna-amocrm dead-letters` group: a table of what it can do."""

from __future__ import annotations

from typing import Annotated

import typer

from ops import dead_letters, dead_letters_handling
from ops.arguments import All, Direction, DryRun, Json, Limit, Since, Text, Yes
from ops.letters import Choice, LetterClass

app = typer.Typer(help="What could not be delivered, and why.", no_args_is_help=True)

Kind = Annotated[LetterClass | None, typer.Option("--class", help="Of one class only.")]
Addresses = Annotated[
    list[str] | None,
    typer.Argument(metavar="[DIRECTION/PARTITION/OFFSET]...", help="As `list` shows them; or --direction."),
]
Conversation = Annotated[
    str | None, typer.Option(metavar="ID", help="Of one conversation only, by its whole id: v1.default.345.79001234567")
]


@app.command("list", epilog="Example: edna-amocrm dead-letters list --direction outbound --since 1d")
def _list(
    direction: Direction = None,
    kind: Kind = None,
    since: Since = None,
    limit: Limit = 50,
    handled: All = False,
    as_json: Json = False,
) -> None:
    """Show the newest open dead letters, and how many there are of each class."""
    dead_letters.show_list(Choice(direction, kind, since, handled=handled), limit, as_json)


@app.command("show", epilog="Example: edna-amocrm dead-letters show outbound/3/17 --text")
def _show(
    address: Annotated[str, typer.Argument(metavar="DIRECTION/PARTITION/OFFSET", help="As `list` shows it.")],
    text: Text = False,
    as_json: Json = False,
) -> None:
    """Show one dead letter: why it is one, the event itself, and what was done with it."""
    dead_letters.show_one(address, text, as_json)


@app.command("replay", epilog="Example: edna-amocrm dead-letters replay --direction outbound --class budget --since 2h")
def _replay(
    addresses: Addresses = None,
    direction: Direction = None,
    kind: Kind = None,
    since: Since = None,
    conversation: Conversation = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Accept dead letters again: each goes to the end of its topic, and the table says how many newer ones it follows.

    Those of one conversation keep their order. Run twice, or interrupted and run again, it delivers nothing twice.
    """
    dead_letters_handling.replay(addresses or [], Choice(direction, kind, since, conversation), yes, dry_run, as_json)


@app.command("drop", epilog="Example: edna-amocrm dead-letters drop inbound/3/17")
def _drop(
    addresses: Addresses = None,
    direction: Direction = None,
    kind: Kind = None,
    since: Since = None,
    conversation: Conversation = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Mark dead letters as done with, so that `list` hides them; nothing is deleted, and nothing is sent."""
    dead_letters_handling.drop(addresses or [], Choice(direction, kind, since, conversation), yes, dry_run, as_json)
