"""The webhooks that are understood, as models: for the API document alone.

What comes in is read by `bridge.edna.webhooks` and `bridge.amojo.webhooks`, which are more tolerant than any schema:
numbers may be strings, absent is null is "", unknown keys are ignored.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Id = int | str


def _examples(*examples: dict[str, Any]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": list(examples)})


class EdnaIncomingMessage(BaseModel):
    """A client wrote (README form). `subject` is the client's address."""

    id: Id
    imType: str  # noqa: N815 - the vendor's name
    subject: str
    text: str
    fromClient: bool = Field(True, description="false: an echo of ours, ignored")  # noqa: N815 - the vendor's name

    model_config = _examples(
        {
            "id": "msg-12345",
            "imType": "whatsapp",
            "subject": "79001234567",
            "text": "Здравствуйте, у меня вопрос!",
            "fromClient": True,
        }
    )


class EdnaStatusUpdate(BaseModel):
    """What became of a message (README form)."""

    id: Id
    status: str

    model_config = _examples({"id": "msg-abcde", "status": "read"})


class PulseSubscriber(BaseModel):
    """The client."""

    identifier: str
    identifiers: list[dict[str, str]] = []


class PulseContent(BaseModel):
    """What the client wrote. What no chat can show is carried as a text that says so."""

    type: str = Field(description="TEXT, IMAGE, VIDEO, AUDIO, VOICE, DOCUMENT, LOCATION, CONTACT, LIST, FLOW, ORDER, …")
    text: str = ""
    caption: str = Field("", description="the words beside a file")
    attachment: dict[str, Any] | None = Field(None, description="of a file: url, name, size")
    location: dict[str, Any] | None = Field(None, description="latitude, longitude, address")


class PulseIncomingMessage(BaseModel):
    """A client wrote (edna Pulse). `subject` and `subjectId` are our channel."""

    id: Id
    subjectId: Id  # noqa: N815 - the vendor's name
    subscriber: PulseSubscriber
    messageContent: PulseContent  # noqa: N815 - the vendor's name
    userInfo: dict[str, Any] = {}  # noqa: N815 - the vendor's name
    receivedAt: str = ""  # noqa: N815 - the vendor's name

    model_config = _examples(
        {
            "id": 14558923001,
            "subject": "shop_wa",
            "subjectId": 345,
            "subscriber": {"id": 202, "identifier": "79001234567"},
            "userInfo": {"userName": "Анна"},
            "messageContent": {"type": "TEXT", "text": "Здравствуйте"},
            "receivedAt": "2026-01-01T10:00:00Z",
        }
    )


class PulseStatus(BaseModel):
    """What became of a message (edna Pulse)."""

    requestId: str  # noqa: N815 - the vendor's name
    status: str
    statusAt: str = ""  # noqa: N815 - the vendor's name
    subjectId: Id = ""  # noqa: N815 - the vendor's name
    cascadeStageUUID: str = ""  # noqa: N815 - the vendor's name
    error: str = ""

    model_config = _examples(
        {
            "requestId": "2c2dd5f1-5ad8-449d-9c38-b6bdf288f1e5",
            "messageId": 8681748,
            "subjectId": 345,
            "status": "DELIVERED",
            "statusAt": "2026-01-01T10:00:05Z",
        }
    )


class AmoMessage(BaseModel):
    """The message of the README form. `date` is seconds."""

    id: str
    text: str
    date: int = 0


class Named(BaseModel):
    """Whoever or whatever has an id."""

    id: str
    name: str = ""


class AmoIncomingWebhook(BaseModel):
    """An operator answered (README form). The conversation is ours, or the digits of a phone on EDNA_IM_TYPE."""

    message: AmoMessage
    sender: Named
    conversation: Named
    account: dict[str, str] = {}

    model_config = _examples(
        {
            "message": {"id": "chat-msg-67890", "text": "Здравствуйте, чем могу помочь?", "date": 1678886400},
            "sender": {"id": "user-1", "name": "Иван Петров"},
            "conversation": {"id": "v1.default.345.79001234567"},
            "account": {"id": "acc-123", "subdomain": "youraccount"},
        }
    )


class AmojoConversation(BaseModel):
    """A chat: amojo's id of it, and ours."""

    id: str
    client_id: str


class AmojoContent(BaseModel):
    """What the operator wrote. What no channel can carry is accepted, and the operator is told that it failed."""

    id: str
    type: str = Field(description="text, picture, file, video, voice, audio, sticker, location or contact")
    text: str = ""
    media: str = Field("", description="where the file can be fetched")
    file_name: str = ""
    file_size: int = Field(0, description="bytes; 0: unknown")


class AmojoMessage(BaseModel):
    """The message of a hook v2."""

    conversation: AmojoConversation
    sender: Named
    receiver: Named
    msec_timestamp: int = 0
    message: AmojoContent


class AmojoHook(BaseModel):
    """An operator answered (hook v2)."""

    account_id: str
    time: int = Field(description="seconds; older than a day is set aside")
    message: AmojoMessage

    model_config = _examples(
        {
            "account_id": "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee",
            "time": 1748946031,
            "message": {
                "receiver": {"id": "r-1", "name": "Анна", "client_id": "v1.default.345.79001234567"},
                "sender": {"id": "s-1", "name": "Олег"},
                "conversation": {"id": "k-1", "client_id": "v1.default.345.79001234567"},
                "timestamp": 1748946031,
                "msec_timestamp": 1748946031456,
                "message": {"id": "x-1", "type": "text", "text": "Добрый день"},
            },
        }
    )


class Accepted(BaseModel):
    """Stored, in Kafka or in the spool; set aside in quarantine; or nothing to carry."""

    code: Literal["ok"]


class Refused(BaseModel):
    """Why not, in words."""

    detail: str


class SpoolState(BaseModel):
    """What waits on disk for Kafka, and how many files stand in `rejected/`."""

    records: int
    bytes: int
    oldest_s: float = Field(description="seconds since the oldest was accepted; 0 when nothing waits")
    rejected: int


class Ready(BaseModel):
    """Whether a webhook that comes now can be stored, and where it goes."""

    ready: bool
    kafka: Literal["connected", "away"]
    mode: Literal["direct", "spool", "draining"]
    spool: SpoolState
    missing_topics: list[str] | None = Field(description="missing or differing in partitions; null: not known yet")
    detail: str = Field(description="what is wrong, for people; empty when nothing is")


EDNA_FORMS: tuple[type[BaseModel], ...] = (
    EdnaIncomingMessage,
    EdnaStatusUpdate,
    PulseIncomingMessage,
    PulseStatus,
)
AMOCRM_FORMS: tuple[type[BaseModel], ...] = (AmoIncomingWebhook, AmojoHook)
EVERY_FORM: tuple[type[BaseModel], ...] = (*EDNA_FORMS, *AMOCRM_FORMS, Accepted, Refused, Ready)
