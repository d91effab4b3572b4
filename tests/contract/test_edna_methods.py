"""edna's methods without a cascade: MAX, MAX Bot, templates by number, the legacy API (edna.md §2.2-§2.4, §7)."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from sandbox.edna import EdnaConfig, EdnaFake
from tests.contract.controls import turn
from tests.contract.edna_methods import (
    BOT,
    BOT_PATH,
    CASCADES,
    LEGACY,
    MAX,
    MAX_PATH,
    OLD,
    VIBER_TEMPLATE,
    WHATSAPP_TEMPLATE,
    legacy,
    template,
    to_bot,
    to_max,
)
from tests.contract.sink import Sink, until
from tests.contract.test_edna_sends import KEY, post

FILE = "https://files.example/a.jpg"
INVALID = "default.request.input_invalid"
BUTTON = {"caption": "Открыть", "action": "https://shop.example/"}
KEYS = {"rows": [{"buttons": [{"type": "MESSAGE", "text": "Да"}, {"type": "LINK", "text": "Сайт", "url": FILE}]}]}


@pytest.fixture
async def several(sink: Sink) -> AsyncIterator[EdnaFake]:
    """An account with a channel of each type, which fetches no files."""
    config = EdnaConfig(
        webhook_url=sink.url, cascades=CASCADES, sent_after_s=0.01, delivered_after_s=0.02, fetch_media=False
    )
    fake = EdnaFake(config)
    await fake.start()
    yield fake
    await fake.stop()


@pytest.mark.parametrize(
    ("path", "document", "answered_as"),
    [
        (BOT_PATH, to_bot(), "maxId"),
        (BOT_PATH, to_bot(type="VOICE", url="https://files.example/v.ogg"), "maxId"),
        (BOT_PATH, to_bot(type="AUDIO", url=FILE, name="a"), "maxId"),
        (BOT_PATH, to_bot(type="LOCATION", latitude=55.7, longitude=37.6), "maxId"),
        (BOT_PATH, to_bot(type="BUTTON", text="Магазин", button=BUTTON), "maxId"),
        (BOT_PATH, to_bot(type="KEYBOARD", text="Придёте?", keyboard=KEYS), "maxId"),
        (MAX_PATH, to_max(), "maxId"),
        (MAX_PATH, to_max(type="IMAGE", url=FILE, text="подпись"), "maxId"),
        (MAX_PATH, to_max(type="DOCUMENT", url=FILE), "maxId"),
        (MAX_PATH, {**to_max(), "to": {"value": "79001234567", "type": "PHONE"}}, "phone"),
    ],
)
async def test_a_send_to_max_is_answered_with_an_id_of_ednas_own(
    session: aiohttp.ClientSession, several: EdnaFake, path: str, document: dict[str, Any], answered_as: str
) -> None:
    status, answer = await post(session, several, document, path)
    assert status == 200, answer
    assert set(answer) == {"outMessageId", answered_as}
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", answer["outMessageId"])
    channel = BOT if path == BOT_PATH else MAX
    assert several.journal.entries[0].conversation == f"{channel.subject_id}/{answer[answered_as]}"


@pytest.mark.parametrize(
    ("path", "document", "code"),
    [
        (BOT_PATH, {**to_bot(), "sender": MAX.subject}, "default.subject.not_found"),
        (MAX_PATH, {**to_max(), "from": BOT.subject}, "default.subject.not_found"),
        (MAX_PATH, to_max(type="AUDIO", url=FILE), INVALID),
        (MAX_PATH, to_max(type="VOICE", url=FILE), INVALID),
        (MAX_PATH, to_max(type="IMAGE", url=FILE, name="a.jpg"), INVALID),
        (MAX_PATH, to_max(type="LOCATION", latitude=1.0, longitude=2.0), INVALID),
        (BOT_PATH, to_bot(type="TEXT", text="x" * 4001), INVALID),
        (BOT_PATH, to_bot(type="text", text="x"), INVALID),
        (BOT_PATH, to_bot(type="IMAGE", text="x"), INVALID),
        (BOT_PATH, to_bot(type="LOCATION", latitude="55", longitude="37"), INVALID),
        (BOT_PATH, to_bot(type="KEYBOARD", text="x", keyboard={"rows": [{"buttons": [{"type": "LINK"}]}]}), INVALID),
        (BOT_PATH, to_bot(type="BUTTON", text="x", button={**BUTTON, "action": "http://shop.example"}), INVALID),
        (BOT_PATH, {**to_bot(), "maxId": "anna"}, INVALID),
        (BOT_PATH, {**to_bot(), "content": ["TEXT"]}, INVALID),
        (WHATSAPP_TEMPLATE, template(sender="nobody"), "default.subject.not_found"),
        (VIBER_TEMPLATE, template(), "default.subject.not_found"),
        (WHATSAPP_TEMPLATE, template(templateId=1), INVALID),
        (WHATSAPP_TEMPLATE, template(textVariables=["Анна"]), INVALID),
        (WHATSAPP_TEMPLATE, template(textVariables="Анна"), INVALID),
    ],
)
async def test_what_a_method_does_not_take_is_400_with_a_code(
    session: aiohttp.ClientSession, several: EdnaFake, path: str, document: dict[str, Any], code: str
) -> None:
    status, answer = await post(session, several, document, path)
    assert (status, answer["code"], answer["instance"]) == (400, code, path)
    assert several.journal.entries[0].outcome == "refused"


@pytest.mark.parametrize("path", [BOT_PATH, LEGACY, "/api/channel-profile"])
async def test_beside_the_cascades_a_wrong_key_is_answered_by_a_code(
    session: aiohttp.ClientSession, several: EdnaFake, path: str
) -> None:
    method = "GET" if path.endswith("profile") else "POST"
    async with session.request(method, several.url + path, json={}) as answer:
        assert (answer.status, await answer.json()) == (401, {"code": "auth-error"})


async def test_a_caption_is_dropped_without_a_word(session: aiohttp.ClientSession, several: EdnaFake) -> None:
    await post(session, several, to_bot(type="IMAGE", url=FILE, caption="видно?"), BOT_PATH)
    await post(session, several, to_bot(type="IMAGE", url=FILE, text="видно"), BOT_PATH)
    shown = [entry.shown for entry in several.journal.entries if entry.direction == "received"]
    assert shown == [{"type": "IMAGE", "url": FILE}, {"type": "IMAGE", "url": FILE, "text": "видно"}]


async def test_statuses_of_max_carry_ednas_id_and_no_cascade_and_max_bot_tells_only_sent(
    session: aiohttp.ClientSession, several: EdnaFake, sink: Sink
) -> None:
    ids = {path: (await post(session, several, document, path))[1]["outMessageId"] for path, document in
           ((BOT_PATH, to_bot()), (MAX_PATH, to_max()))}  # fmt: skip
    told = [json.loads(one.body) for one in await sink.wait_for(2)]
    assert {(one["requestId"], one["status"]) for one in told} == {(own_id, "SENT") for own_id in ids.values()}
    assert all("cascadeId" not in one and str(one["messageId"]) != one["requestId"] for one in told)
    read = [
        (await post(session, several, {"request_id": ids[path]}, "/client/read", {}))[0]
        for path in (BOT_PATH, MAX_PATH)
    ]
    assert read == [409, 200]
    assert json.loads((await sink.wait_for(3))[2].body)["status"] == "READ"


async def test_a_template_by_its_number_is_filled_and_its_id_is_taken_once(
    session: aiohttp.ClientSession, several: EdnaFake, sink: Sink
) -> None:
    status, answer = await post(session, several, template(), WHATSAPP_TEMPLATE)
    assert (status, answer["phone"]) == (200, "79001234567")
    assert several.journal.entries[0].shown == {
        "type": "TEXT",
        "text": "Здравствуйте, Анна! Ваш заказ готов, ждём вас завтра.",
    }
    told = json.loads((await sink.wait_for(1))[0].body)
    assert (told["requestId"], told["comment"]) == (template()["messageId"], "a comment")
    assert await post(session, several, template(), WHATSAPP_TEMPLATE) == (400, {"message": "Duplicate messageId"})


@pytest.mark.parametrize("path", [LEGACY, OLD])
async def test_the_legacy_api_takes_an_id_once_and_tells_how_it_fared(
    session: aiohttp.ClientSession, several: EdnaFake, sink: Sink, path: str
) -> None:
    assert await post(session, several, legacy(), path) == (200, {"id": "dtest-001", "code": "ok"})
    again = {"id": "dtest-001", "code": "error-id-not-unique"}
    assert await post(session, several, legacy(text="другое"), path) == (400, again)
    assert several.journal.entries[0].conversation == "345/79001234567"
    told = [json.loads(one.body) for one in await sink.wait_for(2)]
    assert [one["dlvStatus"] for one in told] == ["sent", "delivered"]
    assert set(told[0]) == {"imOutMessageId", "dlvStatus", "dlvStatusAt", "dlvError", "rate", "reserveSms"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0300", told[0]["dlvStatusAt"])
    async with session.get(f"{several.url}{path}/dtest-001", headers=KEY) as answer:
        assert (await answer.json())["dlvStatus"] == "delivered"


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("error-syntax", {"id": "x" * 37}),
        ("error-subject-format", {"subject": 5}),
        ("error-subject-unknown", {"subject": "nobody"}),
        ("error-subject-unknown", {"imType": "viber"}),
        ("error-address-not-specified", {"address": ...}),
        ("error-address-format", {"address": "7900-1"}),
        ("error-priority-format", {"priority": "soon"}),
        ("error-content-type-not-specified", {"contentType": ...}),
        ("error-content-type-format", {"contentType": "IMAGE"}),
        ("error-content-format", {"text": ""}),
        ("error-attachment-url-not-specified", {"contentType": "image"}),
        ("error-latitude-not-specified", {"contentType": "location", "longitude": "37.6"}),
        ("error-longtitude-not-specified", {"contentType": "location", "latitude": "55.7"}),
    ],
)
async def test_the_legacy_api_refuses_by_its_codes(
    session: aiohttp.ClientSession, several: EdnaFake, code: str, changes: dict[str, Any]
) -> None:
    status, answer = await post(session, several, legacy(**changes), LEGACY)
    assert (status, answer["code"]) == (400, code)
    await turn(session, several, "/behaviour", legacy_error_status=200)
    assert (await post(session, several, legacy(**changes), LEGACY))[0] == 200
    assert {entry.outcome for entry in several.journal.entries} == {"refused"}


async def test_the_account_tells_its_channels_and_their_ids(session: aiohttp.ClientSession, several: EdnaFake) -> None:
    async with session.get(f"{several.url}/api/channel-profile", headers=KEY) as answer:
        listed = await answer.json()
    assert [(one["subject"], one["type"], one.get("subjectId"), one["active"]) for one in listed] == [
        ("sandbox_channel", "WHATSAPP", 345, True),
        ("RETAIL_VB", "VIBER", 346, True),
        ("my_bot", "MAX_BOT", 347, True),
        ("79620000000_max_xx", "MAX", 348, True),
        ("closed_sms", "SMS", None, False),
    ]
    async with session.get(f"{several.url}/api/channel-profile?types=MAX_BOT", headers=KEY) as answer:
        assert [one["subjectId"] for one in await answer.json()] == [347]
    async with session.get(f"{several.url}/api/channel-profile?types=PUSH", headers=KEY) as answer:
        assert await answer.json() == []


async def test_cascades_are_told_with_their_stages_inside_one_another(
    session: aiohttp.ClientSession, sink: Sink
) -> None:
    sms = EdnaConfig().channel
    chains = {"9": (CASCADES["2"], sms)}
    fake = EdnaFake(EdnaConfig(cascades=CASCADES, chains=chains, disabled=frozenset({"2"})))
    await fake.start()
    try:
        status, listed = await post(session, fake, {}, "/api/cascade/get-all/")
        both = {
            "viberContent": {"contentType": "TEXT", "text": "x"},
            "whatsappContent": {"contentType": "TEXT", "text": "x"},
        }
        send = {"requestId": "r-1", "cascadeId": 9, "subscriberFilter": {"address": "7900", "type": "PHONE"}}
        answers = [
            (await post(session, fake, {**send, "content": content}))[1].get("title")
            for content in ({"viberContent": both["viberContent"]}, both)
        ]
        disabled = await post(session, fake, {**send, "requestId": "r-2", "cascadeId": 2, "content": {}})
    finally:
        await fake.stop()
    assert status == 200
    by_id = {one["id"]: one for one in listed}
    assert by_id[1]["stages"][0]["subject"]["id"] == 345
    assert (by_id[1]["status"], by_id[2]["status"]) == ("ACTIVE", "DISABLED")
    chain = by_id[9]
    assert (chain["stagesCount"], len(chain["stages"])) == (2, 1)
    first = chain["stages"][0]
    assert first["decision"] == {"type": "TTL", "ttl": "00:01:00"}
    assert [one["subject"]["id"] for one in first["stages"]] == [345]
    assert by_id[5]["stages"][0]["subject"]["locked"] is True
    assert answers == ["request-doesn't-contain-content-for-all-cascade-stages", None]
    assert disabled[1]["title"] == "cascade-not-found"


async def test_templates_are_listed_by_channel(session: aiohttp.ClientSession, several: EdnaFake) -> None:
    path = "/api/message-matchers/get-by-request"
    status, listed = await post(session, several, {"subjectId": 345, "matcherTypes": "USER"}, path)
    assert (status, [one["id"] for one in listed]) == (200, [98, 99])
    assert (await post(session, several, {"subjectId": 1}, path))[0] == 400


async def test_history_tells_what_was_sent_and_how_it_fared_newest_first(
    session: aiohttp.ClientSession, several: EdnaFake
) -> None:
    await post(session, several, to_bot(type="TEXT", text="раз"), BOT_PATH)
    await post(session, several, to_bot(type="TEXT", text="два"), BOT_PATH)
    await post(session, several, legacy(), LEGACY)
    await until(lambda: not several.busy)
    wanted = {"direction": "OUT", "channelTypes": ["MAX_BOT"], "limit": 1, "dateFrom": "2024-07-01T00:00:00Z"}
    pages = [(await post(session, several, wanted | {"offset": at}, "/api/messages/history"))[1] for at in (0, 1)]
    (newest,), (oldest,) = (page["content"] for page in pages)
    assert [page["hasNext"] for page in pages] == [True, False]
    assert [json.loads(one["content"])["text"] for one in (newest, oldest)] == ["два", "раз"]
    assert {newest[name] for name in ("channelType", "address", "deliveryStatus")} == {"MAX_BOT", "194089500", "SENT"}
    phone = {"subscriberFilter": {"address": "79001234567", "type": "PHONE"}}
    _, found = await post(session, several, phone, "/api/messages/history")
    assert [one["deliveryStatus"] for one in found["content"]] == ["DELIVERED"]
    assert (await post(session, several, {"limit": 1001}, "/api/messages/history"))[0] == 400
    await turn(session, several, "/behaviour", history=False)
    assert (await post(session, several, wanted, "/api/messages/history"))[0] == 404


async def test_a_read_receipt_names_the_number_of_a_webhook(session: aiohttp.ClientSession, several: EdnaFake) -> None:
    path = "/api/in-message/change-status"
    assert (await post(session, several, {"id": 288101, "status": "READ"}, path))[0] == 200
    assert (await post(session, several, {"id": "288101", "status": "READ"}, path))[0] == 400
    assert several.vendor.account.read == {288101}
