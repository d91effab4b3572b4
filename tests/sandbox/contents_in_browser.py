"""Files, places, voice, replies and reasons on the page. `test_page_in_browser` runs these in its own world."""

from __future__ import annotations

import re

from playwright.async_api import expect

from sandbox.samples import sample
from tests.sandbox.conftest import Open
from tests.sandbox.page_world import SOON_MS, PageWorld


async def test_a_clients_picture_place_and_voice_stand_on_the_operators_card(open_page: Open) -> None:
    visitor = await open_page()
    await visitor.newcomer()
    await visitor.page.locator("#client-text").fill("look at this")
    await visitor.put_file("client", "photo.png", "image/png", sample("png").body)
    for side in ("client", "operator"):
        picture = visitor.message(side, "look at this").locator("img.picture")
        await expect(picture).to_be_visible(timeout=SOON_MS)
        await expect(picture).to_have_js_property("naturalWidth", 48)
    await visitor.sees_tick("client", "look at this", "Reached amoCRM")
    await visitor.attach("client", "Place")
    await expect(visitor.message("operator", "Place: 55.751244, 37.618423")).to_be_visible(timeout=SOON_MS)
    await visitor.attach("client", "Voice message")
    await expect(visitor.card.locator(".message audio")).to_be_visible(timeout=SOON_MS)


async def test_a_client_answers_what_the_operator_asked_and_the_quotation_is_seen(open_page: Open) -> None:
    visitor = await open_page()
    await visitor.newcomer()
    await visitor.write("operator", "shall we meet")
    asked = visitor.message("client", "shall we meet")
    await expect(asked).to_be_visible(timeout=SOON_MS)
    await asked.get_by_role("button", name="Reply").click()
    await expect(visitor.phone.locator(".replying")).to_contain_text("shall we meet")
    await visitor.write("client", "gladly")
    for side in ("client", "operator"):
        quotation = visitor.message(side, "gladly").locator(".quote")
        await expect(quotation).to_have_text("shall we meet", timeout=SOON_MS)
    await expect(visitor.phone.locator(".replying")).to_be_hidden()


async def test_a_message_outside_the_24_hours_fails_and_shows_its_reason(open_page: Open, world: PageWorld) -> None:
    visitor = await open_page()
    await visitor.newcomer()
    await world.behave_edna(window="status")
    try:
        await visitor.write("operator", "do you remember us")
        await visitor.sees_tick("operator", "do you remember us", "Not delivered")
    finally:
        await world.behave_edna(window="off")
    reason = visitor.message("operator", "do you remember us").locator(".note.bad")
    await expect(reason).to_have_text(re.compile("24|template|шаблон"))


async def test_an_operators_picture_with_words_reaches_the_client_and_is_read(open_page: Open) -> None:
    visitor = await open_page()
    await visitor.newcomer()
    await visitor.page.locator("#operator-text").fill("your bill")
    await visitor.put_file("operator", "photo.png", "image/png", sample("png").body)
    picture = visitor.message("client", "your bill").locator("img.picture")
    await expect(picture).to_have_js_property("naturalWidth", 48, timeout=SOON_MS)
    await visitor.sees_tick("operator", "your bill", "Read")


async def test_an_operators_button_is_pressed_by_a_client_of_max_and_comes_back_as_text(open_page: Open) -> None:
    visitor = await open_page()
    await visitor.newcomer("347")
    await visitor.attach("operator", "Buttons “Да” and “Нет”")
    button = visitor.phone.locator(".message .buttons button").first
    await expect(button).to_be_visible(timeout=SOON_MS)
    said = await button.inner_text()
    await button.click()
    await expect(visitor.message("operator", said).last).to_be_visible(timeout=SOON_MS)
