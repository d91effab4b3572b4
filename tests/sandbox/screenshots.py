"""`python -m tests.sandbox.screenshots`: a world, people who talk in it, and the pictures of docs/screenshots anew."""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
import uuid
from pathlib import Path

from playwright.async_api import Browser, async_playwright, expect

from sandbox.kafka import EmbeddedBroker
from sandbox.samples import sample
from tests.conftest import CREDENTIALS
from tests.sandbox.page_world import NO_CHROMIUM, SOON_MS, PageWorld, Visitor, browser_of, there_is_chromium

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
LARGEST = 300_000  # bytes
DESKTOP = {"width": 1360, "height": 1200}
PHONE = {"width": 390, "height": 844}
SEVERAL = re.compile(r"попыток: ([4-9]|\d\d)")

TALK = (
    ("client", "Анна Соколова", "Здравствуйте! Подскажите, когда привезут заказ 4512?"),
    ("operator", "Анна Соколова", "Добрый день, Анна! Курьер приедет сегодня с 15 до 18 и позвонит за полчаса."),
    ("client", "Анна Соколова", "Отлично. А можно оплатить картой при получении?"),
    ("operator", "Анна Соколова", "Да, у курьера есть терминал."),
    ("client", "Анна Соколова", "Спасибо, жду!"),
    ("client", "Иван Петров", "Есть ли этот чайник в синем цвете?"),
    ("client", "Екатерина", "Хочу вернуть куртку: не подошёл размер"),
)


async def talk(visitor: Visitor) -> None:
    """A conversation as customers have it; everything arrives, and what Anna was told is read."""
    for side, name, text in TALK:
        await visitor.client(name).first.click()
        await visitor.write(side, text)
        other = "operator" if side == "client" else "client"
        await expect(visitor.message(other, text)).to_be_visible(timeout=SOON_MS)
        if side == "operator":
            await visitor.sees_tick("operator", text, "Прочитано")
    await visitor.client("Анна Соколова").first.click()
    await visitor.write("client", "Подъезд второй, домофон 17")
    await visitor.sees_tick("client", "домофон 17", "Дошло до amoCRM")


async def files(visitor: Visitor) -> None:
    """A client shows what is wrong and is answered with a picture; she quotes it."""
    await visitor.client("Екатерина").first.click()
    await visitor.page.locator("#client-text").fill("Вот она, рукава коротки")
    await visitor.put_file("client", "jacket.png", "image/png", sample("png").body)
    await expect(visitor.message("operator", "рукава коротки").locator("img.picture")).to_be_visible(timeout=SOON_MS)
    await visitor.attach("client", "Голосовое")
    await expect(visitor.card.locator(".message audio")).to_be_visible(timeout=SOON_MS)
    await visitor.page.locator("#operator-text").fill("А такая подойдёт?")
    await visitor.put_file("operator", "offer.png", "image/png", sample("png").body)
    asked = visitor.message("client", "А такая подойдёт?")
    await expect(asked.locator("img.picture")).to_be_visible(timeout=SOON_MS)
    await asked.get_by_role("button", name="Ответить").click()
    await visitor.write("client", "Да, беру")
    await expect(visitor.message("operator", "Да, беру").locator(".quote")).to_be_visible(timeout=SOON_MS)
    await visitor.attach("client", "Место")
    await visitor.sees_tick("operator", "А такая подойдёт?", "Прочитано")


async def trouble(visitor: Visitor) -> None:
    """503 at amoCRM and a slow edna: what waits, and what is tried again."""
    await visitor.switch("amojo", "503").click()
    await visitor.switch("edna", "slow").click()
    await visitor.client("Иван").click()
    for text in ("Так есть синий?", "И сколько стоит доставка?"):
        await visitor.write("client", text)
    await visitor.client("Анна Соколова").first.click()
    await visitor.write("client", "Курьер уже выехал?")
    await expect(visitor.message("client", "Курьер уже выехал?")).to_contain_text(SEVERAL, timeout=60_000)
    await expect(visitor.figure("inbound", "lanes")).to_have_text("2")
    await visitor.write("operator", "Да, он в пути: будет через сорок минут.")
    await expect(visitor.figure("outbound", "in_flight")).to_have_text("1")


async def picture(visitor: Visitor, name: str) -> None:
    """Keep what is seen."""
    file = FOLDER / f"{name}.png"
    await visitor.page.mouse.move(0, 0)
    await visitor.page.screenshot(path=file, animations="disabled")
    size = file.stat().st_size
    print(f"{file.name}: {size // 1000} kB")  # noqa: T201 - for whoever runs it
    assert size < LARGEST, f"{file.name} has {size} bytes"


async def pictures(world: PageWorld, browser: Browser) -> None:
    """All of them, in order."""
    url = world.page.url or ""
    russian = await Visitor.at(url, browser, locale="ru-RU", viewport=DESKTOP, timezone_id="Europe/Moscow")
    await talk(russian)
    await picture(russian, "page-ru")
    dark = await Visitor.at(
        url, browser, viewport=DESKTOP, color_scheme="dark", timezone_id="Europe/Moscow", reduced_motion="reduce"
    )
    await picture(dark, "page-en-dark")
    phone = await Visitor.at(url, browser, locale="ru-RU", viewport=PHONE, timezone_id="Europe/Moscow")
    await picture(phone, "page-phone")
    await files(russian)
    await picture(russian, "page-files")
    await trouble(russian)
    await picture(russian, "page-trouble")
    for visitor in (russian, dark, phone):
        assert visitor.complaints == []


async def main() -> None:
    """Start everything, take the pictures, end everything."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        broker = EmbeddedBroker(Path(folder) / "kafka")
        await broker.start()
        values = {
            **CREDENTIALS,
            "kafka_bootstrap_servers": broker.bootstrap_servers,
            "topic_prefix": f"s-{uuid.uuid4().hex[:6]}.",
        }
        try:
            world = await PageWorld.started(values, Path(folder))
            try:
                async with async_playwright() as playwright:
                    await pictures(world, await browser_of(playwright))
            finally:
                await world.stop()
        finally:
            await broker.dispose()


if __name__ == "__main__":
    if not there_is_chromium():
        sys.exit(NO_CHROMIUM)
    asyncio.run(main())
