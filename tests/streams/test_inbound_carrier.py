"""What amojo is told of a client: the last name that was seen, and the chat that an operator began. No Kafka."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any

import pytest

from bridge.errors import TransportError
from bridge.events import ChatLink, Content, ContentType, InboundMessage, Person, Receipt, ReceiptOutcome
from bridge.ids import Conversation, replay_event_id
from bridge.outcome import Outcome, Verdict
from bridge.settings import Settings
from streams.connection import Connection
from streams.delivery.memory import Memory
from streams.delivery.outcome import Delivered

CLIENT, OTHER = Conversation("345", "79000000001"), Conversation("346", "79000000001")
BASE = "https://bridge.example"


@pytest.fixture
def carrier(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The carrier of the inbound agent, whose module starts from the environment."""
    for name in ("AMOCRM_CHANNEL_ID", "AMOCRM_CHANNEL_SECRET", "AMOCRM_ACCOUNT_ID"):
        monkeypatch.setenv(name, "x")
    from streams.inbound import InboundCarrier

    given: dict[str, Any] = {"amocrm_channel_secret": "secret", "public_base_url": BASE, "amocrm_sources": True}
    return InboundCarrier(Settings(_env_file=None, operator_language="en", **given))


def event(called: str | None, conversation: Conversation = CLIENT, **content: Any) -> InboundMessage:
    values: dict[str, Any] = {"type": ContentType.TEXT, "text": "Привет", **content}
    said = Content(**values)
    return InboundMessage(
        event_id="e", channel=conversation.channel, address=conversation.address, conversation_id=conversation.id,
        accepted_at=1, message_id="9", sender=Person(name=called), content=said,
    )  # fmt: skip


def payload(carrier: Any, memory: Memory, message: InboundMessage) -> dict[str, Any]:
    """What amojo would be told."""
    [request] = asyncio.run(carrier.prepare(message, memory))
    found: dict[str, Any] = json.loads(request.body)["payload"]
    return found


def delivered(carrier: Any, memory: Memory, message: InboundMessage) -> dict[str, Any]:
    """The receipt's fields of a message that was delivered."""
    fields: dict[str, Any] = carrier.remembered(message, Delivered(Verdict(Outcome.DELIVERED), 1), memory)
    return fields


def test_a_name_stays_when_later_messages_come_without_and_whoever_reads_the_receipts_knows_it(carrier: Any) -> None:
    memory = Memory()
    fields = delivered(carrier, memory, event("Анна"))
    assert payload(carrier, memory, event(None))["sender"]["name"] == "Анна"
    assert delivered(carrier, memory, event(None))["name"] is None, "what was not told is not told on"
    assert payload(carrier, memory, event("Анна Иванова"))["sender"]["name"] == "Анна Иванова"
    assert payload(carrier, memory, event(None, OTHER))["sender"]["name"] == "+79000000001"
    after_a_death = Memory()
    receipt = Receipt(
        event_id="e", outcome=ReceiptOutcome.DELIVERED, conversation_id=CLIENT.id, offset=1, at=1, **fields
    )
    after_a_death.note_receipt(receipt)
    assert payload(carrier, after_a_death, event(None))["sender"]["name"] == "Анна"


def test_a_name_that_was_read_late_does_not_replace_a_newer_one() -> None:
    memory, older = Memory(), Memory()
    memory.note_name(CLIENT.id, "new")
    older.note_name(CLIENT.id, "old")
    older.note_name(OTHER.id, "only")
    memory.take_older(older)
    assert (memory.name(CLIENT.id), memory.name(OTHER.id)) == ("new", "only")


def test_only_the_conversation_that_an_operator_began_is_bound_to_its_chat(carrier: Any) -> None:
    carrier.links._known[CLIENT.id] = ChatLink(chat_id="chat", user_id="user", at=1)
    bound, other = (payload(carrier, Memory(), event(None, one)) for one in (CLIENT, OTHER))
    assert (bound["conversation_ref_id"], bound["sender"]["ref_id"]) == ("chat", "user")
    assert "conversation_ref_id" not in other
    assert "ref_id" not in other["sender"]


@pytest.mark.parametrize("quoted", [{"reply_to": "x-1"}, {"reply_to_own": "8"}])
@pytest.mark.row(
    "client → operator",
    "amojo new_message",
    "any type that quotes, of which amojo answers 400 to {quoted}",
    "the same under the same `msgid`, without `reply_to`",
)
def test_what_quotes_a_message_is_also_made_without_the_quote(carrier: Any, quoted: dict[str, str]) -> None:
    carrier.links._known[CLIENT.id] = ChatLink(chat_id="chat", user_id="user", at=1)
    [plain] = asyncio.run(carrier.prepare(event("Анна"), Memory()))
    [quoting] = asyncio.run(carrier.prepare(event("Анна").model_copy(update=quoted), Memory()))
    assert plain.unquoted is None
    assert quoting.unquoted == plain.body
    said = json.loads(quoting.body)
    assert said["payload"].pop("reply_to")["message"] in ({"id": "x-1"}, {"msgid": "edna.default.345.8"})
    assert said == json.loads(plain.body)


def test_files_go_as_links_that_amojo_can_fetch_and_the_channel_as_the_source(carrier: Any) -> None:
    url = "https://files.example/1.jpg?Expires=1&Signature=x"
    found = payload(carrier, Memory(), event(None, type=ContentType.PICTURE, text=None, url=url, name="1.jpg"))
    assert found["message"]["media"].startswith(f"{BASE}/media/")
    assert found["source"] == {"external_id": "345"}


class Amojo:
    """Answers sends in turn; an exception is raised instead. Counts the looks into the history."""

    def __init__(self, *answers: Verdict | TransportError) -> None:
        self._answers = list(answers)
        self.looks = 0

    async def send_message(self, _body: bytes) -> Verdict:
        answer = self._answers.pop(0)
        if isinstance(answer, TransportError):
            raise answer
        return answer

    async def has_message(self, _event: InboundMessage, _chat_id: str | None) -> Verdict:
        self.looks += 1
        return Verdict(Outcome.DELIVERED, already=True)

    async def connect(self) -> Verdict:
        return Verdict(Outcome.DELIVERED)


REFUSED, TROUBLE = Verdict(Outcome.PERMANENT, "", 400), Verdict(Outcome.TRANSIENT, "", 502)
LOST = TransportError("lost")


@pytest.mark.parametrize(
    ("answers", "changes", "looks"),
    [
        ((REFUSED,), {}, 0),
        ((Verdict(Outcome.THROTTLED, "", 429), REFUSED), {}, 0),
        ((LOST, REFUSED), {}, 1),
        ((TROUBLE, REFUSED), {}, 1),
        ((REFUSED,), {"accepted_at": 100_000}, 1),
        ((REFUSED,), {"event_id": replay_event_id("e", 3, 17)}, 1),
    ],
    ids=["first", "throttled", "answer lost", "in trouble", "perhaps by who was before us", "replayed"],
)
def test_the_history_is_looked_into_only_where_it_can_have_the_message_as_the_look_makes_a_chat_without_a_lead(
    carrier: Any, answers: tuple[Verdict | TransportError, ...], changes: dict[str, Any], looks: int
) -> None:
    memory, amojo = Memory(), Amojo(*answers)
    memory.ours_since_ms = 200_000
    carrier._client = amojo

    async def main() -> Any:
        carrier._connection = Connection(carrier._settings, carrier._client)
        message = event("Анна").model_copy(update={"accepted_at": 300_000, **changes})
        [request] = await carrier.prepare(message, memory)
        verdict: Any = None
        for _ in answers:
            with contextlib.suppress(TransportError):
                verdict = await carrier.attempt(request)
        return verdict

    verdict = asyncio.run(main())
    assert amojo.looks == looks
    assert verdict.outcome is (Outcome.DELIVERED if looks else Outcome.PERMANENT)
