"""What the bridge makes of the fakes' webhooks, and the fakes of the bridge's requests."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bridge.amojo import requests as amojo_requests
from bridge.amojo import webhooks as amojo_webhooks
from bridge.edna import requests as edna_requests
from bridge.edna import webhooks as edna_webhooks
from bridge.edna.channels import NOTHING_TOLD
from bridge.events import Content, ContentType, InboundMessage, MessageStatus, OutboundMessage, Person, StatusUpdate
from bridge.ids import Conversation
from bridge.settings import CASCADE_PATH, README_PATH, Settings
from sandbox import credentials
from sandbox.amojo import AmojoFake
from sandbox.edna import EdnaFake
from tests.contract.amojo_caller import SCOPE, call, connect
from tests.contract.sink import Sink
from tests.contract.test_amojo_calls import operator
from tests.contract.test_edna_sends import KEY
from tests.contract.test_edna_webhooks import write

SANDBOX = Path(__file__).parents[2] / "sandbox"
TEXT = 'Привет & <b> "кавычки" \\ \u2028 😀\nвторая строка'
CLIENT = Conversation("345", "79001234567")
MESSAGE_ID = "0f8fad5b-d9cb-469f-a165-70867728950e"


def edna_reading() -> edna_webhooks.Reading:
    return edna_webhooks.Reading(im_type="whatsapp", region="RU")


@pytest.mark.parametrize(("form", "channel"), [("pulse", "345"), ("array", "345"), ("readme", "whatsapp")])
async def test_the_bridge_reads_a_clients_message_as_the_client_wrote_it(
    session: aiohttp.ClientSession, edna: EdnaFake, sink: Sink, form: str, channel: str
) -> None:
    _, answer = await write(session, edna, text=TEXT, form=form, channel=channel, name="Анна")
    document = json.loads((await sink.wait_for(1))[0].body)
    event = edna_webhooks.parse(document[0] if form == "array" else document, edna_reading())
    assert isinstance(event, InboundMessage)
    assert event.conversation_id == Conversation(channel, "79001234567").id
    assert event.message_id == str(answer["id"])
    assert event.content.text == TEXT


def the_request(settings: Settings) -> edna_requests.SendRequest:
    """The call that the bridge makes of one text where edna tells no channels."""
    route = NOTHING_TOLD.route("345", settings)
    assert route is not None
    [request] = edna_requests.send_requests(outbound(), route)
    return request


async def test_the_bridge_reads_the_statuses_of_what_it_sent(
    session: aiohttp.ClientSession, edna: EdnaFake, sink: Sink
) -> None:
    settings = Settings(_env_file=None, edna_send_path=CASCADE_PATH, edna_cascade_id=str(credentials.EDNA_CASCADE_ID))
    request = the_request(settings)
    async with session.post(
        edna.url + CASCADE_PATH, data=request.body, headers={**KEY, "Content-Type": "application/json"}
    ) as answer:
        assert answer.status == 200
    events = [edna_webhooks.parse(json.loads(each.body), edna_reading()) for each in await sink.wait_for(2)]
    assert all(isinstance(event, StatusUpdate) for event in events)
    told = [(event.message_id, event.status) for event in events if isinstance(event, StatusUpdate)]
    assert told == [(MESSAGE_ID, MessageStatus.SENT), (MESSAGE_ID, MessageStatus.DELIVERED)]


async def test_the_readme_form_of_the_bridge_is_accepted(session: aiohttp.ClientSession, edna: EdnaFake) -> None:
    request = the_request(Settings(_env_file=None, edna_send_path=README_PATH))
    async with session.post(
        edna.url + README_PATH, data=request.body, headers={**KEY, "Content-Type": "application/json"}
    ) as answer:
        assert answer.status == 200


@pytest.mark.parametrize(
    "sender", [Person(), Person(name="Анна"), Person(name="", phone="+79001234567", avatar="https://x/a.jpg")]
)
async def test_a_message_that_the_bridge_makes_is_one_that_amojo_takes(
    session: aiohttp.ClientSession, amojo: AmojoFake, sender: Person
) -> None:
    await connect(session, amojo)
    event = InboundMessage(
        event_id="e-1",
        channel=CLIENT.channel,
        address=CLIENT.address,
        conversation_id=CLIENT.id,
        accepted_at=1748946030123,
        message_id="14558923001",
        sender=sender,
        content=Content(type=ContentType.TEXT, text=TEXT),
    )
    status, body = await call(session, amojo, SCOPE, body=amojo_requests.new_message(event))
    assert status == 200, body
    (message,) = amojo.vendor.scope.messages.values()
    assert message.content["text"] == TEXT
    assert amojo.journal.entries[-1].conversation == CLIENT.id


@pytest.mark.parametrize("status", list(MessageStatus))
async def test_a_status_that_the_bridge_makes_is_one_that_amojo_takes(
    session: aiohttp.ClientSession, amojo: AmojoFake, status: MessageStatus
) -> None:
    await connect(session, amojo)
    await operator(session, amojo, conversation_id=CLIENT.id, text="x", id=MESSAGE_ID)
    event = StatusUpdate(
        event_id="e-1",
        channel=CLIENT.channel,
        address=CLIENT.address,
        conversation_id=CLIENT.id,
        accepted_at=1748946030123,
        message_id=MESSAGE_ID,
        request_id=MESSAGE_ID,
        status=status,
    )
    body = amojo_requests.delivery_status(event)
    if body is None:
        assert status in {MessageStatus.ENQUEUED, MessageStatus.SENT, MessageStatus.UNKNOWN}
        return
    assert await call(session, amojo, f"{SCOPE}/{MESSAGE_ID}/delivery_status", body=body) == (200, b"")


async def test_the_bridge_reads_an_operators_message_as_the_operator_wrote_it(
    session: aiohttp.ClientSession, amojo: AmojoFake, sink: Sink
) -> None:
    await connect(session, amojo)
    _, written = await operator(session, amojo, conversation_id=CLIENT.id, text=TEXT)
    document = json.loads((await sink.wait_for(1))[0].body)
    event = amojo_webhooks.parse(document, amojo_webhooks.Reading(im_type="whatsapp", region="RU"))
    assert isinstance(event, OutboundMessage)
    assert (event.message_id, event.chat_id) == (written["id"], written["chat_id"])
    assert (event.conversation_id, event.address) == (CLIENT.id, CLIENT.address)
    assert event.content.text == TEXT
    assert amojo_webhooks.account_id(document) == credentials.AMOCRM_ACCOUNT_ID


def test_the_fakes_share_no_vendor_code_with_the_bridge() -> None:
    own = [SANDBOX / f"{name}.py" for name in ("credentials", "journal", "faults", "hooks", "fake", "__main__")]
    files = [*own, *SANDBOX.glob("edna/*.py"), *SANDBOX.glob("amojo/*.py")]
    imported: set[str] = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                imported.add(node.module or "")
            elif isinstance(node, ast.Import):
                imported.update(alias.name for alias in node.names)
    outside = {name for name in imported if name.split(".")[0] in {"bridge", "gateway", "streams", "ops"}}
    assert outside == {"bridge.errors", "bridge.settings"}


async def test_a_webhook_without_an_address_is_refused_and_the_address_may_come_later(
    session: aiohttp.ClientSession, edna: EdnaFake, sink: Sink
) -> None:
    address, edna.webhook_url = edna.webhook_url, None
    await write(session, edna, id=1)
    assert (edna.journal.entries[0].status, edna.journal.entries[0].outcome) == (None, "refused")
    edna.webhook_url = address
    (arrived,) = await sink.wait_for(1)
    assert json.loads(arrived.body)["id"] == 1


def outbound(**changes: Any) -> OutboundMessage:
    return OutboundMessage(
        event_id="e-1",
        channel=CLIENT.channel,
        address=CLIENT.address,
        conversation_id=CLIENT.id,
        accepted_at=1748946030123,
        message_id=MESSAGE_ID,
        content=Content(type=ContentType.TEXT, text=TEXT),
        **changes,
    )
