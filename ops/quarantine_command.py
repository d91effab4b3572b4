"""The `edna-amocrm quarantine` group: a table of what it can do."""

from __future__ import annotations

from typing import Annotated

import typer

from bridge.events import QuarantineReason
from ops import quarantine, quarantine_replay
from ops.arguments import All, DryRun, Json, Limit, Since, Text, Yes
from ops.asides import AsideChoice

app = typer.Typer(help="Webhooks that were set aside, and why.", no_args_is_help=True)

Reason = Annotated[QuarantineReason | None, typer.Option(help="Set aside for this reason only.")]


@app.command("list", epilog="Example: edna-amocrm quarantine list --reason unsupported --since 1d")
def _list(
    reason: Reason = None, since: Since = None, limit: Limit = 50, handled: All = False, as_json: Json = False
) -> None:
    """Show the newest open webhooks in quarantine, and how many there are of each reason."""
    quarantine.show_list(AsideChoice(reason, since, handled), limit, as_json)


@app.command("show", epilog="Example: edna-amocrm quarantine show 17 --text")
def _show(
    offset: Annotated[int, typer.Argument(min=0, metavar="OFFSET", help="As `list` shows it.")],
    text: Text = False,
    as_json: Json = False,
) -> None:
    """Show one webhook: why it was set aside, what it says, and what was done with it."""
    quarantine.show_one(offset, text, as_json)


@app.command("replay", epilog="Example: edna-amocrm quarantine replay --reason unsupported --since 2h")
def _replay(
    offsets: Annotated[
        list[int] | None, typer.Argument(min=0, metavar="[OFFSET]...", help="As `list` shows them; or --reason.")
    ] = None,
    reason: Reason = None,
    since: Since = None,
    trust: Annotated[
        bool,
        typer.Option(
            "--trust",
            help="Take also what nobody can vouch for: a webhook without a fitting signature may be forged, and one "
            "that came a day late may be sent again by somebody who listened.",
        ),
    ] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Judge webhooks again with this version and these settings, and accept what is understood now.

    What still is not understood stays, and is told with its reason. What was stored meanwhile is not stored twice.
    """
    choice = AsideChoice(reason, since)
    quarantine_replay.replay(offsets or [], choice, trust=trust, yes=yes, dry_run=dry_run, as_json=as_json)
