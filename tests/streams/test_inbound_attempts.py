"""A client's message and amojo's 400: sent before, quoting what amojo does not know, or really refused. No Kafka."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from bridge.errors import TransportError
from bridge.events import ChatLink, Content, ContentType, InboundMessage
from bridge.ids import Conversation
from bridge.outcome import Outcome, Verdict
from bridge.settings import Settings
from sandbox import credentials
from sandbox.amojo import AmojoConfig, AmojoFake
from sandbox.faults import Fault
from streams.delivery.memory import Memory
from tests.broker.vendor import LOSES, WRONG_TEXT, Vendor

CLIENT = Conversation("345", "79000000001")
Attempt = Callable[[InboundMessage], Awaitable[Verdict]]
Started = Callable[..., Awaitable[Attempt]]


@pytest.fixture
async def started(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Started]:
    """Starts a carrier at an amojo where an operator may have begun the chat; what comes back attempts a message."""
    names = ("AMOCRM_CHANNEL_ID", "AMOCRM_CHANNEL_SECRET", "AMOCRM_ACCOUNT_ID")
    given: dict[str, Any] = {name.lower(): getattr(credentials, name) for name in names}
    for name in names:
        monkeypatch.setenv(name, given[name.lower()])
    from streams.inbound import InboundCarrier

    carriers: list[Any] = []

    async def start(url: str, chat_id: str | None = None) -> Attempt:
        settings = Settings(_env_file=None, amocrm_amojo_base_url=url, amocrm_auto_connect=False, **given)
        carrier: Any = InboundCarrier(settings)
        carriers.append(carrier)
        await carrier.start(None)
        if chat_id is not None:
            carrier.links._known[CLIENT.id] = ChatLink(chat_id=chat_id, at=1)

        prepared: dict[str, Any] = {}

        async def attempt(event: InboundMessage) -> Verdict:
            if event.message_id not in prepared:
                [prepared[event.message_id]] = await carrier.prepare(event, Memory())
            verdict: Verdict = await carrier.attempt(prepared[event.message_id])
            return verdict

        return attempt

    yield start
    for carrier in carriers:
        await carrier.close()


@pytest.fixture
async def vendor() -> AsyncIterator[Vendor]:
    one = await Vendor().start()
    one.remembers = True
    yield one
    await one.stop()


@pytest.fixture
async def amojo() -> AsyncIterator[AmojoFake]:
    fake = AmojoFake(AmojoConfig(require_connect=False, duplicate_msgid="http_400"))
    await fake.start()
    yield fake
    await fake.stop()


def event(text: str = "Привет", **changes: Any) -> InboundMessage:
    values: dict[str, Any] = {
        "event_id": "e", "channel": CLIENT.channel, "address": CLIENT.address, "conversation_id": CLIENT.id,
        "accepted_at": 1_748_946_030_123, "message_id": "9", "content": Content(type=ContentType.TEXT, text=text),
    }  # fmt: skip
    return InboundMessage(**values | changes)


def quotes(vendor: Vendor) -> list[Any]:
    return [json.loads(body)["payload"].get("reply_to") for body in vendor.bodies]


@pytest.mark.parametrize("quoted", [{"reply_to": "of-a-campaign"}, {"reply_to_own": "older-than-the-bridge"}])
async def test_a_message_is_not_lost_for_what_it_quotes(
    started: Started, vendor: Vendor, quoted: dict[str, str]
) -> None:
    vendor.heeds_quotes = True
    verdict = await (await started(vendor.url))(event(**quoted))
    assert (verdict.outcome, verdict.already) == (Outcome.DELIVERED, False)
    assert vendor.shown == [("edna.default.345.9", "Привет")]
    assert [bool(each) for each in quotes(vendor)] == [True, False]
    assert len({call.id for call in vendor.journal}) == 1


async def test_a_quote_that_amojo_knows_stays(started: Started, vendor: Vendor) -> None:
    vendor.heeds_quotes = True
    attempt = await started(vendor.url)
    assert (await attempt(event(message_id="8"))).outcome is Outcome.DELIVERED
    assert (await attempt(event(reply_to_own="8"))).outcome is Outcome.DELIVERED
    assert quotes(vendor) == [None, {"message": {"msgid": "edna.default.345.8"}}]


@pytest.mark.parametrize("heeds", [True, False])
async def test_a_quoting_message_whose_answer_was_lost_is_shown_once(
    started: Started, vendor: Vendor, heeds: bool
) -> None:
    vendor.repeats = 400
    vendor.troubles["Привет"] = [LOSES]
    attempt = await started(vendor.url)
    with pytest.raises(TransportError):
        await attempt(event(reply_to="of-a-campaign"))
    vendor.heeds_quotes = heeds
    verdict = await attempt(event(reply_to="of-a-campaign"))
    assert (verdict.outcome, verdict.already) == (Outcome.DELIVERED, True)
    assert len(vendor.shown) == 1


async def test_a_message_that_amojo_does_not_take_without_its_quote_either_is_refused(
    started: Started, vendor: Vendor
) -> None:
    vendor.troubles["Привет"] = WRONG_TEXT
    verdict = await (await started(vendor.url))(event(reply_to="of-a-campaign"))
    assert (verdict.outcome, verdict.status) == (Outcome.PERMANENT, 400)
    assert [bool(each) for each in quotes(vendor)] == [True, False]
    assert vendor.shown == []


async def begun_by_an_operator(fake: AmojoFake) -> str:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{fake.url}/operator/messages", json={"phone": CLIENT.address, "text": "Здравствуйте"}) as answer,
    ):
        chat_id: str = (await answer.json())["chat_id"]
        return chat_id


def called(fake: AmojoFake) -> list[tuple[str, bool]]:
    """The kinds of the calls that came in, and whether they name the only chat in their path."""
    [chat_id] = fake.vendor.scope.chats
    return [(entry.kind, chat_id in entry.path) for entry in fake.journal.entries if entry.direction == "received"]


async def test_a_refused_answer_in_a_chat_that_an_operator_began_makes_no_second_chat(
    started: Started, amojo: AmojoFake
) -> None:
    attempt = await started(amojo.url, await begun_by_an_operator(amojo))
    amojo.faults.set(Fault(match="Привет", status=400))
    verdict = await attempt(event())
    assert (verdict.outcome, verdict.status) == (Outcome.PERMANENT, 400)
    assert called(amojo) == [("new_message", False), ("history", True)]


async def test_an_answer_that_was_taken_is_found_in_the_chat_that_an_operator_began(
    started: Started, amojo: AmojoFake
) -> None:
    attempt = await started(amojo.url, await begun_by_an_operator(amojo))
    amojo.faults.set(Fault(match="Привет", reset_share=1.0, after_accept=True))
    with pytest.raises(TransportError):
        await attempt(event())
    amojo.faults.clear()
    verdict = await attempt(event())
    assert (verdict.outcome, verdict.already) == (Outcome.DELIVERED, True)
    assert verdict.vendor_id in amojo.vendor.scope.messages
    assert called(amojo) == [("new_message", False)] * 2 + [("history", True)]
