"""Finding conversations in the topics by whatever id or phone somebody has at hand, and all that belongs to them.

Messages and their dead letters name their conversation; receipts and statuses may not, and are found by the ids of the
messages. So topics are read in that order; where the first reading found a conversation by an id only, what had been
passed by then is found in another.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from bridge.ids import decode_request_id
from bridge.kafka.reading import Place, Reader, Span
from bridge.phones import e164
from bridge.settings import Settings
from bridge.topics import INBOUND, OUTBOUND, STATUS, dead_letters_of, receipts_of
from ops.markers import marker_of
from ops.output import Advance
from ops.records import Fact, fact_of

# One after the other: what is looked for in a stage is known from those before it.
STAGES: Sequence[Collection[str]] = (
    (INBOUND, OUTBOUND, dead_letters_of(INBOUND), dead_letters_of(OUTBOUND)),
    (receipts_of(INBOUND), receipts_of(OUTBOUND)),
    (STATUS, dead_letters_of(STATUS)),
    (receipts_of(STATUS),),
)
TOPICS = tuple(topic for stage in STAGES for topic in stage)
READINGS = 4  # a receipt names a status, the status a message, the message its conversation

IDS = ("event_id", "conversation_id", "message_id", "request_id", "edna_id", "amojo_id", "chat_id")
OWN_IDS = ("event_id", "request_id")  # by which what comes later names an event


@dataclass
class Search:
    """What is looked for, and what was found; `facts` by conversation id, "" where none is known."""

    query: str
    region: str
    ids: set[str] = field(default_factory=set)
    conversations: set[str] = field(default_factory=set)
    facts: dict[str, list[Fact]] = field(default_factory=dict)
    late: bool = False  # something was found that another reading would have found more by
    _owners: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ids.add(self.query)
        if self.query.isascii() and (attempt := decode_request_id(self.query)):
            self.ids.add(attempt.message_id)
        self._phone = e164(self.query, self.region)
        self._address = self.query.removeprefix("+")

    def begin(self) -> None:
        """Before each reading."""
        self.facts, self._owners, self.late = {}, {}, False

    def take(self, fact: Fact) -> None:
        """Keep a fact when it belongs to what is looked for; markers (`ops.markers`) are no part of a story."""
        if marker_of(fact.record) is not None:
            return
        conversation = self._conversation_of(fact)
        if conversation is None:
            return
        self.facts.setdefault(conversation, []).append(fact)
        for name in OWN_IDS:
            if own := fact.text(name):
                self._owners.setdefault(own, conversation)
        if fact.direction == OUTBOUND:  # statuses name the message; without ids of ours, what edna calls it
            for own in (fact.text("message_id"), fact.text("edna_id"), fact.text("amojo_id")):
                if own:
                    self._owners.setdefault(own, conversation)

    def _conversation_of(self, fact: Fact) -> str | None:
        named = fact.text("conversation_id") or (fact.record.key or b"").decode("utf-8", "replace")
        if named in self.conversations:
            return named
        for name in ("event_id",) if fact.direction == INBOUND else ("event_id", "message_id", "request_id"):
            if (owner := self._owners.get(fact.text(name))) is not None:
                return owner
        if self._by_address(fact):
            self.conversations.add(named)
            return named
        if self.ids.isdisjoint(fact.text(name) for name in IDS):
            return None
        conversation = fact.text("conversation_id")
        if conversation:
            self.conversations.add(conversation)
            self.late = True
        elif fact.direction == STATUS and (message := fact.text("message_id")) and message not in self.ids:
            self.ids.add(message)
            self.late = True
        return conversation

    def _by_address(self, fact: Fact) -> bool:
        address = fact.text("address")
        if not address:
            return False
        return address == self._address or (self._phone is not None and e164(address, self.region) == self._phone)


async def find(reader: Reader, settings: Settings, spans: dict[Place, Span], search: Search, advance: Advance) -> None:
    """Read until everything is found. Raises KafkaUnavailable."""
    total = sum(span.length for span in spans.values())
    for _ in range(READINGS):
        search.begin()
        before = 0
        for stage in STAGES:
            names = {settings.topic_prefix + topic for topic in stage}
            chosen = {place: span for place, span in spans.items() if place.topic in names}
            async for records, passed in reader.batches(chosen):
                for record in records:
                    search.take(fact_of(settings, record))
                advance(before + passed, total)
            before += sum(span.length for span in chosen.values())
        if not search.late:
            return
