"""Arguments that several commands take, each described once."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from ops.moments import duration

Json = Annotated[bool, typer.Option("--json", help="For machines.")]
Text = Annotated[bool, typer.Option("--text", help="Show texts, names and whole phones.")]
Since = Annotated[
    int | None,
    typer.Option(
        "--since", parser=duration, metavar="90s|15m|2h|7d", help="No older than this; default: all that is kept."
    ),
]
Limit = Annotated[int, typer.Option("--limit", min=1, max=100_000, help="The newest so many.")]
All = Annotated[bool, typer.Option("--all", help="Also what was replayed or dropped, with its state.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]
Direction = Annotated[Literal["inbound", "outbound", "status"] | None, typer.Option(help="Of one direction only.")]
