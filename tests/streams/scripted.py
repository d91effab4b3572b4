"""A vendor and a carrier whose answers a test writes down beforehand."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple

from bridge.errors import CannotCarry, TransportError
from bridge.events import Content, ContentType, MessageStatus, OutboundMessage, StatusUpdate
from bridge.kafka.producer import Producer
from bridge.outcome import Outcome, Verdict
from streams.delivery.memory import Memory
from streams.delivery.outcome import DeadLettered, Ending, Skipped

MOST_IDS = 9


class Says(Enum):
    """What becomes of one call."""

    TAKEN = "taken"
    TAKEN_UNHEARD = "taken, and the answer is lost"
    UNHEARD = "never arrived"
    FAILED = "503"
    THROTTLED = "429"
    REFUSED = "402"  # of the account, once the message has been looked at
    AT_THE_DOOR = "403"  # before anything is looked at
    PERMANENT = "400"
    NOT_OURS = "not ours"
    NEVER = "no answer at all"


class Request(NamedTuple):
    """A message under one of its ids."""

    event: OutboundMessage
    replay: int = 0
    part: int = 1

    @property
    def vendor_id(self) -> str:
        """The id of ours that the vendor sees."""
        suffix = (f"-{self.part}" if self.part > 1 else "") + (f"-r{self.replay}" if self.replay else "")
        return self.event.message_id + suffix


@dataclass(slots=True)
class Script:
    """The answers to the calls for one message, in order; then `last` for ever."""

    answers: list[Says] = field(default_factory=list)
    last: Says = Says.TAKEN
    before_s: float = 0.0  # until the vendor acts
    after_s: float = 0.0  # until its answer is here
    retry_after_s: float | None = None
    forgets: bool = False  # the vendor does not keep the ids that it refuses

    def next(self) -> Says:
        """What becomes of this call."""
        return self.answers.pop(0) if self.answers else self.last


class Vendor:
    """Takes each id once, says "already" to one that it knows, refused or not; keeps a journal."""

    def __init__(self) -> None:
        self.scripts: dict[str, Script] = defaultdict(Script)
        self.calls: list[str] = []  # ids, as calls begin
        self.taken: list[str] = []  # ids, as messages are taken
        self.refused: set[str] = set()
        self.forgotten: set[str] = set()  # refused, and as good as never seen
        self.on_call: Callable[[Request], None] = lambda _request: None
        self.on_refused_again: Callable[[Request], None] = lambda _request: None
        self.under_way = 0
        self.most_under_way = 0

    async def call(self, request: Request) -> Verdict:
        """One call. Raises TransportError."""
        self.calls.append(request.vendor_id)
        self.on_call(request)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            script = self.scripts[request.event.message_id]
            await asyncio.sleep(script.before_s)
            verdict = await self._judge(request, script, script.next())
            await asyncio.sleep(script.after_s)
        finally:
            self.under_way -= 1
        if verdict is None:
            raise TransportError("the test says so")
        return verdict

    async def _judge(self, request: Request, script: Script, says: Says) -> Verdict | None:
        vendor_id = request.vendor_id
        if says is Says.NEVER:
            await asyncio.Event().wait()
        if says is Says.UNHEARD:
            return None
        if says is Says.FAILED:
            return Verdict(Outcome.TRANSIENT, "HTTP 503", 503)
        if says is Says.THROTTLED:
            return Verdict(Outcome.THROTTLED, "HTTP 429", 429, retry_after_s=script.retry_after_s)
        if says is Says.NOT_OURS:
            return Verdict(Outcome.NOT_OURS)
        if says is Says.AT_THE_DOOR:
            return Verdict(Outcome.REFUSED, "HTTP 403", 403, remedy="mend it")
        known = vendor_id in self.taken or vendor_id in self.refused
        if known and says is not Says.PERMANENT:
            if vendor_id in self.refused:
                self.on_refused_again(request)
            return None if says is Says.TAKEN_UNHEARD else Verdict(Outcome.DELIVERED, already=True, status=200)
        if says in (Says.REFUSED, Says.PERMANENT):
            (self.forgotten if script.forgets else self.refused).add(vendor_id)
            outcome = Outcome.REFUSED if says is Says.REFUSED else Outcome.PERMANENT
            return Verdict(outcome, says.value, int(says.value), remedy="mend it", code="the vendor's word")
        self.taken.append(vendor_id)
        return None if says is Says.TAKEN_UNHEARD else Verdict(Outcome.DELIVERED, status=200, vendor_id=vendor_id)


class ScriptedCarrier:
    """A direction to that vendor. A text of several lines goes in as many parts, each a message of its own there."""

    name = "outbound"
    event = OutboundMessage
    links = None

    def __init__(self, vendor: Vendor, *, max_rps: float = 0.0, max_age_s: float = 0.0) -> None:
        self.vendor = vendor
        self.max_rps = max_rps
        self.max_age_s = max_age_s
        self.no_way: Verdict | None = None  # until the test says otherwise

    async def start(self, _producer: Producer) -> None:
        """Nothing to open."""

    async def close(self) -> None:
        """Nothing to close."""

    def placed(self, event: OutboundMessage) -> OutboundMessage:
        """It is where it belongs."""
        return event

    async def prepare(self, event: OutboundMessage, _memory: Memory) -> list[Request] | Skipped | Verdict:
        """The requests; nothing for a message without a text, and no form carries a location."""
        if self.no_way is not None:
            return self.no_way
        if event.content.type is ContentType.LOCATION:
            raise CannotCarry("no form for it")
        lines = len((event.content.text or "").splitlines())
        return [Request(event, part=part) for part in range(1, lines + 1)] or Skipped("nothing to tell")

    async def attempt(self, request: Request) -> Verdict:
        """Call the vendor."""
        return await self.vendor.call(request)

    def id_of(self, request: Request) -> str:
        """The id under which it goes."""
        return request.vendor_id

    def renewed(self, _event: OutboundMessage, request: Request) -> Request:
        """The next id."""
        if request.replay >= MOST_IDS:
            raise CannotCarry("no more ids")
        return request._replace(replay=request.replay + 1)

    def remembered(self, event: OutboundMessage, _ending: Ending, _memory: Memory) -> dict[str, Any]:
        """Whose receipt it is."""
        return {"amojo_id": event.message_id}

    def told(self, event: OutboundMessage, ending: DeadLettered) -> StatusUpdate:
        """The operator reads that it failed."""
        return StatusUpdate(
            event_id=f"told.{event.event_id}",
            channel=event.channel,
            address=event.address,
            conversation_id=event.conversation_id,
            accepted_at=event.accepted_at,
            message_id=event.message_id,
            request_id=event.message_id,
            stage="bridge",
            status=MessageStatus.FAILED,
            reason=ending.code or ending.kind,
            source="bridge",
        )


def message(
    name: str, conversation: str = "c", *, channel: str = "345", text: str = "text", accepted_at: int = 1
) -> OutboundMessage:
    """An operator's message. `accepted_at` in ms."""
    return OutboundMessage(
        event_id=f"event.{name}",
        channel=channel,
        address=conversation,
        conversation_id=conversation,
        accepted_at=accepted_at,
        message_id=name,
        chat_id=conversation,
        content=Content(type=ContentType.TEXT, text=text),
    )


def in_order(names: Iterable[str], journal: Iterable[str]) -> bool:
    """Whether the first appearances of names in a journal are in their order."""
    wanted = list(names)
    firsts = list(dict.fromkeys(each for each in journal if each in wanted))
    return firsts == [name for name in wanted if name in firsts]
