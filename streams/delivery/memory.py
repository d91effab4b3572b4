"""What is known to be done: the receipts of a partition, in memory, bounded.

It outlives an assignment, so that a partition that comes back is read on from where its receipts were read to.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cachetools import LRUCache

from bridge.events import Receipt, ReceiptOutcome
from streams.delivery.fingerprints import Fingerprints, fingerprint_of
from streams.delivery.progress import Reached

EVENTS_REMEMBERED = 60_000  # per partition; more than the un-acked span, so that nothing unacknowledged is forgotten
MESSAGES_REMEMBERED = 30_000
NAMES_REMEMBERED = 10_000
REFUSALS_REMEMBERED = 10_000
UNCONFIRMED_REMEMBERED = 50_000  # as many as an un-acked span holds
CLOCKS_DIFFER_MS = 5_000

DONE = frozenset({ReceiptOutcome.DELIVERED, ReceiptOutcome.SKIPPED, ReceiptOutcome.DEAD_LETTERED, ReceiptOutcome.PART})


@dataclass(slots=True)
class Memory:
    """Of one partition: the events that are done, and how far each outbound message got."""

    first_offset: int | None = None  # of the receipts topic: what stands before it has not been read
    next_offset: int | None = None  # of the receipts topic: where reading goes on
    read_from_ms: int = 0  # receipts older than this have not been read; 0 = all have
    ours_since_ms: int = 0  # when the partition came last: what is newer nobody else can have attempted
    _done: Fingerprints = field(default_factory=lambda: Fingerprints(EVENTS_REMEMBERED))
    _reached: Fingerprints = field(default_factory=lambda: Fingerprints(MESSAGES_REMEMBERED, numbers=True))
    _names: LRUCache[str, str] = field(default_factory=lambda: LRUCache(NAMES_REMEMBERED))
    _refused: LRUCache[str, bool] = field(default_factory=lambda: LRUCache(REFUSALS_REMEMBERED))
    _unconfirmed: dict[str, tuple[int, Receipt]] = field(default_factory=dict)  # by event: epoch, receipt

    def __len__(self) -> int:
        return len(self._done)

    def knows(self, event_id: str) -> bool:
        """Whether the event is done (I4)."""
        return self._done.get(fingerprint_of(event_id)) is not None

    def note(self, event_id: str) -> None:
        """The event is done; the oldest ones known are forgotten when there are too many."""
        self._done.put(fingerprint_of(event_id))

    def note_receipt(self, receipt: Receipt) -> None:
        """Take in a receipt that was read back."""
        if receipt.outcome is ReceiptOutcome.REFUSED and receipt.request_id:
            self.note_refused(receipt.request_id)
        if receipt.outcome not in DONE:
            return
        self.note(receipt.event_id)
        self.confirmed(receipt.event_id)
        if receipt.name and receipt.conversation_id:
            self.note_name(receipt.conversation_id, receipt.name)
        if receipt.message_id and receipt.request_id and receipt.status:
            self.note_reached(receipt.message_id, Reached.of(receipt.status, receipt.request_id, receipt.stage))

    def name(self, conversation_id: str) -> str | None:
        """The name that a client had last, as far as known."""
        return self._names.get(conversation_id)

    def note_name(self, conversation_id: str, name: str) -> None:
        """A client has this name."""
        self._names[conversation_id] = name

    def unconfirmed(self, receipt: Receipt, epoch: int) -> None:
        """An epoch has handed over the receipt of an event that is done; Kafka has not confirmed it."""
        self._unconfirmed[receipt.event_id] = (epoch, receipt)
        if len(self._unconfirmed) > UNCONFIRMED_REMEMBERED:
            del self._unconfirmed[next(iter(self._unconfirmed))]

    def confirmed(self, event_id: str) -> None:
        """Kafka has the receipt of an event."""
        self._unconfirmed.pop(event_id, None)

    def left_behind(self, event_id: str, epoch: int) -> Receipt | None:
        """The receipt of an event that an epoch before this one has not seen confirmed: Kafka may not have it."""
        left_in, receipt = self._unconfirmed.get(event_id, (epoch, None))
        return receipt if left_in != epoch else None

    def refused(self, vendor_id: str | None) -> bool:
        """Whether the vendor has refused a message under this id: that it is known there then proves nothing (I4)."""
        return vendor_id in self._refused

    def note_refused(self, vendor_id: str) -> None:
        """The vendor has refused this id."""
        self._refused[vendor_id] = True

    def take_older(self, older: Memory) -> None:
        """Take in what was read from before everything that is known: it displaces nothing, and changes no status."""
        older._done.put_all(self._done)
        older._reached.put_all(self._reached)
        older._names.update(self._names)
        older._refused.update(self._refused)
        self._done, self._reached = older._done, older._reached
        self._names, self._refused = older._names, older._refused

    def perhaps_attempted(self, accepted_at: int) -> bool:
        """Whether who had the partition before us may have attempted what was accepted then (ms), and died."""
        return accepted_at < self.ours_since_ms + CLOCKS_DIFFER_MS

    def reached(self, message_id: str) -> Reached | None:
        """How far a message got, as far as known."""
        number = self._reached.get(fingerprint_of(message_id))
        return None if number is None else Reached.from_number(number)

    def note_reached(self, message_id: str, reached: Reached) -> None:
        """A message got this far."""
        self._reached.put(fingerprint_of(message_id), reached.number)
