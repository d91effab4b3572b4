"""What the fake edna's clients send, and how it reads files that are sent to them (edna.md §2.1, §3, §4, §6, §8)."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from sandbox.amojo import AmojoFake
from sandbox.edna import EdnaConfig, EdnaFake
from sandbox.edna.contents import FILES, TYPES
from sandbox.samples import sample
from tests.contract.controls import ask, turn
from tests.contract.edna_methods import CASCADES, legacy
from tests.contract.sink import Sink, until
from tests.contract.test_edna_sends import post, schedule, whatsapp
from tests.contract.test_edna_webhooks import write

STARTS = {
    "IMAGE": b"\x89PNG",
    "VIDEO": b"\0\0\0",
    "AUDIO": b"ID3",
    "VOICE": b"OggS",
    "DOCUMENT": b"%PDF",
    "STICKER": b"RIFF",
}
KEYBOARD = {
    "rows": [
        {
            "buttons": [
                {"text": "Да", "buttonType": "QUICK_REPLY", "payload": "yes"},
                {"text": "Нет", "buttonType": "QUICK_REPLY", "payload": "no"},
            ]
        }
    ]
}
FILLED = "Здравствуйте, Анна! Ваш заказ готов, ждём вас завтра."


@pytest.fixture
async def several(sink: Sink) -> AsyncIterator[EdnaFake]:
    config = EdnaConfig(webhook_url=sink.url, cascades=CASCADES, sent_after_s=0.01, delivered_after_s=0.02)
    fake = EdnaFake(config)
    await fake.start()
    yield fake
    await fake.stop()


async def incoming(session: aiohttp.ClientSession, fake: EdnaFake, sink: Sink, **order: Any) -> Any:
    """The next webhook of a client's message."""
    number = len(sink.arrived)
    status, answer = await write(session, fake, **order)
    assert status == 200, answer
    return json.loads((await sink.wait_for(number + 1))[number].body)


async def statuses(fake: EdnaFake, sink: Sink) -> list[tuple[str, str | None]]:
    """All that was told, once nothing is on its way."""
    await until(lambda: not fake.busy)
    return [(one["status"], one["error"]) for one in (json.loads(each.body) for each in sink.arrived)]


@pytest.mark.parametrize("kind", sorted(TYPES))
async def test_a_client_sends_each_type_with_what_belongs_to_it(
    session: aiohttp.ClientSession, several: EdnaFake, sink: Sink, kind: str
) -> None:
    order: dict[str, Any] = {"type": kind}
    order |= {"text": "Привет"} if kind == "TEXT" else {"text": None}
    document = await incoming(session, several, sink, **order)
    content = document["messageContent"]
    named = {"STICKER": "IMAGE", "UNSUPPORTED": "DOCUMENT"}
    assert content["type"] == named.get(kind, kind)
    filled = {name for name, value in content.items() if value} - {"type"}
    assert filled, "nothing is in it"
    if kind == "UNSUPPORTED":
        assert content["attachment"] == {"url": None, "name": None, "size": None}
    if kind in FILES:
        assert (content["attachment"]["name"], content["attachment"]["size"]) == (None, None)
        async with session.get(content["attachment"]["url"]) as answer:
            assert (await answer.read()).startswith(STARTS[kind])


async def test_a_file_of_a_client_is_there_for_who_has_its_signed_link_until_it_expires(
    session: aiohttp.ClientSession, several: EdnaFake, sink: Sink
) -> None:
    document = await incoming(session, several, sink, type="IMAGE", text=None, caption="смотрите", size=200_000)
    url = document["messageContent"]["attachment"]["url"]
    assert document["messageContent"]["caption"] == "смотрите"
    path, _, query = url.partition("?")
    assert [part.partition("=")[0] for part in query.split("&")] == ["AWSAccessKeyId", "Expires", "Signature"]
    async with session.get(url) as answer:
        assert (answer.status, answer.content_type, len(await answer.read())) == (200, "image/png", 200_000)
    await turn(session, several, "/behaviour", file_life_s=0)
    expired = await incoming(session, several, sink, type="IMAGE", text=None)
    links = [path, url.replace("Expires=1", "Expires=2"), f"{path}?Expires=1&Signature=x"]
    for link in links:
        async with session.get(link) as answer:
            assert answer.status == 403

    async def is_gone() -> bool:
        async with session.get(expired["messageContent"]["attachment"]["url"]) as answer:
            return answer.status == 403

    async with asyncio.timeout(3):
        while not await is_gone():
            await asyncio.sleep(0.05)


async def test_people_of_each_channel_are_told_as_that_channel_tells_them(
    session: aiohttp.ClientSession, several: EdnaFake, sink: Sink
) -> None:
    bot = await incoming(session, several, sink, channel="347", address="194089500", name="Анна Петрова")
    assert bot["subject"] == "my_bot"
    assert bot["subscriber"]["identifiers"] == [{"type": "MAX_ID", "value": "194089500"}]
    assert (bot["userInfo"]["firstName"], bot["userInfo"]["lastName"]) == ("Анна", "Петрова")
    assert bot["userInfo"]["userName"] is None
    closed = await incoming(session, several, sink, channel="348", address="194089500", name="Анна")
    assert closed["userInfo"] is None
    given = await incoming(session, several, sink, user={"firstName": "А"}, identifiers=[], avatar=True)
    assert (given["userInfo"]["firstName"], given["subscriber"]["identifiers"]) == ("А", [])
    whatsapp_user = await incoming(session, several, sink, name="Анна", avatar=True)
    async with session.get(whatsapp_user["userInfo"]["avatarUrl"]) as answer:
        assert answer.status == 200


async def test_a_reply_names_what_it_answers_by_every_id(
    session: aiohttp.ClientSession, several: EdnaFake, sink: Sink
) -> None:
    await post(session, several, schedule())
    first = json.loads((await sink.wait_for(2))[0].body)
    document = await incoming(session, several, sink, text="да", payload="yes", reply_to="r-1", reply_to_own=7)
    assert document["replyOutMessageExternalRequestId"] == "r-1"
    assert document["replyOutMessageId"] == first["messageId"]
    assert document["replyInMessageId"] == 7
    assert (document["messageContent"]["text"], document["messageContent"]["payload"]) == ("да", "yes")


async def test_the_legacy_form_of_a_message_is_flat(
    session: aiohttp.ClientSession, several: EdnaFake, sink: Sink
) -> None:
    document = await incoming(
        session, several, sink, form="legacy", type="IMAGE", text=None, caption="вот", name="Анна"
    )
    assert (document["imSubject"], document["imSubjectId"], document["imType"]) == ("sandbox_channel", 345, "whatsapp")
    assert (document["contentType"], document["caption"], document["userName"]) == ("image", "вот", "Анна")
    assert document["attachmentUrl"].startswith(several.url)
    button = await incoming(session, several, sink, form="legacy", text="Да", payload="yes")
    assert (button["contentType"], button["payload"]) == ("button", "yes")


async def test_the_readme_form_has_its_attachment(
    session: aiohttp.ClientSession, several: EdnaFake, sink: Sink
) -> None:
    file = {"url": "https://x/a.jpg", "mimeType": "image/jpeg", "name": "a.jpg", "size": 5}
    order = {"channel": "whatsapp", "type": "IMAGE", "text": "вот", "attachment": file}
    document = await incoming(session, several, sink, **order)
    assert (document["attachment"], document["text"], document["fromClient"]) == (file, "вот", True)


@pytest.mark.parametrize(
    ("name", "extension", "kind", "told"),
    [
        ("photo.png", "png", "IMAGE", ["SENT", "DELIVERED"]),
        ("voice.ogg", "ogg", "AUDIO", ["SENT", "DELIVERED"]),
        ("bill.pdf", "pdf", "DOCUMENT", ["SENT", "DELIVERED"]),
        ("bill.pdf", "pdf", "IMAGE", ["FAILED"]),
        ("no_extension", "png", "IMAGE", ["FAILED"]),
    ],
)
async def test_edna_fetches_the_file_itself_and_what_it_cannot_use_fails_later(
    session: aiohttp.ClientSession, several: EdnaFake, amojo: AmojoFake, sink: Sink, name: str, extension: str,
    kind: str, told: list[str],
) -> None:  # fmt: skip
    made = sample(extension)
    url = amojo.shelf.link(amojo.shelf.put("attachments/a", name, made.body, made.mime, sign=False))
    content = whatsapp(contentType=kind, text="не видно", attachment={"url": url, "name": name})
    assert (await post(session, several, schedule(content=content)))[0] == 200
    assert [status for status, _ in await statuses(several, sink)] == told
    send = several.journal.entries[0]
    fetches = [entry for entry in several.journal.entries if entry.kind == "fetch"]
    assert send.shown is not None
    assert "text" not in send.shown
    if name == "no_extension":
        assert fetches == []
        return
    (fetch,) = fetches
    assert (fetch.path, fetch.status, fetch.outcome) == (url, 200, "new")
    digest = hashlib.sha256(made.body).hexdigest()
    assert send.shown["file"] == {"size": len(made.body), "sha256": digest, "mime": made.mime}


async def test_a_link_that_is_not_there_not_public_or_too_large_fails_with_a_reason(
    session: aiohttp.ClientSession, several: EdnaFake, amojo: AmojoFake, sink: Sink
) -> None:
    large = amojo.shelf.link(amojo.shelf.put_sample("attachments/a", "large.png", 6 * 1024 * 1024, sign=False))
    signed = amojo.shelf.put_sample("attachments/a", "signed.png", sign=True)
    urls = [f"{amojo.url}/attachments/none.png", f"{amojo.url}{signed}", large, "http://127.0.0.1:1/a.png"]
    for number, url in enumerate(urls):
        content = whatsapp(contentType="IMAGE", attachment={"url": url})
        assert (await post(session, several, schedule(requestId=f"r-{number}", content=content)))[0] == 200
    told = await statuses(several, sink)
    assert sorted(told) == [
        *[("FAILED", "attachment-not-supported")],
        *[("FAILED", "attachment-url-not-available")] * 3,
    ]  # fmt: skip
    await turn(session, several, "/behaviour", media_limits=False, plain_http=False)
    content = whatsapp(contentType="IMAGE", attachment={"url": large})
    await post(session, several, schedule(requestId="r-9", content=content))
    assert (await statuses(several, sink))[-1] == ("FAILED", "attachment-url-not-available")


@pytest.mark.parametrize(
    ("content", "template"),
    [
        ({"text": FILLED}, True),
        ({"text": "Анна, подтвердите визит завтра", "keyboard": KEYBOARD}, True),
        ({"text": "Анна, подтвердите визит завтра"}, False),
        ({"text": "Здравствуйте, Анна!"}, False),
    ],
)
async def test_outside_the_24_hours_only_a_template_passes(
    session: aiohttp.ClientSession, several: EdnaFake, sink: Sink, content: dict[str, Any], template: bool
) -> None:
    content = whatsapp(contentType="TEXT", **content)
    await turn(session, several, "/behaviour", window="reject")
    status, answer = await post(session, several, schedule(content=content))
    assert (status, answer.get("title")) == ((200, None) if template else (400, "matched-template-not-found"))
    await turn(session, several, "/behaviour", window="status")
    assert (await post(session, several, schedule(requestId="r-2", content=content)))[0] == 200
    told = await statuses(several, sink)
    assert (("FAILED", "not-template-match") in told) is not template
    await write(session, several)  # the client writes, and everything passes again
    await turn(session, several, "/behaviour", window="reject")
    assert (await post(session, several, schedule(requestId="r-3", content=content)))[0] == 200
    await turn(session, several, "/behaviour", window_s=0)
    assert (await post(session, several, schedule(requestId="r-4", content=content)))[0] == (200 if template else 400)
    legacy_text = {"id": "r-5", "text": content["whatsappContent"]["text"]}
    status, answer = await post(session, several, legacy(**legacy_text), "/api/imOutMessage")
    if not template:
        assert (status, answer["code"]) == (400, "error-content-do-not-match-hsm-template")


async def test_buttons_that_are_in_no_template_are_refused_whatever_the_time(
    session: aiohttp.ClientSession, several: EdnaFake
) -> None:
    content = whatsapp(contentType="TEXT", text="Выберите", keyboard=KEYBOARD)
    status, answer = await post(session, several, schedule(content=content))
    assert (status, answer["title"]) == (400, "matched-template-not-found")


async def test_webhooks_go_where_they_are_set_to_by_kind_and_channel(
    session: aiohttp.ClientSession, several: EdnaFake, sink: Sink
) -> None:
    path = "/api/callback/set"
    order = {"statusCallbackUrl": f"{sink.url}/statuses", "inMessageCallbackUrls": [f"{sink.url}/messages"]}
    assert await post(session, several, order, path) == (200, {"code": "ok"})
    one = {"inMessageCallbackUrl": f"{sink.url}/viber", "subjectId": 346}
    assert (await post(session, several, one, path))[0] == 200
    assert [(each.path, each.headers.get("Authorization"), each.body) for each in sink.arrived] == [
        ("/statuses", None, b""), ("/messages", None, b""), ("/viber", None, b"")
    ]  # fmt: skip
    await write(session, several)
    await write(session, several, channel="346")
    await post(session, several, schedule())
    await until(lambda: not several.busy)
    assert sorted(each.path for each in sink.arrived[3:]) == ["/messages", "/statuses", "/statuses", "/viber"]


@pytest.mark.parametrize(
    ("code", "order"),
    [
        ("url-not-specified", {}),
        ("subject-unknown", {"statusCallbackUrl": "http://127.0.0.1:1/", "subjectId": 1}),
        ("callback-url-max-length", {"statusCallbackUrl": "http://127.0.0.1:1/" + "x" * 500}),
        ("callback-url-not-https", {"statusCallbackUrl": "ftp://127.0.0.1/"}),
        ("callback-url-not-available", {"statusCallbackUrl": "http://127.0.0.1:1/"}),
    ],
)
async def test_an_address_that_edna_cannot_use_is_refused_and_nothing_changes(
    session: aiohttp.ClientSession, several: EdnaFake, sink: Sink, code: str, order: dict[str, Any]
) -> None:
    status, answer = await post(session, several, order, "/api/callback/set")
    assert (status, answer["code"]) == (400, code)
    assert several.journal.entries[0].outcome == "refused"
    await post(session, several, schedule())
    assert json.loads((await sink.wait_for(1))[0].body)["status"] == "SENT"


async def test_what_a_person_uploads_is_served_as_it_was(session: aiohttp.ClientSession, several: EdnaFake) -> None:
    async with session.post(f"{several.url}/files?name=Счёт.pdf", data=b"%PDF-1") as answer:
        told = await answer.json()
    assert (told["name"], told["size"]) == ("Счёт.pdf", 6)
    async with session.get(told["url"]) as answer:
        assert await answer.read() == b"%PDF-1"
    assert (await ask(session, several, "/files"))[0] == 400
