"""What is registered for a channel: its bot, its accounts, its URLs, what its managers may do (amojo.md §1, §10)."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest

from sandbox import credentials
from sandbox.amojo import AmojoConfig, AmojoFake
from tests.contract.amojo_caller import CHANNEL, PREFIX, SCOPE, call, connect, message
from tests.contract.controls import ask, turn
from tests.contract.sink import Sink, until

BOT = AmojoConfig().bot_id
OTHER = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
OTHER_SCOPE = f"{PREFIX}/{credentials.AMOCRM_CHANNEL_ID}_{OTHER}"


async def told(session: aiohttp.ClientSession, fake: AmojoFake, path: str = SCOPE, **changes: Any) -> tuple[int, Any]:
    """A new message; its status and JSON."""
    status, body = await call(session, fake, path, message(**changes))
    return status, json.loads(body) if body else None


async def writes(session: aiohttp.ClientSession, fake: AmojoFake, **order: Any) -> tuple[int, Any]:
    """An operator writes."""
    return await ask(session, fake, "/operator/messages", **{"conversation_id": "c-1", "text": "x", **order})


async def test_a_message_is_imported_for_the_channels_bot_and_no_hook_tells_of_it(
    session: aiohttp.ClientSession, amojo: AmojoFake, sink: Sink
) -> None:
    await connect(session, amojo)
    by_bot: dict[str, Any] = {
        "sender": {"id": "bot", "name": "Наш бот", "ref_id": BOT},
        "receiver": {"id": "u-1", "name": "Анна"},
    }
    status, answer = await told(session, amojo, silent=True, **by_bot)
    assert (status, answer["new_message"]["sender_id"]) == (200, BOT)
    assert answer["new_message"]["receiver_id"]
    chat = answer["new_message"]["conversation_id"]
    _, body = await call(session, amojo, f"{SCOPE}/chats/{chat}/history", method="GET")
    (found,) = json.loads(body)["messages"]
    assert (found["sender"], found["receiver"]["client_id"]) == ({"id": BOT, "name": "Бот"}, "u-1")
    assert not amojo.busy
    assert sink.arrived == []
    async with session.get(f"{amojo.url}/") as helped:
        words = await helped.text()
    assert amojo.config.channel_code in words
    assert BOT in words


async def test_a_silent_message_of_the_bot_binds_a_chat_that_a_manager_began_but_not_its_client(
    session: aiohttp.ClientSession, amojo: AmojoFake, sink: Sink
) -> None:
    await connect(session, amojo)
    await turn(session, amojo, "/operator/messages", phone="79001234567", text="one")
    first = json.loads((await sink.wait_for(1))[0].body)["message"]
    bound: dict[str, Any] = {"conversation_id": "c-9", "conversation_ref_id": first["conversation"]["id"]}
    by_bot: dict[str, Any] = {"sender": {"name": "", "ref_id": BOT}, "receiver": {"id": "u-9"}}
    assert (await told(session, amojo, silent=True, **bound, **by_bot))[0] == 200
    await turn(session, amojo, "/operator/messages", conversation_id="c-9", text="two")
    second = json.loads((await sink.wait_for(2))[1].body)["message"]
    assert second["conversation"] == {"id": first["conversation"]["id"], "client_id": "c-9"}
    assert "client_id" not in second["receiver"]


async def test_a_receiver_may_be_named_by_amojos_id_alone_and_an_unknown_one_is_refused(
    session: aiohttp.ClientSession, amojo: AmojoFake
) -> None:
    await connect(session, amojo)
    _, answer = await told(session, amojo)
    client = answer["new_message"]["sender_id"]
    sender = {"id": "bot", "name": "x", "ref_id": BOT}
    status, answer = await told(session, amojo, msgid="m-2", sender=sender, receiver={"ref_id": client})
    assert (status, answer["new_message"]["receiver_id"]) == (200, client)
    status, answer = await told(session, amojo, msgid="m-3", sender=sender, receiver={"ref_id": OTHER})
    assert (status, answer["error_description"]) == (400, "receiver: user not found")
    status, answer = await told(session, amojo, msgid="m-3", sender={**sender, "ref_id": OTHER}, receiver={"id": "u"})
    assert (status, answer["error_description"]) == (400, "sender: user not found")


async def test_a_connection_that_asks_for_no_title_has_the_channels_name(
    session: aiohttp.ClientSession, amojo: AmojoFake
) -> None:
    assert (await connect(session, amojo, title=None))["title"] == amojo.config.channel_name
    assert (await connect(session, amojo, title="Склад"))["title"] == "Склад"


@pytest.mark.parametrize("status", [403, 400])
async def test_an_account_that_is_not_on_the_channels_list_is_refused_in_either_way(
    session: aiohttp.ClientSession, amojo: AmojoFake, status: int
) -> None:
    await turn(session, amojo, "/behaviour", refused_status=status)
    assert (await call(session, amojo, f"{CHANNEL}/connect", {"account_id": OTHER}))[0] == status
    assert await call(session, amojo, OTHER_SCOPE, message()) == (404, b"")


@pytest.mark.parametrize("switch", [{"accounts": [OTHER]}, {"private": False}])
async def test_accounts_of_one_channel_share_nothing_and_hooks_name_the_scope_of_each(
    session: aiohttp.ClientSession, amojo: AmojoFake, sink: Sink, switch: dict[str, Any]
) -> None:
    assert (await turn(session, amojo, "/behaviour", **switch)).items() >= switch.items()
    await connect(session, amojo)
    answer = await connect(session, amojo, account_id=OTHER, title="Второй")
    assert (answer["account_id"], answer["title"]) == (OTHER, "Второй")
    assert OTHER_SCOPE.endswith(answer["scope_id"])
    one, two = [(await told(session, amojo, path))[1]["new_message"] for path in (SCOPE, OTHER_SCOPE)]
    assert one["ref_id"] == two["ref_id"] == "m-1"
    assert {one["msgid"], one["conversation_id"], one["sender_id"]}.isdisjoint(two.values())
    for order in {}, {"account_id": OTHER}:
        assert (await writes(session, amojo, **order))[0] == 200
    await until(lambda: not amojo.busy)
    hooks = {each.path.rpartition("/")[2].rpartition("_")[2]: json.loads(each.body) for each in sink.arrived}
    assert set(hooks) == {credentials.AMOCRM_ACCOUNT_ID, OTHER}
    assert [hooks[each]["account_id"] == each for each in hooks] == [True, True]
    senders = {hook["message"]["sender"]["id"] for hook in hooks.values()}
    assert len(senders) == 2
    assert (await writes(session, amojo, account_id="none"))[0] == 404


async def test_disconnecting_one_account_leaves_the_others_connected(
    session: aiohttp.ClientSession, amojo: AmojoFake
) -> None:
    await turn(session, amojo, "/behaviour", accounts=[OTHER])
    assert await call(session, amojo, OTHER_SCOPE, message()) == (404, b"")
    for account in credentials.AMOCRM_ACCOUNT_ID, OTHER:
        await connect(session, amojo, account_id=account)
    assert await call(session, amojo, f"{CHANNEL}/disconnect", {"account_id": OTHER}, method="DELETE") == (200, b"")
    assert (await told(session, amojo))[0] == 200
    assert (await told(session, amojo, OTHER_SCOPE))[0] == 404
    assert (await writes(session, amojo, account_id=OTHER))[0] == 409
    unknown = {"account_id": "none"}
    assert (await call(session, amojo, f"{CHANNEL}/disconnect", unknown, method="DELETE"))[0] == 404


async def test_hooks_of_each_version_go_to_the_url_of_that_version(
    session: aiohttp.ClientSession, amojo: AmojoFake, sink: Sink
) -> None:
    urls = {f"hook_url_{version}": f"{sink.url}/{version}/:scope_id" for version in ("v1", "v2")}
    await turn(session, amojo, "/behaviour", **urls)
    await connect(session, amojo)
    await writes(session, amojo)
    await sink.wait_for(1)
    await connect(session, amojo, hook_api_version=None)
    await writes(session, amojo)
    await sink.wait_for(2)
    await turn(session, amojo, "/behaviour", hook_url_v1=None)
    await writes(session, amojo)
    scope = SCOPE.rpartition("/")[2]
    paths = [each.path for each in await sink.wait_for(3)]
    assert paths == [f"/v2/{scope}", f"/v1/{scope}", f"/webhooks/amocrm/{scope}"]


@pytest.mark.parametrize("version", ["v1", "v2"])
async def test_connecting_with_a_version_that_has_no_url_is_400_and_the_scope_stays_as_it_was(
    session: aiohttp.ClientSession, amojo: AmojoFake, version: str
) -> None:
    await turn(session, amojo, "/behaviour", **{f"hook_url_{version}": ""})
    account = {"account_id": credentials.AMOCRM_ACCOUNT_ID, "hook_api_version": version}
    status, body = await call(session, amojo, f"{CHANNEL}/connect", account)
    assert status == 400
    assert json.loads(body)["error_description"].startswith("hook_api_version:")
    assert not amojo.vendor.scope.connected
    await connect(session, amojo, hook_api_version={"v1": "v2", "v2": "v1"}[version])


@pytest.mark.parametrize(
    ("switch", "control", "order"),
    [
        ("write_first", "/operator/messages", {"phone": "79001234567", "text": "x"}),
        ("quoting", "/operator/messages", {"conversation_id": "c-1", "text": "x", "reply_to": "m-1"}),
        ("quoting", "/operator/messages", {"conversation_id": "c-1", "text": "x", "forward": "m-1"}),
        ("reactions", "/operator/reactions", {"message_id": "m-1", "emoji": "👍"}),
    ],
)
async def test_managers_do_only_what_is_switched_on_for_their_channel(
    session: aiohttp.ClientSession, amojo: AmojoFake, sink: Sink, switch: str, control: str, order: dict[str, Any]
) -> None:
    await connect(session, amojo)
    await told(session, amojo)
    await turn(session, amojo, "/behaviour", **{switch: False})
    assert (await ask(session, amojo, control, **order))[0] == 409
    assert (await writes(session, amojo))[0] == 200
    await turn(session, amojo, "/behaviour", **{switch: True})
    assert (await ask(session, amojo, control, **order))[0] == 200
    assert len(await sink.wait_for(2)) == 2


async def test_a_manager_who_types_is_told_once_in_five_seconds_and_only_where_it_is_switched_on(
    session: aiohttp.ClientSession, amojo: AmojoFake, sink: Sink
) -> None:
    await connect(session, amojo)
    await turn(session, amojo, "/behaviour", typing_hooks=False)
    hooks = [(await turn(session, amojo, "/operator/typing", conversation_id="c-1"))["hook"]]
    await turn(session, amojo, "/behaviour", typing_hooks=True)
    for conversation in "c-1", "c-1", "c-2":
        order = {"conversation_id": conversation, "post_id": "p-1"}
        hooks.append((await turn(session, amojo, "/operator/typing", **order))["hook"])
    assert hooks == [False, True, False, True]
    await until(lambda: not amojo.busy)
    typed = [json.loads(each.body)["action"]["typing"] for each in sink.arrived]
    assert {each["conversation"]["client_id"] for each in typed} == {"c-1", "c-2"}
    assert {each["post_id"] for each in typed} == {"p-1"}


async def test_after_the_channels_time_window_only_a_template_passes_unless_connect_switched_it_off(
    session: aiohttp.ClientSession, amojo: AmojoFake
) -> None:
    await connect(session, amojo)
    await turn(session, amojo, "/behaviour", time_window_s=3600)
    assert (await writes(session, amojo))[0] == 409  # the client has not written yet
    await told(session, amojo)
    assert (await writes(session, amojo))[0] == 200
    await turn(session, amojo, "/behaviour", time_window_s=0.001)
    assert (await writes(session, amojo))[0] == 409
    assert (await writes(session, amojo, template={"id": 7, "content": "Здравствуйте"}))[0] == 200
    await connect(session, amojo, is_time_window_disabled=True)
    assert (await writes(session, amojo))[0] == 200


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("accounts", {"accounts": OTHER}),
        ("accounts", {"accounts": [7]}),
        ("hook_url_v1", {"hook_url_v1": "gateway/hooks"}),
        ("time_window_s", {"time_window_s": -1}),
        ("clock_offset_s", {"clock_offset_s": "fast"}),
        ("slow_queue", {"slow_queue": True}),
        ("slow_after", {"slow_after": 0}),
        ("unknown_quoted", {"unknown_quoted": 400}),
    ],
)
async def test_a_switch_that_makes_no_sense_is_refused_by_name(
    session: aiohttp.ClientSession, amojo: AmojoFake, field: str, given: dict[str, Any]
) -> None:
    before = amojo.vendor.behaviour()
    status, answer = await ask(session, amojo, "/behaviour", kommo=True, **given)
    assert status == 400
    assert answer["detail"].startswith(f"{field}:")
    assert amojo.vendor.behaviour() == before
