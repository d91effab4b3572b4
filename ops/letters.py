"""Dead letters as they are read: each once, with what was done with it.

After a crash one event can stand in a `.dlq` topic twice. `dlq-source`, where it came from, is the identity of a dead
letter: its first copy stands for all, and its markers (`ops.markers`) name it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import typer

from bridge.kafka.reading import Place, Reader, Record, Span, reading
from bridge.settings import Settings
from bridge.topics import DIRECTIONS, dead_letters_of
from ops.marked import read_marked
from ops.markers import Marker, Markers, State, marker_of
from ops.output import Failed, Shows, progress
from ops.records import Fact, fact_of, places_of

SOURCE = "dlq-source"

LetterClass = Literal["permanent", "cannot-carry", "budget", "too-old", "poison"]
"""Why something is a dead letter: the words that the agents write as `dlq-class`."""
Address = tuple[str, int, int]
"""Direction, partition and offset of a dead letter."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One dead letter. `marker` tells what was done with it; None: it is open."""

    fact: Fact
    marker: Marker | None = None

    @property
    def state(self) -> State:
        """Whether somebody has to look at it."""
        return "open" if self.marker is None else self.marker.handling

    @property
    def kind(self) -> str:
        """Why it is a dead letter, in a word."""
        return self.fact.headers.get("dlq-class") or "unknown"

    @property
    def address(self) -> str:
        """Its name for the commands."""
        return f"{self.fact.direction}/{self.fact.record.place.partition}/{self.fact.record.offset}"

    @property
    def identity(self) -> str:
        """Its name for markers: the same for each copy."""
        return identity_of(self.fact)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which dead letters are meant; None means all. `handled`: those that are not open as well."""

    direction: str | None = None
    kind: str | None = None
    since_s: int | None = None
    conversation: str | None = None
    handled: bool = False

    def fits(self, letter: Letter) -> bool:
        """Whether a letter is meant."""
        return (
            (self.handled or letter.state == "open")
            and self.kind in (None, letter.kind)
            and (self.conversation is None or self.conversation == letter.fact.text("conversation_id"))
        )


def identity_of(fact: Fact) -> str:
    """Where the event of a dead letter came from; its own place where nothing tells."""
    return fact.headers.get(SOURCE) or fact.place


def parsed(address: str) -> Address:
    """DIRECTION/PARTITION/OFFSET in its parts. Raises BadParameter."""
    direction, *numbers = address.split("/")
    if (
        direction not in DIRECTIONS
        or len(numbers) != 2
        or not all(each.isascii() and each.isdigit() for each in numbers)
    ):
        raise typer.BadParameter(f"{address!r} is not DIRECTION/PARTITION/OFFSET, as in inbound/3/17")
    return direction, int(numbers[0]), int(numbers[1])


async def read_letters(
    settings: Settings, choice: Choice, take: Callable[[Letter], None], shows: Shows = progress
) -> None:
    """Call `take` with each that is chosen, in order within a partition. Raises Failed, KafkaUnavailable."""
    directions = DIRECTIONS if choice.direction is None else (choice.direction,)
    seen = set[str]()

    def chosen(record: Record, markers: Markers) -> None:
        if marker_of(record) is not None:
            return
        fact = fact_of(settings, record)
        letter = Letter(fact, markers.of(identity_of(fact)))
        if letter.identity not in seen and choice.fits(letter):
            seen.add(letter.identity)
            take(letter)

    await read_marked(settings, [dead_letters_of(each) for each in directions], choice.since_s, chosen, shows)


async def read_at(settings: Settings, addresses: Sequence[Address]) -> list[Letter]:
    """The letters at these addresses, in this order. Raises Failed for one that is not there, KafkaUnavailable."""
    names = {dead_letters_of(direction) for direction, _, _ in addresses}
    there = await places_of(settings, names)
    async with reading(settings) as reader:
        kept = await reader.kept([place for place in there if _named(settings, place, addresses)])
        for address in addresses:
            _refuse_absent(settings, there, kept, address)
        found, markers = await _read_places(settings, reader, kept, frozenset(addresses))
    return [_letter_at(found, markers, address) for address in addresses]


async def _read_places(
    settings: Settings, reader: Reader, spans: dict[Place, Span], wanted: frozenset[Address]
) -> tuple[dict[Address, Fact], Markers]:
    found, markers = dict[Address, Fact](), Markers()
    total = sum(span.length for span in spans.values())
    with progress("reading") as advance:
        async for records, passed in reader.batches(spans):
            for record in records:
                markers.take(record)
                fact = fact_of(settings, record)
                address = (fact.direction, record.place.partition, record.offset)
                if address in wanted:
                    found[address] = fact
            advance(passed, total)
    return found, markers


def _letter_at(found: dict[Address, Fact], markers: Markers, address: Address) -> Letter:
    direction, number, offset = address
    name = f"{dead_letters_of(direction)}/{number}/{offset}"
    fact = found.get(address)
    if fact is None:
        raise Failed(f"{name} is not there any more")
    if (marker := marker_of(fact.record)) is not None:
        raise Failed(f"{name} is no dead letter: it says that {marker.of} was {marker.handling}")
    return Letter(fact, markers.of(identity_of(fact)))


def _place(settings: Settings, address: Address) -> Place:
    return Place(settings.topic_prefix + dead_letters_of(address[0]), address[1])


def _named(settings: Settings, place: Place, addresses: Iterable[Address]) -> bool:
    return any(place == _place(settings, address) for address in addresses)


def _refuse_absent(settings: Settings, there: list[Place], kept: dict[Place, Span], address: Address) -> None:
    place, offset = _place(settings, address), address[2]
    name = dead_letters_of(address[0])
    if place not in kept:
        count = sum(each.topic == place.topic for each in there)
        raise Failed(f"{name} has no partition {place.partition}: it has {count}, from 0")
    span = kept[place]
    if offset >= span.end:
        raise Failed(f"{name}/{place.partition}/{offset} was never written: the next one there will be {span.end}")
    if offset < span.first:
        raise Failed(f"{name}/{place.partition}/{offset} has expired: what is kept there begins at {span.first}")
