"""One guard of the promises, broken."""

from __future__ import annotations

from typing import NamedTuple


class Mutant(NamedTuple):
    """`promise` is an invariant of the design. `text` stands exactly once in `file`; `instead` takes its place.

    `tests` are pytest ids or whole files, one of which must fail.
    """

    name: str
    promise: str
    file: str
    text: str
    instead: str
    tests: tuple[str, ...]
