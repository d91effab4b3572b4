"""Conversations as gateway and agents would have written them: events, receipts, dead letters, statuses."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.events import (
    Event,
    MessageStatus,
    Quarantined,
    QuarantineReason,
    Receipt,
    ReceiptOutcome,
    StatusUpdate,
    encode,
)
from bridge.ids import Conversation, request_id, status_event_id
from bridge.kafka.producer import Headers, Position, Producer
from bridge.records import record_of
from bridge.settings import Settings
from tests.broker.agents import inbound, outbound

ANNA = Conversation("345", "79001234567")
ANNA_IN_VIBER = Conversation("346", "79001234567")
BORIS = Conversation("345", "79007654321")

QUESTION, ANSWER = "Где мой заказ?", "Уже в пути [bold]"
ANSWER_ID = "2c2dd5f1-5ad8-449d-9c38-b6bdf288f1e5"


class Writer:
    """Writes records and remembers where they stand."""

    def __init__(self, settings: Settings) -> None:
        self._prefix = settings.topic_prefix
        self._producer = Producer(settings, confirm_within_s=20.0)
        self._letters = 0

    async def __aenter__(self) -> Writer:
        await self._producer.start()
        assert await self._producer.wait_connected(20.0)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._producer.stop()

    async def write(
        self, topic: str, key: str, value: bytes, headers: Headers = (), partition: int | None = None
    ) -> Position:
        """Write one record to a topic, named without the prefix."""
        return await self._producer.send(
            self._prefix + topic, value, key=key.encode(), headers=headers, partition=partition
        )

    async def question(self, number: int, conversation: Conversation, text: str = QUESTION) -> Position:
        """A client's message that was delivered."""
        event = inbound(number, conversation, text)
        position = await self.write("inbound", conversation.id, encode(event))
        receipt = Receipt(
            event_id=event.event_id,
            outcome=ReceiptOutcome.DELIVERED,
            conversation_id=conversation.id,
            offset=position.offset,
            attempts=1,
            latency_ms=42,
            at=event.accepted_at + 42,
            edna_id=str(number),
            amojo_id=f"amojo-{number}",
        )
        await self.write("inbound.receipts", conversation.id, encode(receipt), partition=position.partition)
        return position

    async def answer(self, message_id: str, conversation: Conversation, statuses: Sequence[MessageStatus]) -> None:
        """An operator's message that was delivered, and what became of it; those statuses name no conversation."""
        event = outbound(message_id, conversation, ANSWER)
        position = await self.write("outbound", f"chat-{conversation.address}", encode(event))
        own = request_id(message_id)
        receipt = Receipt(
            event_id=event.event_id,
            outcome=ReceiptOutcome.DELIVERED,
            conversation_id=conversation.id,
            offset=position.offset,
            attempts=3,
            latency_ms=1234,
            at=event.accepted_at + 1234,
            amojo_id=message_id,
            edna_id=f"edna-of-{message_id}",
            request_id=own,
        )
        await self.write("outbound.receipts", "chat", encode(receipt), partition=position.partition)
        for later, status in enumerate(statuses, start=2_000):
            update = StatusUpdate(
                event_id=status_event_id("default", own, None, status.value, str(later)),
                channel=conversation.channel,
                address="",
                conversation_id="",
                accepted_at=event.accepted_at + later,
                message_id=message_id,
                request_id=own,
                status=status,
            )
            position = await self.write("status", message_id, encode(update))
            done = Receipt(
                event_id=update.event_id,
                outcome=ReceiptOutcome.DELIVERED,
                offset=position.offset,
                attempts=1,
                at=update.accepted_at,
                message_id=message_id,
                request_id=own,
                status=status,
            )
            await self.write("status.receipts", message_id, encode(done), partition=position.partition)

    async def dead_letter(
        self,
        direction: str,
        key: str,
        value: bytes,
        *,
        kind: str = "permanent",
        reason: str = "text-not-specified",
        source: Position | None = None,
    ) -> Position:
        """A dead letter with the headers that an agent gives it; without `source`, of a place of its own."""
        if source is None:
            self._letters += 1
            source = Position(1, 6 + self._letters)
        headers = [
            ("ce_id", b"the-event"),
            ("dlq-class", kind.encode()),
            ("dlq-reason", reason.encode()),
            ("dlq-http-status", b"400" if kind == "permanent" else b""),
            ("dlq-attempts", b"2"),
            ("dlq-first-at", b"1760000000000"),
            ("dlq-last-at", b"1760000001000"),
            ("dlq-source", f"{self._prefix}{direction}/{source.partition}/{source.offset}".encode()),
            ("dlq-version", b"1"),
        ]
        return await self.write(f"{direction}.dlq", key, value, headers, source.partition)

    async def buried(self, event: Event, kind: str = "permanent") -> str:
        """An event in its topic that became a dead letter; returns the address of that."""
        record = record_of(event)
        source = await self.write(record.topic, record.key, encode(event))
        letter = await self.dead_letter(record.topic, record.key, encode(event), kind=kind, source=source)
        return f"{record.topic}/{letter.partition}/{letter.offset}"

    async def aside(
        self, reason: QuarantineReason, path: str, body: bytes, accepted_at: int, signature: str | None = None
    ) -> int:
        """A webhook in quarantine, as the gateway keeps it; returns its offset."""
        webhook = Quarantined(
            reason=reason,
            detail="set aside by a test",
            path=path,
            headers={"Content-Type": "application/json"} | ({} if signature is None else {"X-Signature": signature}),
            body=body.decode(),
            accepted_at=accepted_at,
        )
        topic = f"{self._prefix}quarantine"
        return (await self._producer.send(topic, encode(webhook), headers=[("ce_id", b"quarantine.x")])).offset
