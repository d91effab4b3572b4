"""How an event ended, and what a direction has to know to bring it there.

A `Carrier` is all that differs between the directions: which event, how to call the vendor, what to remember.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

from bridge.events import Event
from bridge.kafka.producer import Producer
from bridge.outcome import Verdict
from streams.delivery.links import Links
from streams.delivery.memory import Memory

Link = Callable[[], Awaitable[None]]  # writes a link, and returns when Kafka has it; to repeat it is harmless


class Delivered(NamedTuple):
    """The vendor has it. `link`: what has to be linked before a receipt says so."""

    verdict: Verdict
    attempts: int
    link: Link | None = None


class Skipped(NamedTuple):
    """There is nothing to tell the vendor, or the event is not about a message of ours."""

    reason: str
    attempts: int = 0


class DeadLettered(NamedTuple):
    """It can never be delivered. `kind` is a class for counting, `reason` is for people, `code` the vendor's word."""

    kind: str
    reason: str
    attempts: int = 0
    status: int | None = None
    code: str = ""


Ending = Delivered | Skipped | DeadLettered
Prepared = Sequence[Any] | Skipped | Verdict


class Carrier(Protocol):
    """One direction: its event, its vendor."""

    @property
    def name(self) -> str:
        """The direction: inbound, outbound or status."""

    @property
    def event(self) -> type[Event]:
        """What stands in its topic."""

    @property
    def max_rps(self) -> float:
        """Calls of the vendor a second, at most; 0 = no limit until it asks for one."""

    @property
    def max_age_s(self) -> float:
        """Seconds after its acceptance from which an event is not delivered any more; 0 = never."""

    @property
    def links(self) -> Links[Any] | None:
        """What the direction has to look up, followed for the partitions that are assigned."""

    async def start(self, producer: Producer) -> None:
        """Open connections; called once, inside the loop. The producer is for links."""

    async def close(self) -> None:
        """Close them."""

    def placed(self, event: Any) -> Any:
        """The event with the channel and conversation that it belongs to. Raises CannotCarry when there is none."""

    async def prepare(self, event: Any, memory: Memory) -> Prepared:
        """The calls that carry an event, in order, the same for every repeat; may wait for a link. Raises CannotCarry.

        `Skipped` when there is nothing to tell; a `Verdict` when the way to the vendor is not known yet.
        """

    async def attempt(self, request: Any) -> Verdict:
        """Call the vendor once. Raises TransportError when the outcome is unknown."""

    def id_of(self, request: Any) -> str | None:
        """The id of ours under which the vendor might know the request; None where a refused id is no trouble."""

    def renewed(self, event: Any, request: Any) -> Any:
        """The request under its next id, as the vendor has refused the present one. Raises CannotCarry: no more ids."""

    def remembered(self, event: Any, ending: Ending, memory: Memory) -> dict[str, Any]:
        """The receipt's fields of this event, and what the memory learns from its end."""

    def told(self, event: Any, ending: DeadLettered) -> Event | None:
        """The event that tells the other side of a dead letter, or None."""


@runtime_checkable
class Linking(Protocol):
    """A carrier whose vendor may know a message under an id that tells nobody which: such an id is linked.

    Links are written outside of attempts: Kafka may be away for long, and a slot is for calls of the vendor.
    """

    def link_before(self, request: Any) -> Link | None:
        """What has to be linked before the vendor is called with this request."""

    def link_after(self, request: Any, verdict: Verdict) -> Link | None:
        """What has to be linked, of a request that was delivered, before a receipt says so."""
