"""What the trials came to: entries that no row misses, rows that prove nothing, and whose mapping is whose. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tests.coverage.removal.removal import Kind

# A removal without which more of the rows fail than one in this many is nobody's own: a row that only such a one breaks
# could say anything. (Four failing rows are always few.)
OWN_SHARE, OWN_LEAST = 10, 4


class Trial(NamedTuple):
    """A removal by name, and the ids of the tests that fail without what it removes."""

    name: str
    kind: Kind
    failed: frozenset[str]


class Findings(NamedTuple):
    """`unnoticed`: entries of tables. `unproven`: tests of rows. `own`: of each other test, its narrowest removal."""

    unnoticed: list[str]
    unproven: list[str]
    own: dict[str, Trial]


def findings(trials: Sequence[Trial], tests: Sequence[str], excused: Mapping[str, str]) -> Findings:
    """Judge the trials. `excused`: entries that no row can miss, each with its reason."""
    unnoticed = [
        each.name for each in trials if each.kind is Kind.TABLE and not each.failed and each.name not in excused
    ]
    most = max(OWN_LEAST, len(tests) // OWN_SHARE)
    own: dict[str, Trial] = {}
    for trial in sorted(trials, key=lambda each: len(each.failed), reverse=True):
        if len(trial.failed) <= most:
            own |= dict.fromkeys(trial.failed, trial)
    return Findings(unnoticed, [test for test in tests if test not in own], own)


def idle(trials: Sequence[Trial], excused: Mapping[str, str]) -> list[str]:
    """Excuses that nothing needs any more: of entries that are gone, or that a row misses by now."""
    silent = {each.name for each in trials if not each.failed}
    return [name for name in excused if name not in silent]
