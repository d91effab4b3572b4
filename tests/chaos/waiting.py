"""How long messages wait: from the webhook that was sent to the call that took its message. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from statistics import fmean

from tests.checker import Accepted, Arrived


def waits_ms(accepted: Iterable[Accepted], arrived: Iterable[Arrived], wanted: Callable[[Accepted], bool]) -> list[int]:
    """Milliseconds of each wanted message that was taken, in rising order."""
    taken = {(each.direction, each.id): each.started_ms for each in arrived if each.outcome == "new"}
    return sorted(
        taken[message.direction, message.id] - message.at
        for message in accepted
        if message.confirmed and wanted(message) and (message.direction, message.id) in taken
    )


BAND = 0.005  # of the values, on each side


def percentile(values: list[int], share: float) -> float:
    """The value below which that share of them is, as the mean of its neighbourhood; NaN of none.

    Times are whole milliseconds: of a few of them a single one cannot tell a tenth more or less.
    """
    first = int((share - BAND) * len(values))
    near = values[first : max(first + 1, int((share + BAND) * len(values)))]
    return fmean(near) if near else float("nan")
