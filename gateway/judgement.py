"""What a webhook's JSON comes to, element by element: to store, to set aside, to refuse, to ignore."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bridge.errors import Unusable
from bridge.events import Event, QuarantineReason
from bridge.records import Record, record_of
from bridge.shapes import Ignored, SetAside

Parse = Callable[[Any], Event | Ignored | SetAside]


@dataclass(slots=True)
class Judgement:
    """Elements by what becomes of them; the numbers in `aside` are places in the array, with what is to be said."""

    records: list[Record] = field(default_factory=list)
    aside: dict[QuarantineReason, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))
    ignored: list[str] = field(default_factory=list)
    first_unusable: Unusable | None = None

    def refusal(self, count: int) -> Unusable | None:
        """The error of the answer when none of `count` elements is good."""
        if self.first_unusable is not None and len(self.aside[QuarantineReason.UNUSABLE]) == count:
            return self.first_unusable
        return None


def judge(elements: Sequence[Any], parse: Parse) -> Judgement:
    """Judge each element singly."""
    judgement = Judgement()
    for index, element in enumerate(elements):
        try:
            found = parse(element)
        except Unusable as error:
            judgement.aside[QuarantineReason.UNUSABLE].append((index, str(error)))
            judgement.first_unusable = judgement.first_unusable or error
            continue
        if isinstance(found, SetAside):
            judgement.aside[found.reason].append((index, found.detail))
        elif isinstance(found, Ignored):
            judgement.ignored.append(found.kind)
        else:
            judgement.records.append(record_of(found))
    return judgement
