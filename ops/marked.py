"""Records that markers may stand behind: read twice, markers first, so that none is kept until its marker comes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from bridge.kafka.reading import Record, reading
from bridge.settings import Settings
from ops.markers import Markers
from ops.moments import ago_ms
from ops.output import Shows, progress
from ops.records import places_of, spans_of

Found = TypeVar("Found")


async def read_marked(
    settings: Settings,
    topics: Sequence[str],
    since_s: int | None,
    take: Callable[[Record, Markers], None],
    shows: Shows = progress,
) -> None:
    """Call `take` with each record, in order within a partition, and all markers. Raises Failed, KafkaUnavailable."""
    places = await places_of(settings, topics)
    async with reading(settings) as reader:
        spans = await spans_of(reader, places, ago_ms(since_s))
        total = sum(span.length for span in spans.values())
        markers = Markers()
        with shows("reading") as advance:
            async for records, passed in reader.batches(spans):
                for record in records:
                    markers.take(record)
                advance(passed, 2 * total)
            async for records, passed in reader.batches(spans):
                for record in records:
                    take(record, markers)
                advance(total + passed, 2 * total)


class AtMost(Generic[Found]):
    """The first so many of what is found, and how many more there were: one run of a command takes no more."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.found: list[Found] = []
        self.more = 0

    def take(self, one: Found) -> None:
        """One more is found."""
        if len(self.found) < self._limit:
            self.found.append(one)
        else:
            self.more += 1
