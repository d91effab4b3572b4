"""The page that is made of the rows. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from tests.coverage.rows import Row

TITLE = """# Coverage

Every type of both vendors, in each of their dialects and in both directions: what it becomes, and the test that proves
it. Made by `python -m tests.coverage` from the parameters of the tests themselves; a test compares this page with what
would be made today. `python -m tests.coverage.removal` takes each mapping of the bridge away, one at a time, and sees
that the test of each row fails without its own.
"""

# In the order of the page: what a direction is called, its two steps by vendor, and a sentence on each step.
DIRECTIONS: dict[str, dict[str, str]] = {
    "client → operator": {
        "edna": "What a client writes, as edna sends it, and the content of the event in the topic `inbound`.",
        "amojo": "That content, and what amojo is sent.",
    },
    "operator → client": {
        "amojo": "What an operator writes, as amojo sends it, and the content of the event in the topic `outbound`.",
        "edna": "That content, and the calls of edna that send it.",
    },
    "status": {
        "edna": "What edna says became of a message, and the event in the topic `status`.",
        "amojo": "That event, and what amojo is told.",
    },
}


def page(rows: Sequence[Row]) -> str:
    """The page. Raises ValueError for a row of no direction or vendor that is named here."""
    ordered = sorted(rows, key=_place)
    parts = [TITLE]
    for (direction, vendor), step in groupby(ordered, key=lambda row: (row.direction, vendor_of(row))):
        parts.append(f"## {direction[0].upper()}{direction[1:]}: {vendor}\n\n{DIRECTIONS[direction][vendor]}\n")
        for dialect, listed in groupby(step, key=lambda row: row.dialect):
            parts.append(f"### {heading(dialect)}\n\n{_table(list(listed))}\n")
    return "\n".join(parts)


def vendor_of(row: Row) -> str:
    """The vendor whose dialect it is: the first word."""
    return row.dialect.split()[0].rstrip(":,")


def heading(dialect: str) -> str:
    """A dialect as a heading: without the marks of code."""
    return dialect.replace("`", "")


def _place(row: Row) -> tuple[int, int, str]:
    directions = list(DIRECTIONS)
    if row.direction not in DIRECTIONS or vendor_of(row) not in DIRECTIONS[row.direction]:
        raise ValueError(f"{row.file}: {row.test}: no direction or vendor of the page: {row.direction}, {row.dialect}")
    vendors = list(DIRECTIONS[row.direction])
    return directions.index(row.direction), vendors.index(vendor_of(row)), heading(row.dialect)


def _table(rows: list[Row]) -> str:
    lines = [f"| {row.type} | {row.becomes} | {_proof(row)} |" for row in rows]
    return "\n".join(["| type | becomes | proven by |", "| --- | --- | --- |", *lines])


def _proof(row: Row) -> str:
    return f"[{row.test.removeprefix('test_').replace('_', ' ')}](../{row.file})"
