"""What the fake amojo accepts and refuses, call by call (amojo.md §1-5, §10)."""

from __future__ import annotations

import json
import uuid
from typing import Any

import aiohttp
import pytest

from bridge.amojo.client import AmojoClient
from bridge.http import HttpTransport
from bridge.outcome import Outcome
from bridge.settings import Settings
from sandbox import credentials
from sandbox.amojo import AmojoConfig, AmojoFake
from tests.contract.amojo_caller import CHANNEL, SCOPE, call, connect, message

CHAT = {"conversation_id": "c-1", "user": {"id": "u-1", "name": "Анна", "profile": {"phone": "79990000001"}}}


async def accepted(session: aiohttp.ClientSession, fake: AmojoFake, **changes: Any) -> dict[str, str]:
    status, body = await call(session, fake, SCOPE, message(**changes))
    assert status == 200, body
    answer: dict[str, str] = json.loads(body)["new_message"]
    return answer


async def operator(session: aiohttp.ClientSession, fake: AmojoFake, **order: Any) -> tuple[int, dict[str, str]]:
    async with session.post(f"{fake.url}/operator/messages", json=order) as answer:
        return answer.status, await answer.json()


async def test_connect_echoes_its_fields_with_the_scope_and_may_be_repeated(
    session: aiohttp.ClientSession, amojo: AmojoFake
) -> None:
    expected = {
        "account_id": credentials.AMOCRM_ACCOUNT_ID,
        "scope_id": f"{credentials.AMOCRM_CHANNEL_ID}_{credentials.AMOCRM_ACCOUNT_ID}",
        "title": "Demo",
        "hook_api_version": "v2",
        "is_time_window_disabled": False,
    }
    assert [await connect(session, amojo) for _ in range(2)] == [expected, expected]


async def test_connect_without_a_version_means_the_old_hooks(session: aiohttp.ClientSession, amojo: AmojoFake) -> None:
    assert (await connect(session, amojo, hook_api_version=None))["hook_api_version"] == "v1"


@pytest.mark.parametrize(
    ("document", "status"),
    [
        ({}, 400),
        ({"account_id": 31234567}, 400),
        ({"account_id": credentials.AMOCRM_ACCOUNT_ID, "hook_api_version": "v3"}, 400),
        ({"account_id": credentials.AMOCRM_ACCOUNT_ID, "is_time_window_disabled": 1}, 400),
        ({"account_id": "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"}, 403),
        ([], 400),
    ],
)
async def test_connect_refuses_what_is_not_an_account_of_the_channel(
    session: aiohttp.ClientSession, amojo: AmojoFake, document: Any, status: int
) -> None:
    assert (await call(session, amojo, f"{CHANNEL}/connect", document))[0] == status


async def test_a_scope_that_is_not_connected_is_404_on_every_call(
    session: aiohttp.ClientSession, amojo: AmojoFake
) -> None:
    status = {"status_code": 1}
    typing = {"conversation_id": "c-1", "sender": {"id": "u-1"}}
    calls = ((SCOPE, message()), (f"{SCOPE}/chats", CHAT), (f"{SCOPE}/x/delivery_status", status))
    for path, document in (*calls, (f"{SCOPE}/typing", typing)):
        assert await call(session, amojo, path, document) == (404, b"")
    assert (await operator(session, amojo, conversation_id="c-1", text="x"))[0] == 409
    await connect(session, amojo)
    await accepted(session, amojo)
    account = {"account_id": credentials.AMOCRM_ACCOUNT_ID}
    assert await call(session, amojo, f"{CHANNEL}/disconnect", account, method="DELETE") == (200, b"")
    assert (await call(session, amojo, SCOPE, message(msgid="m-2")))[0] == 404


async def test_without_require_connect_the_scope_works_at_once(session: aiohttp.ClientSession) -> None:
    fake = AmojoFake(AmojoConfig(require_connect=False))
    await fake.start()
    try:
        assert (await accepted(session, fake))["ref_id"] == "m-1"
    finally:
        await fake.stop()


async def test_a_message_is_answered_with_amojos_ids_and_no_receiver(
    session: aiohttp.ClientSession, amojo: AmojoFake
) -> None:
    await connect(session, amojo)
    answer = await accepted(session, amojo)
    assert set(answer) == {"conversation_id", "sender_id", "msgid", "ref_id"}
    assert answer["ref_id"] == "m-1"
    assert str(uuid.UUID(answer["msgid"])) == answer["msgid"]
    entry = amojo.journal.entries[-1]
    assert (entry.kind, entry.conversation, entry.outcome) == ("new_message", "c-1", "new")


async def test_a_repeated_msgid_has_the_same_result_and_makes_no_second_message(
    session: aiohttp.ClientSession, amojo: AmojoFake
) -> None:
    await connect(session, amojo)
    assert await accepted(session, amojo) == await accepted(session, amojo)
    assert [entry.outcome for entry in amojo.journal.entries[-2:]] == ["new", "duplicate"]
    assert [entry.attempt for entry in amojo.journal.entries[-2:]] == [1, 2]
    assert len(amojo.vendor.scope.messages) == 1


async def test_a_repeated_msgid_can_be_refused_instead(session: aiohttp.ClientSession) -> None:
    fake = AmojoFake(AmojoConfig(require_connect=False, duplicate_msgid="http_400"))
    await fake.start()
    try:
        await accepted(session, fake)
        assert (await call(session, fake, SCOPE, message()))[0] == 400
        assert fake.journal.entries[-1].outcome == "duplicate"
    finally:
        await fake.stop()


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("timestamp", {"timestamp": ...}),
        ("timestamp", {"timestamp": "1748946030"}),
        ("timestamp", {"timestamp": True}),
        ("msec_timestamp", {"msec_timestamp": 1748946030123.0}),
        ("msgid", {"msgid": ...}),
        ("msgid", {"msgid": 7}),
        ("msgid", {"msgid": ""}),
        ("conversation_id", {"conversation_id": ...}),
        ("sender", {"sender": ...}),
        ("sender.id", {"sender": {"name": "x"}}),
        ("sender.id", {"sender": {"id": 5, "name": "x"}}),
        ("sender.name", {"sender": {"id": "u-1"}}),
        ("sender.profile.phone", {"sender": {"id": "u-1", "name": "x", "profile": {"phone": 79990000001}}}),
        ("silent", {"silent": "no"}),
        ("source.external_id", {"source": {"external_id": "x" * 41}}),
        ("message", {"message": ...}),
        ("message.type", {"message": {"type": "poll", "text": "x"}}),
        ("message.text", {"message": {"type": "text", "text": ""}}),
        ("message.text", {"message": {"type": "text", "text": None}}),
        ("message.media", {"message": {"type": "picture", "text": "caption"}}),
        ("message.file_size", {"message": {"type": "file", "media": "https://x/a", "file_size": "5"}}),
        ("message.location", {"message": {"type": "location"}}),
        ("message.location.lat", {"message": {"type": "location", "location": {"lon": 1.5, "lat": "2"}}}),
        ("message.contact.phone", {"message": {"type": "contact", "contact": {"name": "x"}}}),
        ("receiver.id", {"receiver": {"name": "x"}}),
        ("sender", {"receiver": {"id": "u-1"}}),
        ("conversation_ref_id", {"conversation_ref_id": "99999999-8888-4777-8666-555555555555"}),
    ],
)
async def test_a_message_with_a_wrong_field_is_400_naming_it(
    session: aiohttp.ClientSession, amojo: AmojoFake, field: str, changes: dict[str, Any]
) -> None:
    await connect(session, amojo)
    status, body = await call(session, amojo, SCOPE, message(**changes))
    assert status == 400
    assert json.loads(body)["error_description"].startswith(f"{field}:")
    assert amojo.journal.entries[-1].outcome == "refused"


@pytest.mark.parametrize("body", [b"{", b"", b"[]", b'{"event_type":"message","payload":{}}', b'{"payload":{}}'])
async def test_what_is_no_event_is_400(session: aiohttp.ClientSession, amojo: AmojoFake, body: bytes) -> None:
    await connect(session, amojo)
    assert (await call(session, amojo, SCOPE, body=body))[0] == 400


@pytest.mark.parametrize(
    "content",
    [
        {"type": "picture", "text": "caption", "media": "https://x/a.jpg", "file_name": "a.jpg", "file_size": 5},
        {"type": "voice", "media": "https://x/a.ogg", "media_duration": 5},
        {"type": "location", "location": {"lon": 37.61, "lat": 55.75}},
        {"type": "contact", "contact": {"name": "Пётр", "phone": "+79990000002"}},
    ],
)
async def test_other_types_pass_with_their_fields(
    session: aiohttp.ClientSession, amojo: AmojoFake, content: dict[str, Any]
) -> None:
    await connect(session, amojo)
    await accepted(session, amojo, message=content)


async def test_a_chat_made_in_advance_is_the_one_of_the_first_message(
    session: aiohttp.ClientSession, amojo: AmojoFake
) -> None:
    await connect(session, amojo)
    made = [json.loads((await call(session, amojo, f"{SCOPE}/chats", CHAT))[1]) for _ in range(2)]
    assert made[0] == made[1]
    assert made[0]["user"]["client_id"] == "u-1"
    answer = await accepted(session, amojo, sender={"id": "u-1", "name": "Анна"})
    assert (answer["conversation_id"], answer["sender_id"]) == (made[0]["id"], made[0]["user"]["id"])
    without = {"user": {"id": "u-1", "name": "Анна"}}
    assert (await call(session, amojo, f"{SCOPE}/chats", without))[0] == 400


@pytest.mark.parametrize(
    "document",
    [
        {"status_code": 1},
        {"status_code": 2},
        {"status_code": -1, "error_code": 905, "error": "нет"},
        {"delivery_status": 1},
        {"delivery_status": -1, "error_code": 904, "error": "нет"},
        {"delivery_status": 1, "error_code": 0, "error": ""},
    ],
)
async def test_both_dialects_of_a_delivery_status_are_accepted(
    session: aiohttp.ClientSession, amojo: AmojoFake, document: dict[str, Any]
) -> None:
    await connect(session, amojo)
    _, written = await operator(session, amojo, conversation_id="c-1", text="x")
    path = f"{SCOPE}/{written['id']}/delivery_status"
    named = {**document, "msgid": written["id"]} if "delivery_status" in document else document
    assert await call(session, amojo, path, named) == (200, b"")
    assert (await call(session, amojo, path, named))[0] == 200
    told = [entry for entry in amojo.journal.entries if entry.kind == "delivery_status"]
    assert [(entry.outcome, entry.conversation) for entry in told] == [("new", "c-1"), ("duplicate", "c-1")]


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"status_code": True},
        {"status_code": "1"},
        {"status_code": 0},
        {"status_code": 3},
        {"status_code": -1},
        {"status_code": -1, "error_code": 905},
        {"status_code": -1, "error_code": 905, "error": ""},
        {"status_code": -1, "error": "нет"},
        {"status_code": -1, "error_code": 900, "error": "нет"},
        {"status_code": -1, "error_сode": 905, "error": "the field has a Cyrillic letter"},
        {"status_code": 1, "error": "нет"},
        {"delivery_status": 1, "msgid": "another"},
    ],
)
async def test_a_delivery_status_that_breaks_a_rule_is_400(
    session: aiohttp.ClientSession, amojo: AmojoFake, document: dict[str, Any]
) -> None:
    await connect(session, amojo)
    _, written = await operator(session, amojo, conversation_id="c-1", text="x")
    assert (await call(session, amojo, f"{SCOPE}/{written['id']}/delivery_status", document))[0] == 400


async def test_a_delivery_status_takes_amojos_message_id_only(session: aiohttp.ClientSession, amojo: AmojoFake) -> None:
    await connect(session, amojo)
    answer = await accepted(session, amojo)
    assert (await call(session, amojo, f"{SCOPE}/m-1/delivery_status", {"status_code": 1}))[0] == 404
    assert (await call(session, amojo, f"{SCOPE}/{answer['msgid']}/delivery_status", {"status_code": 1}))[0] == 200


async def test_typing_is_204(session: aiohttp.ClientSession, amojo: AmojoFake) -> None:
    await connect(session, amojo)
    typing: dict[str, Any] = {"conversation_id": "c-1", "sender": {"id": "u-1"}}
    assert await call(session, amojo, f"{SCOPE}/typing", typing) == (204, b"")
    del typing["sender"]
    assert (await call(session, amojo, f"{SCOPE}/typing", typing))[0] == 400


async def test_the_history_is_newest_first_in_pages_of_at_most_fifty(
    session: aiohttp.ClientSession, amojo: AmojoFake
) -> None:
    await connect(session, amojo)
    for number in range(55):
        answer = await accepted(session, amojo, msgid=f"m-{number}", msec_timestamp=1748946030000 + number)
    path = f"{SCOPE}/chats/{answer['conversation_id']}/history"

    async def page(query: str) -> list[str]:
        status, body = await call(session, amojo, path + query, method="GET")
        return [each["message"]["client_id"] for each in json.loads(body)["messages"]] if status == 200 else []

    assert await page("?offset=0&limit=100") == [f"m-{number}" for number in range(54, 4, -1)]
    assert await page("?offset=50&limit=3") == ["m-4", "m-3", "m-2"]
    assert await call(session, amojo, f"{path}?offset=60", method="GET") == (204, b"")
    assert (await call(session, amojo, f"{path}?limit=many", method="GET"))[0] == 400


async def test_the_client_of_the_bridge_connects_sends_and_reports(
    session: aiohttp.ClientSession, amojo: AmojoFake
) -> None:
    settings = Settings(
        _env_file=None,
        amocrm_channel_id=credentials.AMOCRM_CHANNEL_ID,
        amocrm_channel_secret=credentials.AMOCRM_CHANNEL_SECRET,
        amocrm_account_id=credentials.AMOCRM_ACCOUNT_ID,
        amocrm_amojo_base_url=amojo.url,
    )
    transport = HttpTransport()
    try:
        client = AmojoClient(settings, transport)
        body = json.dumps(message(), ensure_ascii=False).encode()
        assert (await client.connect()).outcome is Outcome.DELIVERED
        sent = await client.send_message(body)
        assert sent.outcome is Outcome.DELIVERED
        assert sent.vendor_id in amojo.vendor.scope.messages
        assert (await client.send_status(sent.vendor_id or "", b'{"status_code":1}')).outcome is Outcome.DELIVERED
        assert (await client.send_status("m-1", b'{"status_code":1}')).outcome is Outcome.NOT_OURS
    finally:
        await transport.close()
