"""What the page makes of files, places, buttons and replies, and which files it hands on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest

from bridge.settings import Settings
from sandbox.amojo import AmojoConfig, AmojoFake
from sandbox.edna import EdnaFake
from sandbox.page import Page, PageTargets, contents
from sandbox.page.contents import Seen
from sandbox.samples import sample
from tests.sandbox.test_page_chats import ID, Journals

FILE = "https://files.example/a.png?Signature=x"
PLACE = {"latitude": "55.7", "longitude": "37.6"}
ANNA = "v1.default.345.79001234567"


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (
            contents.client_sent(
                {"messageContent": {"type": "IMAGE", "caption": "вот", "attachment": {"url": FILE}}}, "1"
            ),
            {"kind": "image", "text": "вот", "url": FILE, "name": "a.png"},
        ),
        (
            contents.client_sent({"messageContent": {"type": "DOCUMENT", "attachment": {"url": None}}}, "1"),
            {},
        ),
        (
            contents.client_sent({"messageContent": {"text": "да"}, "replyInMessageId": 7}, "345"),
            {"text": "да", "quote": "edna.default.345.7"},
        ),
        (
            contents.client_sent({"text": "да", "replyOutMessageExternalRequestId": ID}, "345"),
            {"text": "да", "quote": ID},
        ),
        (
            contents.operator_sees({"message": {"type": "location", "location": {"lon": 37.6, "lat": 55.7}}}),
            {"kind": "place", "place": PLACE},
        ),
        (
            contents.operator_sees({"message": {"type": "text", "text": "x"}, "reply_to": {"message": {"id": ID}}}),
            {"text": "x", "quote": ID},
        ),
        (
            contents.operator_sent({"type": "contact", "text": "", "contact": {"name": "Пётр", "phone": "+7999"}}),
            {"kind": "contact", "contact": {"name": "Пётр", "phone": "+7999"}},
        ),
        (
            contents.operator_sent({"type": "text", "text": "?", "markup": {"buttons": [[{"text": "Да"}], "x"]}}),
            {"text": "?", "buttons": [[{"text": "Да"}]]},
        ),
        (
            contents.client_sees({"type": "LOCATION", "location": {"latitude": 55.7, "longitude": 37.6}}),
            {"kind": "place", "place": PLACE},
        ),
        (
            contents.client_sees({"type": "LOCATION", "latitude": "55.7", "longitude": "37.6"}),
            {"kind": "place", "place": PLACE},
        ),
        (
            contents.client_sees(
                {"type": "KEYBOARD", "text": "?", "keyboard": {"rows": [{"buttons": [{"text": "Да"}]}, 5]}}
            ),
            {"text": "?", "buttons": [[{"text": "Да"}], []]},
        ),
        (contents.client_sees(None), {}),
        (contents.operator_sees([]), {}),
    ],
)
def test_what_is_seen_is_read_from_either_vendors_json(seen: Seen, expected: Seen) -> None:
    assert seen == expected


def test_the_parts_of_a_split_message_are_one_message_to_the_client() -> None:
    journals = Journals()
    content = {"id": ID, "type": "picture", "text": "вот", "media": FILE}
    journals.entry("amojo", "sent", "operator", {"message": {"message": content}}, conversation=ANNA)
    for request_id, shown in ((ID, {"type": "IMAGE", "url": FILE}), (f"{ID.replace('-', '')}-2", {"text": "вот"})):
        journals.edna_takes(request_id, shown=shown)
    (message,) = journals.chats.chats[ANNA].messages.values()
    assert message.client_sees == {"kind": "image", "url": FILE, "name": "a.png", "text": "вот"}
    assert message.sent_as == [ID, f"{ID.replace('-', '')}-2"]
    assert message.document()["operator_sees"] == message.operator_sees == message.client_sees


def test_a_send_without_an_id_of_ours_is_the_message_that_waits_with_these_words() -> None:
    journals = Journals()
    chat = "v1.default.347.194089500"
    journals.operator_writes(chat)
    shown = {"type": "TEXT", "text": "answer"}
    journals.entry("edna", "received", "max_bot", {"content": {}}, conversation="347/194089500", shown=shown)
    assert journals.message().at_client is not None
    assert list(journals.chats.chats) == [chat]


class Sides:
    """The page with both fakes."""

    def __init__(self, page: Page, edna: EdnaFake, amojo: AmojoFake) -> None:
        self.page, self.edna, self.amojo = page, edna, amojo


@pytest.fixture
async def sides() -> AsyncIterator[Sides]:
    edna, amojo = EdnaFake(), AmojoFake(AmojoConfig(require_connect=False))
    await asyncio.gather(edna.start(), amojo.start())
    settings = Settings(_env_file=None, kafka_bootstrap_servers="127.0.0.1:1", gateway_url="http://127.0.0.1:1")
    page = Page(settings, PageTargets(edna.url, amojo.url))
    await page.start("127.0.0.1", 0)
    yield Sides(page, edna, amojo)
    await asyncio.gather(page.stop(), edna.stop(), amojo.stop())


async def put(session: aiohttp.ClientSession, page: Page, side: str, name: str, body: bytes) -> tuple[int, Any]:
    headers = {"Content-Type": "application/octet-stream"}
    url = f"{page.url}/api/files?side={side}&name={quote(name)}"
    async with session.post(url, data=body, headers=headers) as answer:
        return answer.status, await answer.json()


async def test_a_file_is_put_sent_and_read_back_through_the_page(sides: Sides) -> None:
    page, body = sides.page, sample("png").body
    async with aiohttp.ClientSession() as session:
        _, file = await put(session, page, "operator", "Фото.png", body)
        order = {"conversation": ANNA, "text": "вот", "type": "picture", "file": file}
        async with session.post(f"{page.url}/api/operator/messages", json=order) as answer:
            told = await answer.json()
            assert answer.status == 200, told
        content = sides.amojo.vendor.scope.messages[told["id"]].content
        assert (content["type"], content["text"], content["file_name"]) == ("picture", "вот", "Фото.png")
        assert (content["media"], content["file_size"]) == (file["url"], len(body))
        async with session.get(f"{page.url}/api/files?url={quote(file['url'], safe='')}") as answer:
            assert (answer.status, answer.content_type, await answer.read()) == (200, "image/png", body)


async def test_what_a_browser_must_not_run_is_offered_for_saving(sides: Sides) -> None:
    async with aiohttp.ClientSession() as session:
        for name in ("page.html", "drawing.svg", "bill.pdf"):
            _, file = await put(session, sides.page, "client", name, b"<script>")
            async with session.get(f"{sides.page.url}/api/files?url={quote(file['url'], safe='')}") as answer:
                assert answer.content_type == "application/octet-stream"
                assert answer.headers["Content-Disposition"] == "attachment"


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/files/x",
        "{edna}/journal",
        "{edna}/files/../journal",
        "{edna}.evil.example/files/x",
        "http://user@{host}/files/x",
        "file:///etc/passwd",
        "http://[",
        "",
    ],
)
async def test_the_page_reads_nothing_but_files_of_its_own_world(sides: Sides, url: str) -> None:
    asked = url.format(edna=sides.edna.url, host=sides.edna.url.removeprefix("http://"))
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{sides.page.url}/api/files?url={quote(asked, safe='')}") as answer,
    ):
        assert answer.status == 404


async def test_a_file_of_nobodys_side_or_of_no_bytes_is_refused(sides: Sides) -> None:
    async with aiohttp.ClientSession() as session:
        assert (await put(session, sides.page, "nobody", "a.png", b"x"))[0] == 400
        assert (await put(session, sides.page, "client", "a.png", b""))[0] == 400
        url = f"{sides.edna.url}/files/none.png"
        async with session.get(f"{sides.page.url}/api/files?url={quote(url, safe='')}") as answer:
            assert answer.status == 502
