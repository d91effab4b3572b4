"""What the commands print: tables for people, JSON for machines, a line for a failure, progress on a terminal only."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from bridge.errors import BridgeError

PIPED_WIDTH = 200  # columns where nobody's terminal says how many

Advance = Callable[[int, int], None]
"""Called with how much is done, of how much."""
Shows = Callable[[str], contextlib.AbstractContextManager[Advance]]
"""How a step shows its progress under a label: `progress` or `silence`."""


class Failed(BridgeError):
    """A command cannot do what was asked. The message is one line, with the remedy; exit 1."""


def console() -> Console:
    """The console on stdout; wide in a pipe, unless COLUMNS says otherwise, so that `grep` gets whole rows."""
    found = Console(highlight=False)
    known = found.is_terminal or "COLUMNS" in os.environ
    return found if known else Console(highlight=False, width=PIPED_WIDTH)


def cell(value: object) -> Text:
    """A table's cell: taken as it is, never as markup, and without what a terminal would obey."""
    return Text("" if value is None else printable(str(value)))


def printable(value: str) -> str:
    """A text without control characters: they are shown as escapes."""
    return "".join(
        letter if letter.isprintable() or letter == "\n" else letter.encode("unicode_escape").decode()
        for letter in value
    )


def moment(epoch_ms: int) -> str:
    """A time for people: local, with milliseconds; the number itself where it is no time."""
    try:
        found = datetime.fromtimestamp(epoch_ms / 1000, UTC).astimezone()
    except (ValueError, OverflowError, OSError):
        return str(epoch_ms)
    return found.isoformat(" ", "milliseconds")[:23]


def number(value: str) -> int | None:
    """A whole number that somebody wrote as text, of at most 18 digits; else None."""
    return int(value) if value.isdecimal() and len(value) <= 18 else None


def say_json(document: Any) -> None:
    """A document on stdout, for machines."""
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2))


def note(line: str) -> None:
    """A line on stderr, beside the answer."""
    typer.echo(f"edna-amocrm: {line}", err=True)


def agreed(question: str) -> bool:
    """Ask a person on stderr, beside the answer. Only `y` or `yes` is one; the end of the input is a no."""
    typer.echo(f"{question} [y/N] ", nl=False, err=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


@contextlib.contextmanager
def progress(label: str) -> Iterator[Advance]:
    """A progress bar on stderr while that is a terminal; nothing else."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(file=sys.stderr),
        transient=True,
        disable=not sys.stderr.isatty(),
    )
    with bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextlib.contextmanager
def silence(_label: str) -> Iterator[Advance]:
    """No progress bar: for what is a step of something that shows its own."""
    yield lambda _done, _total: None
