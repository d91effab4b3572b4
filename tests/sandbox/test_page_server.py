"""The page's server: whom it answers, what it tells, what it survives."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bridge.settings import Settings
from sandbox.amojo import AmojoFake
from sandbox.edna import EdnaFake
from sandbox.kafka.broker import free_port
from sandbox.page import Page, PageTargets, switches
from sandbox.page import stream as stream_module
from sandbox.page.contacts import new_chat
from sandbox.page.doorkeeper import is_own_host
from sandbox.page.stream import Watcher

ANNA = "v1.default.345.79001234567"


@pytest.fixture
async def edna() -> AsyncIterator[EdnaFake]:
    fake = EdnaFake()
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
async def page(edna: EdnaFake) -> AsyncIterator[Page]:
    """The page before a fake edna, without amojo, Kafka, gateway and agents."""
    nowhere = f"127.0.0.1:{free_port()}"
    urls = {f"{part}_url": f"http://{nowhere}" for part in ("gateway", "inbound", "outbound", "status")}
    settings = Settings(_env_file=None, kafka_bootstrap_servers=nowhere, **urls)  # type: ignore[arg-type]
    one = Page(settings, PageTargets(edna.url, f"http://{nowhere}"))
    await one.start("127.0.0.1", 0)
    yield one
    await one.stop()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as client:
        yield client


async def post(session: aiohttp.ClientSession, page: Page, path: str, document: Any, **headers: str) -> tuple[int, Any]:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    given = {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    async with session.post(page.url + path, data=body, headers=given) as answer:
        return answer.status, await answer.json()


async def events_until(session: aiohttp.ClientSession, page: Page, name: str, true: Any = lambda _: True) -> Any:
    """The data of the first event of this name for which the condition holds."""
    async with asyncio.timeout(10), session.get(f"{page.url}/api/stream") as answer:
        event = ""
        async for line in answer.content:
            if line.startswith(b"event: "):
                event = line[7:].decode().strip()
            elif line.startswith(b"data: ") and event == name and true(data := json.loads(line[6:])):
                return data
    raise AssertionError(f"no event {name}")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "own"}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "evil.example"}, 403),
        ({"Host": "evil.example", "Origin": "http://evil.example"}, 403),
        ({"Content_Type": "text/plain"}, 415),
        ({"Content_Type": "application/x-www-form-urlencoded"}, 415),
    ],
)
async def test_only_the_pages_own_json_changes_anything(
    session: aiohttp.ClientSession, page: Page, headers: dict[str, str], status: int
) -> None:
    given = {name: page.url if value == "own" else value for name, value in headers.items()}
    answered, _ = await post(session, page, "/api/switches", {"vendor": "edna", "switch": "slow", "on": True}, **given)
    assert answered == status
    assert page.world.edna.document()["switches"]["slow"] is (status == 200)


async def test_a_foreign_name_that_resolves_to_this_machine_reads_nothing(
    session: aiohttp.ClientSession, page: Page
) -> None:
    for path in ("/", "/api/stream", "/static/main.js"):
        async with session.get(page.url + path, headers={"Host": "rebound.example:28080"}) as answer:
            assert answer.status == 403


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("127.0.0.1:28080", True), ("[::1]:28080", True), ("192.168.1.7", True), ("localhost:28080", True),
        ("page.localhost", True), ("box:28080", True), ("BOX", True),
        ("evil.example", False), ("localhost.evil.example", False), ("127.0.0.1.evil.example", False), ("", False),
    ],
)  # fmt: skip
def test_addresses_and_names_of_this_machine_are_the_pages_own(host: str, own: bool) -> None:
    assert is_own_host(host, frozenset({"box"})) is own


async def test_every_answer_forbids_foreign_scripts_and_guessing(session: aiohttp.ClientSession, page: Page) -> None:
    for path in ("/", "/static/main.js", "/api/stream", "/health", "/nothing"):
        async with session.get(page.url + path) as answer:
            assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
            assert "unsafe" not in answer.headers["Content-Security-Policy"]
            assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_files_of_the_page_are_served_and_no_others(session: aiohttp.ClientSession, page: Page) -> None:
    async with session.get(page.url) as answer:
        named = re.findall(r'"(/static/[^"]+)"', await answer.text())
    assert named
    for path in named:
        async with session.get(page.url + path) as answer:
            assert answer.status == 200
    for path in ("/static/..%2fserver.py", "/static/server.py", "/static/"):
        async with session.get(page.url + path) as answer:
            assert answer.status == 404


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"[" * 30_000])
async def test_a_body_that_is_no_object_is_refused(session: aiohttp.ClientSession, page: Page, body: bytes) -> None:
    assert (await post(session, page, "/api/clients", body))[0] == 400


async def test_a_body_that_is_too_large_is_refused(session: aiohttp.ClientSession, page: Page) -> None:
    status, _ = await post(session, page, "/api/client/messages", {"conversation": ANNA, "text": "x" * 70_000})
    assert status == 413


@pytest.mark.parametrize("text", ["", "  ", 5, "x" * 4097])
async def test_nothing_and_too_much_is_not_said(session: aiohttp.ClientSession, page: Page, text: Any) -> None:
    assert (await post(session, page, "/api/client/messages", {"conversation": ANNA, "text": text}))[0] == 400


async def test_a_clients_message_appears_from_the_journal_of_the_fake(
    session: aiohttp.ClientSession, page: Page
) -> None:
    def has_message(chat: dict[str, Any]) -> bool:
        return bool(chat["messages"])

    telling = asyncio.create_task(events_until(session, page, "chat", has_message))
    await asyncio.sleep(0.1)
    assert (await post(session, page, "/api/client/messages", {"conversation": ANNA, "text": "hello"}))[0] == 200
    chat = await telling
    assert (chat["id"], chat["messages"][0]["text"], chat["messages"][0]["tick"]) == (ANNA, "hello", "sent")


async def test_what_is_away_is_a_state_and_a_readable_error(session: aiohttp.ClientSession, page: Page) -> None:
    def known(snapshot: dict[str, Any]) -> bool:
        links = snapshot["links"]
        return (links["kafka"]["state"], links["gateway"]) == ("away", "away")

    while not known(snapshot := await events_until(session, page, "snapshot")):
        await asyncio.sleep(0.05)
    assert [direction["processes"] for direction in snapshot["directions"]] == [0, 0, 0]
    status, answer = await post(session, page, "/api/operator/messages", {"conversation": ANNA, "text": "hello"})
    assert (status, answer["away"]) == (502, "amojo")


async def test_an_account_that_is_not_connected_is_told(session: aiohttp.ClientSession, page: Page) -> None:
    amojo = AmojoFake()
    await amojo.start()
    page.world.amojo.url = amojo.url
    status, answer = await post(session, page, "/api/operator/messages", {"conversation": ANNA, "text": "hello"})
    await amojo.stop()
    assert status == 409
    assert "not connected" in answer["detail"]


async def test_switches_are_read_back_from_the_fake_and_leave_other_faults_alone(
    session: aiohttp.ClientSession, page: Page, edna: EdnaFake
) -> None:
    async with session.post(f"{edna.url}/faults", json={"path": "/api", "latency_ms": 1}) as answer:
        assert answer.status == 200
    for switch in switches.NAMES:
        _, told = await post(session, page, "/api/switches", {"vendor": "edna", "switch": switch, "on": True})
        assert told["switches"][switch]
    assert (told["other_faults"], all(told["switches"].values())) == (1, True)
    for switch in switches.NAMES:
        _, told = await post(session, page, "/api/switches", {"vendor": "edna", "switch": switch, "on": False})
    assert [fault["path"] for fault in edna.faults.listed()] == ["/api"]
    assert (await post(session, page, "/api/switches", {"vendor": "edna", "switch": "x", "on": True}))[0] == 404
    assert (await post(session, page, "/api/switches", {"vendor": "x", "switch": "slow", "on": True}))[0] == 400


@pytest.mark.parametrize(
    ("field", "value"), [("name", " "), ("name", "x" * 65), ("channel", "999"), ("address", "12"), ("address", "abc")]
)
def test_a_new_client_is_refused_by_the_field_that_is_wrong(field: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"^{field}$"):
        new_chat({"name": "Анна", "channel": "345", "address": "+7 (900) 123-45-67", field: value})


async def test_a_browser_that_does_not_keep_up_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_module, "QUEUE", 3)
    watcher = Watcher()
    for number in range(4):
        watcher.tell(("records", str(number)))
    assert watcher.gone
    assert watcher.queue.get_nowait() is None


async def test_the_page_stops_at_once_with_browsers_before_it(session: aiohttp.ClientSession, page: Page) -> None:
    async with session.get(f"{page.url}/api/stream"):
        async with asyncio.timeout(2):
            await page.stop()
    assert not page.world.stream.watchers
