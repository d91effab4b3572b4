"""The canonical events: the public contract of the topics.

Other systems subscribe to these; the JSON Schemas in `docs/schemas` are made from this file, and a test lets it grow
but not change. Readers ignore keys that they do not know. Times are milliseconds since the epoch, sizes are bytes.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

ACCOUNT = "default"  # one account today; in every id from the first day, so that several need no migration

Milliseconds = Annotated[int, Field(ge=0)]


class Frozen(BaseModel):
    """A value that never changes after it was made, and that a newer writer may have given more keys."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class ContentType(StrEnum):
    """What a message is. `unsupported`: the client sent what no chat can show; `Content.kind` is edna's word for it."""

    TEXT = "text"
    PICTURE = "picture"
    FILE = "file"
    VIDEO = "video"
    AUDIO = "audio"
    VOICE = "voice"
    STICKER = "sticker"
    LOCATION = "location"
    CONTACT = "contact"
    UNSUPPORTED = "unsupported"


class Person(Frozen):
    """The author of a message as far as known. `phone` is E.164 with `+`."""

    name: str | None = None
    phone: str | None = None
    avatar: str | None = None


class Location(Frozen):
    """A place: degrees, and the words beside it."""

    latitude: float
    longitude: float
    address: str | None = None


class Contact(Frozen):
    """A contact that was sent as a message."""

    name: str | None = None
    phone: str | None = None


class Button(Frozen):
    """A button under a message: a press of one without `url` comes back as a text equal to its own."""

    text: str
    url: str | None = None


class ListRow(Frozen):
    """A row of a list to choose from; `id` is what a press of it brings back."""

    title: str
    description: str | None = None
    id: str | None = None


class ListSection(Frozen):
    """Rows under a title."""

    title: str | None = None
    rows: tuple[ListRow, ...] = ()


class Choice(Frozen):
    """A message with a list to choose from (amojo.md §6.5): `button` opens it."""

    header: str | None = None
    body: str | None = None
    footer: str | None = None
    button: str | None = None
    sections: tuple[ListSection, ...] = ()


class Template(Frozen):
    """The template that an operator's message was made from; its text stands in the message, filled.

    `content` is the text with its places, `params` the value of each place.
    """

    id: str | None = None
    external_id: str | None = None
    params: dict[str, str] = {}
    content: str | None = None


class Content(Frozen):
    """What a message says. `url` is where its file can be fetched, `size` its bytes, `duration_s` its seconds.

    `text` beside a file is its caption. `payload` is the code of a button or row that the client chose. `group` is the
    album that a file belongs to. `kind` is the vendor's own word where `type` says less.
    """

    type: ContentType
    text: str | None = None
    url: str | None = None
    name: str | None = None
    size: int | None = None
    mime: str | None = None
    duration_s: int | None = None
    location: Location | None = None
    contact: Contact | None = None
    payload: str | None = None
    buttons: tuple[tuple[Button, ...], ...] | None = None
    choice: Choice | None = None
    template: Template | None = None
    group: str | None = None
    kind: str | None = None


class Event(Frozen):
    """What every event carries.

    `event_id` is a pure function of the vendors' ids: the same webhook always makes the same id (I4).
    `conversation_id` decodes to account, channel and address (see `bridge.ids`); `address` is empty when nothing
    names the client. `accepted_at` was set once by the gateway and rises strictly within a conversation (I2);
    `timestamp` is the vendor's own time.
    """

    event_id: str
    account: str = ACCOUNT
    channel: str
    address: str
    conversation_id: str
    accepted_at: Milliseconds
    timestamp: Milliseconds | None = None


class InboundMessage(Event):
    """A client wrote: from edna to the operator. `message_id` is edna's."""

    message_id: str
    sender: Person = Person()
    content: Content
    reply_to: str | None = Field(None, description="the amojo message id that the client quoted")
    reply_to_own: str | None = Field(None, description="the edna message id of the client's own message that it quoted")


class OutboundMessage(Event):
    """An operator answered: from amoCRM to the client. `message_id` and `chat_id` are amojo's."""

    message_id: str
    chat_id: str | None = Field(None, description="amojo's id of the chat; the key of the topic")
    sender: Person = Person()
    content: Content
    reply_to: str | None = Field(None, description="the amojo message id that the operator quoted")
    write_first: bool = Field(False, description="the operator began; the client is known by the phone alone")
    receiver_id: str | None = Field(None, description="amojo's id of the client, to whom a write-first chat is bound")
    replay: int = Field(0, ge=0, le=9, description="how often edna has refused it for good before this acceptance")


class MessageStatus(StrEnum):
    """How far a message got. Everything that edna calls undelivered, cancelled or expired is `failed`."""

    ENQUEUED = "enqueued"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    UNKNOWN = "unknown"


class StatusUpdate(Event):
    """What became of an outbound message.

    `request_id` is the id under which the message was sent to edna, `message_id` the amojo message id that it decodes
    to (none: not a message of ours, or linked). `stage` is edna's cascade stage. `reason` is edna's own word.
    """

    message_id: str | None = None
    request_id: str
    stage: str | None = None
    status: MessageStatus
    reason: str | None = None
    source: Literal["edna", "bridge"] = "edna"
    direct: bool = Field(False, description="sent by no cascade: edna may have chosen the id, which then has a link")


class ReceiptOutcome(StrEnum):
    """How an event ended.

    Two are no end: `refused` remembers that the vendor refused an id, `part` that it has taken a part of an event.
    """

    DELIVERED = "delivered"
    SKIPPED = "skipped"
    DEAD_LETTERED = "dead-lettered"
    REFUSED = "refused"
    PART = "part"


class Receipt(Frozen):
    """The durable memory that an event is done (I4). Stands in the partition with the number of its source.

    `offset` is the event's offset in its source partition, `attempts` the calls of the vendor, `latency_ms` the time
    from acceptance to the end. Of a status, `message_id`, `request_id`, `stage` and `status` tell how far its message
    got (I5).
    """

    event_id: str
    outcome: ReceiptOutcome
    conversation_id: str = ""
    offset: int
    attempts: int = 0
    latency_ms: int = 0
    at: Milliseconds
    edna_id: str | None = None
    amojo_id: str | None = None
    message_id: str | None = None
    request_id: str | None = None
    stage: str | None = None
    status: MessageStatus | None = None
    reason: str | None = None
    name: str | None = Field(None, description="of an inbound message, the client's name as edna gave it")


class MessageLink(Frozen):
    """Which amojo message an id at edna stands for; of a message sent in several calls, which of how many.

    Keyed by the id that edna chose, by an id of ours that does not decode, or, of a split message, by amojo's id (then
    the part is told by the request id).
    """

    message_id: str
    part: int = 1
    parts: int = 1
    replay: int = 0
    at: Milliseconds


class ChatLink(Frozen):
    """The amoCRM chat and client that a conversation belongs to, which an operator began. Keyed by the conversation."""

    chat_id: str
    user_id: str | None = None
    at: Milliseconds


class QuarantineReason(StrEnum):
    """Why a webhook was set aside instead of carried."""

    UNSUPPORTED = "unsupported"  # authentic and real, but nothing here carries it yet
    UNKNOWN = "unknown"  # authentic, of no shape that is known
    UNUSABLE = "unusable"  # of a known shape, without what the shape needs
    FOREIGN = "foreign"  # authentic, for a scope or account that is not ours
    STALE = "stale"  # authentic, but older than a hook can be
    UNAUTHENTIC = "unauthentic"  # for our scope, but the signature does not fit


class Quarantined(Frozen):
    """A webhook that was set aside, whole: `body` is its text as received (base64 when `encoding` says so)."""

    reason: QuarantineReason
    detail: str
    path: str
    headers: dict[str, str] = {}
    body: str
    encoding: Literal["utf-8", "base64"] = "utf-8"
    accepted_at: Milliseconds


def encode(event: BaseModel) -> bytes:
    """The value of a record: compact UTF-8 JSON, without the keys that are not set."""
    return event.model_dump_json(exclude_none=True).encode()


def schema_of(event: type[BaseModel]) -> dict[str, Any]:
    """The JSON Schema of what stands in a topic."""
    return event.model_json_schema(mode="serialization")
