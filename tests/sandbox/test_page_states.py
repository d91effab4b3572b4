"""What the page shows of Kafka's records and of the parts' states: the page alone, with a browser before it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from playwright.async_api import async_playwright, expect

from bridge.settings import Settings
from sandbox.kafka.broker import free_port
from sandbox.page import Page, PageTargets
from sandbox.page.kafka_tail import Record
from tests.sandbox.page_world import NO_CHROMIUM, SOON_MS, Visitor, browser_of, there_is_chromium

pytestmark = pytest.mark.skipif(not there_is_chromium(), reason=NO_CHROMIUM)


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    """The page before a gateway that can store nothing; no Kafka, no agents, no vendors."""

    async def not_ready(_request: web.Request) -> web.Response:
        return web.json_response({"ready": False}, status=503)

    app = web.Application()
    app.router.add_get("/ready", not_ready)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    nowhere = f"127.0.0.1:{free_port()}"
    urls = {f"{part}_url": f"http://{nowhere}" for part in ("inbound", "outbound", "status")}
    urls["gateway_url"] = "http://{}:{}".format(*runner.addresses[0])
    settings = Settings(_env_file=None, kafka_bootstrap_servers=nowhere, **urls)  # type: ignore[arg-type]
    one = Page(settings, PageTargets(f"http://{nowhere}", f"http://{nowhere}"))
    await one.start("127.0.0.1", 0)
    yield one
    await one.stop()
    await runner.cleanup()


def record(topic: str, offset: int, value: dict[str, Any]) -> Record:
    """A record as the page reads it from Kafka."""
    return {
        "topic": topic, "partition": 0, "offset": offset, "at": int(time.time() * 1000), "key": "k", "headers": [],
        "value": value,
    }  # fmt: skip


async def visited(page: Page, browser: Any, locale: str) -> Visitor:
    return await Visitor.at(page.url, browser, locale=locale)


async def test_the_receipt_of_a_part_is_not_yet_the_end_of_the_message(page: Page) -> None:
    receipts = [
        record("outbound.receipts", 0, {"offset": 7, "outcome": "part", "latency_ms": 0, "attempts": 0}),
        record("outbound.receipts", 1, {"offset": 7, "outcome": "delivered", "latency_ms": 250, "attempts": 1}),
    ]
    async with async_playwright() as playwright:
        browser = await browser_of(playwright)
        visitor = await visited(page, browser, "ru-RU")
        sent = visitor.page.locator(".event.topic-outbound")
        page.world._have_records(
            [record("outbound", 7, {"content": {"type": "text", "text": "two parts"}}), receipts[0]]
        )
        await expect(visitor.page.locator(".event.topic-receipts")).to_contain_text("Квитанция: часть доставлена")
        await expect(sent.locator(".took")).to_have_class("took took-waits")
        page.world._have_records(receipts[1:])
        await expect(sent.locator(".took")).to_have_text("250 мс")
        await browser.close()


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("ru-RU", "Шлюз не может сохранить вебхук: ни Kafka, ни диск не принимают."),
        ("en-US", "The gateway cannot store a webhook: neither Kafka nor the disk takes it."),
    ],
)
async def test_a_gateway_that_can_store_nothing_is_told_beside_kafka_that_is_away(
    page: Page, locale: str, words: str
) -> None:
    async with async_playwright() as playwright:
        browser = await browser_of(playwright)
        visitor = await visited(page, browser, locale)
        troubles = visitor.page.locator("#troubles")
        await expect(troubles).to_contain_text(words, timeout=SOON_MS)
        await expect(troubles).to_contain_text("Kafka", timeout=SOON_MS)
        await browser.close()
