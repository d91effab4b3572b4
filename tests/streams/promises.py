"""What must hold whatever happens to the delivery, looked at when it happens: I1 to I4 and I7.

Told of each call of the vendor, each receipt and each commit before they count; keeps what is wrong in `troubles`.
"""

from __future__ import annotations

from bridge.events import ContentType, OutboundMessage, Receipt, ReceiptOutcome
from streams.delivery.memory import DONE
from tests.streams.clockwork import OWNER
from tests.streams.scripted import Request, Says, Vendor
from tests.streams.worker import Log, Worker


class Promises:
    """See the module. `events_held` is how many a worker may have in hand."""

    def __init__(self, log: Log, vendor: Vendor, events_held: int) -> None:
        self.log = log
        self.vendor = vendor
        self.workers: dict[str, Worker] = {}
        self.troubles: list[str] = []
        self.events: dict[str, OutboundMessage] = {}
        self.places: dict[str, tuple[int, int]] = {}  # of a message: partition, offset of its first record
        self._events_held = events_held
        self._done: list[dict[str, ReceiptOutcome]] = [{} for _ in log.source]
        self._untold: set[str] = set()  # refused once, and nobody alive has heard it: "already" cannot be seen through
        self._called: dict[tuple[str, int, str], int] = {}  # worker, epoch, conversation: the offset called last
        self._checked: dict[int, int] = {}
        log.on_commit, log.on_receipt = self._committing, self._writing
        vendor.on_call, vendor.on_refused_again = self._calling, self._refused_again

    def hold(self) -> None:
        """What was seen. I2: first deliveries of a conversation are in its order. I4: nobody is shown one twice.

        But for one case: a vendor that has forgotten the id that it refused, takes it, and is not heard. That it knows
        the id then looks like the refusal, and to send it twice is better than never. Its place is that of the first.
        """
        assert not self.troubles, self.troubles
        for worker in self.workers.values():
            assert worker.delivery.held <= self._events_held, f"I7: {worker.delivery.held} events are held"
        firsts: dict[str, list[int]] = {}
        first_shown: set[str] = set()
        seen: set[str] = set()
        for vendor_id in self.vendor.taken:
            name = vendor_id.partition("-")[0]
            assert name not in seen, f"I4: {name} is shown twice"
            if vendor_id not in self.vendor.forgotten:
                seen.add(name)
            if name not in first_shown:
                first_shown.add(name)
                firsts.setdefault(self.events[name].conversation_id, []).append(self.places[name][1])
        for conversation, offsets in firsts.items():
            assert offsets == sorted(offsets), f"I2: {conversation} arrives in the order {offsets}"

    def all_is_accounted_for(self) -> None:
        """I1: everything that was accepted has come to its end."""
        for name, event in self.events.items():
            outcome = self._done[self.places[name][0]].get(name)
            assert outcome is not None, f"I1: {name} has come to no end"
            assert outcome is self._fitting(name, event, outcome), f"I1: {name} is {outcome}"

    def _calling(self, request: Request) -> None:
        """I4: nobody calls for an event that it must know to be done. I2: within an epoch no lane goes back."""
        worker = self.workers.get(OWNER.get())
        if worker is None or worker.dead:
            return  # killed a moment ago
        number, offset = self.places[request.event.message_id]
        if request.event.event_id in worker.done[number]:
            self.troubles.append(f"I4: {request.vendor_id} is attempted again, and its receipt is confirmed")
        if not worker.liveness.fresh:
            self.troubles.append(f"{worker.id} attempts {request.vendor_id}, and may have lost its partitions")
        lane = (worker.id, worker.epoch, request.event.conversation_id)
        if self._called.get(lane, -1) > offset:
            self.troubles.append(f"I2: {request.vendor_id} is called behind a later one")
        self._called[lane] = offset

    def _refused_again(self, request: Request) -> None:
        """The vendor says "already" to an id that it has refused."""
        worker = self.workers.get(OWNER.get())
        if worker is not None and request.vendor_id not in worker.refused:
            self._untold.add(request.event.message_id)

    def _writing(self, number: int, receipt: Receipt) -> None:
        """I4: a refused id is not taken for delivered. I1: a dead letter and its news come before the receipt."""
        name = receipt.event_id.removeprefix("event.")
        if receipt.outcome is ReceiptOutcome.DELIVERED:
            self._check_delivered(name)
        elif receipt.outcome is ReceiptOutcome.DEAD_LETTERED:
            if (number, receipt.offset) not in self.log.dead:
                self.troubles.append(f"I1: {name} has a receipt and no dead letter")
            if not any(f'"told.event.{name}"'.encode() in told for told in self.log.told):
                self.troubles.append(f"I1: nobody was told of {name}")
        if receipt.outcome in DONE:
            self._done[number][name] = receipt.outcome

    def _committing(self, number: int, offset: int) -> None:
        """I3: all that a commit passes is done, and Kafka has its receipt."""
        begin = self._checked.get(number, 0)
        if offset < begin:
            self.troubles.append(f"I3: the commit of {number} goes back from {begin} to {offset}")
        for passed in range(begin, offset):
            name = OutboundMessage.model_validate_json(self.log.source[number][passed][1]).message_id
            if name not in self._done[number]:
                self.troubles.append(f"I3: the commit of {number} passes {name} at {passed}, which has no receipt")
        self._checked[number] = max(begin, offset)

    def _fitting(self, name: str, event: OutboundMessage, outcome: ReceiptOutcome) -> ReceiptOutcome:
        script = self.vendor.scripts[name]
        if event.content.type is ContentType.LOCATION:
            return ReceiptOutcome.DEAD_LETTERED
        if not event.content.text or script.last is Says.NOT_OURS:
            return ReceiptOutcome.SKIPPED
        if script.last is Says.PERMANENT:
            return ReceiptOutcome.DEAD_LETTERED
        return ReceiptOutcome.DELIVERED if self._taken(name) else outcome

    def _check_delivered(self, name: str) -> None:
        if not self._taken(name) and name not in self._untold:
            self.troubles.append(f"I4: {name} passes for delivered, and the vendor has refused it")

    def _taken(self, name: str) -> bool:
        return any(vendor_id.partition("-")[0] == name for vendor_id in self.vendor.taken)
