"""Webhooks in quarantine as they are read, each with what was done with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from bridge.events import Quarantined
from bridge.kafka.reading import Record
from bridge.settings import Settings
from bridge.topics import QUARANTINE
from ops.marked import read_marked
from ops.markers import Marker, Markers, State, marker_of
from ops.output import Failed, Shows, progress


@dataclass(frozen=True, slots=True)
class Aside:
    """One webhook in quarantine. `marker` tells what was done with it; None: it is open."""

    record: Record
    webhook: Quarantined
    marker: Marker | None = None

    @property
    def state(self) -> State:
        """Whether somebody has to look at it."""
        return "open" if self.marker is None else self.marker.handling

    @property
    def identity(self) -> str:
        """Its name for markers."""
        return identity_of(self.record)


@dataclass(frozen=True, slots=True)
class AsideChoice:
    """Which webhooks are meant; None means all. `handled`: those that are not open as well."""

    reason: str | None = None
    since_s: int | None = None
    handled: bool = False

    def fits(self, aside: Aside) -> bool:
        """Whether a webhook is meant."""
        return (self.handled or aside.state == "open") and self.reason in (None, aside.webhook.reason.value)


def identity_of(record: Record) -> str:
    """Topic, partition and offset."""
    return f"{record.place.topic}/{record.place.partition}/{record.offset}"


async def read_asides(
    settings: Settings, choice: AsideChoice, take: Callable[[Aside], None], shows: Shows = progress
) -> None:
    """Call `take` with each that is chosen, in order. Raises Failed, KafkaUnavailable."""

    def chosen(record: Record, markers: Markers) -> None:
        aside = _aside(record, markers)
        if aside is not None and choice.fits(aside):
            take(aside)

    await read_marked(settings, [QUARANTINE], choice.since_s, chosen, shows)


async def asides_at(settings: Settings, offsets: Sequence[int]) -> list[Aside]:
    """The webhooks at these offsets, in this order. Raises Failed for one that is not there, KafkaUnavailable."""
    found: dict[int, Aside] = {}
    wanted = frozenset(offsets)

    def take(aside: Aside) -> None:
        if aside.record.offset in wanted:
            found[aside.record.offset] = aside

    await read_asides(settings, AsideChoice(handled=True), take)
    for offset in offsets:
        if offset not in found:
            raise Failed(f"no webhook stands at offset {offset} of {QUARANTINE}: see `quarantine list --all`")
    return [found[offset] for offset in offsets]


def _aside(record: Record, markers: Markers) -> Aside | None:
    """The webhook of a record; None for a marker, and for what nobody here has written."""
    if marker_of(record) is not None:
        return None
    try:
        webhook = Quarantined.model_validate_json(record.value or b"")
    except ValidationError:
        return None
    return Aside(record, webhook, markers.of(identity_of(record)))
