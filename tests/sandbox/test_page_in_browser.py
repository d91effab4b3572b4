"""The page as people use it: a real world behind it, headless Chromium before it."""

from __future__ import annotations

import re
import uuid

import pytest
from playwright.async_api import expect

from tests.sandbox.conftest import Open

# Collected here, because a second world of processes would have to be started for a file of its own.
from tests.sandbox.contents_in_browser import (  # noqa: F401
    test_a_client_answers_what_the_operator_asked_and_the_quotation_is_seen,
    test_a_clients_picture_place_and_voice_stand_on_the_operators_card,
    test_a_message_outside_the_24_hours_fails_and_shows_its_reason,
    test_an_operators_button_is_pressed_by_a_client_of_max_and_comes_back_as_text,
    test_an_operators_picture_with_words_reaches_the_client_and_is_read,
)
from tests.sandbox.page_world import NO_CHROMIUM, SOON_MS, PageWorld, there_is_chromium

pytestmark = [
    pytest.mark.broker,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(not there_is_chromium(), reason=NO_CHROMIUM),
]


async def test_two_clients_talk_both_ways_and_the_operators_ticks_turn_to_read(open_page: Open) -> None:
    visitor = await open_page()
    first = await visitor.newcomer("345")
    await visitor.write("client", "first asks")
    await expect(visitor.message("operator", "first asks")).to_be_visible(timeout=SOON_MS)
    await visitor.sees_tick("client", "first asks", "Reached amoCRM")
    second = await visitor.newcomer("346")
    await visitor.write("operator", "second is written to first")
    await expect(visitor.message("client", "second is written to first")).to_be_visible(timeout=SOON_MS)
    await visitor.sees_tick("operator", "second is written to first", "Read")
    await visitor.client(first).click()
    await visitor.write("operator", "first is answered")
    await visitor.sees_tick("operator", "first is answered", "Read")
    await expect(visitor.message("client", "second is written to first")).to_have_count(0)
    await expect(visitor.card.locator(".facts")).to_contain_text("WhatsApp 345")
    await visitor.client(second).click()
    await expect(visitor.card.locator(".facts")).to_contain_text("Viber 346")


async def test_a_message_to_a_client_who_does_not_look_is_delivered_and_read_only_when_they_do(open_page: Open) -> None:
    visitor = await open_page()
    away = await visitor.newcomer()
    await visitor.write("operator", "are you there")
    other = await visitor.newcomer()
    badge = visitor.client(away).locator(".badge")
    await expect(badge).to_contain_text("1")
    await expect(visitor.client(other).locator(".badge")).to_have_count(0)
    await visitor.client(away).click()
    await visitor.sees_tick("operator", "are you there", "Read")
    await expect(badge).to_have_count(0)


async def test_503_at_amocrm_holds_a_message_and_it_arrives_when_that_ends(open_page: Open) -> None:
    visitor = await open_page()
    await visitor.newcomer()
    before = int(await visitor.figure("inbound", "retries").inner_text())
    await visitor.switch("amojo", "503").click()
    await expect(visitor.switch("amojo", "503")).to_be_checked()
    await visitor.write("client", "please wait")
    await visitor.sees_tick("client", "please wait", "edna has it")
    await expect(visitor.message("client", "please wait")).to_contain_text("amoCRM answers 503")
    await expect(visitor.figure("inbound", "retries")).to_have_text(re.compile(rf"^(?!{before}$)\d+$"))
    await expect(visitor.figure("inbound", "lanes")).to_have_text("1")
    await expect(visitor.message("operator", "please wait")).to_have_count(0)
    await visitor.switch("amojo", "503").click()
    await visitor.sees_tick("client", "please wait", "Reached amoCRM", within_ms=45_000)
    await expect(visitor.message("operator", "please wait")).to_have_count(1)
    await expect(visitor.figure("inbound", "lanes")).to_have_text("0")


async def test_a_slow_edna_shows_its_calls_and_the_message_arrives(open_page: Open) -> None:
    visitor = await open_page()
    await visitor.newcomer()
    await visitor.switch("edna", "slow").click()
    await expect(visitor.switch("edna", "slow")).to_be_checked()
    await visitor.write("operator", "slowly")
    await expect(visitor.figure("outbound", "in_flight")).to_have_text("1")
    await visitor.write("operator", "and behind it")
    await expect(visitor.figure("outbound", "held")).to_have_text("2")
    await visitor.sees_tick("operator", "and behind it", "Read")
    await expect(visitor.figure("outbound", "held")).to_have_text("0")


async def test_a_lost_answer_does_not_make_a_second_message(open_page: Open) -> None:
    visitor = await open_page()
    await visitor.newcomer()
    repeats = visitor.page.locator(".event").filter(has_text="attempts:")
    before = await repeats.count()
    await visitor.switch("edna", "lost").click()
    await visitor.write("operator", "only once")
    await expect(visitor.message("client", "only once")).to_be_visible(timeout=SOON_MS)
    await visitor.switch("edna", "lost").click()
    await expect(repeats).not_to_have_count(before, timeout=30_000)
    await expect(visitor.message("client", "only once")).to_have_count(1)


async def test_a_reload_shows_the_same(open_page: Open) -> None:
    visitor = await open_page()
    name = await visitor.newcomer()
    await visitor.write("client", "remember me")
    await visitor.write("operator", "of course")
    await visitor.sees_tick("operator", "of course", "Read")
    await visitor.page.locator("#client-text").fill("not sent yet")
    await visitor.switch("edna", "slow").click()
    await expect(visitor.switch("edna", "slow")).to_be_checked()
    await visitor.page.reload()
    await expect(visitor.client(name)).to_have_attribute("aria-current", "true")
    await visitor.sees_tick("client", "remember me", "Reached amoCRM")
    await visitor.sees_tick("operator", "of course", "Read")
    await expect(visitor.page.locator("#client-text")).to_have_value("not sent yet")
    await expect(visitor.switch("edna", "slow")).to_be_checked()
    await expect(visitor.page.locator(".event").filter(has_text="remember me")).to_have_count(1)


async def test_drafts_stay_with_their_client(open_page: Open) -> None:
    visitor = await open_page()
    first = await visitor.newcomer()
    field = visitor.page.locator("#operator-text")
    await field.fill("a draft for the first")
    await visitor.newcomer()
    await expect(field).to_have_value("")
    await visitor.client(first).click()
    await expect(field).to_have_value("a draft for the first")


async def test_the_language_is_that_of_the_browser_until_it_is_chosen_and_then_remembered(open_page: Open) -> None:
    visitor = await open_page(locale="ru-RU")
    title = visitor.page.locator("#events-title")
    await expect(title).to_have_text("События в Kafka")
    await visitor.page.get_by_role("button", name="English").click()
    await expect(title).to_have_text("Events in Kafka")
    await expect(visitor.page.locator("html")).to_have_attribute("lang", "en")
    await visitor.page.reload()
    await expect(title).to_have_text("Events in Kafka")


async def test_everything_can_be_done_from_the_keyboard(open_page: Open) -> None:
    visitor = await open_page()
    press = visitor.page.keyboard.press
    await press("Alt+n")
    name = f"Keys {uuid.uuid4().hex[:6]}"
    await visitor.page.keyboard.type(name)
    await press("Enter")
    await expect(visitor.client(name)).to_have_attribute("aria-current", "true")
    await expect(visitor.page.locator("#client-text")).to_be_focused()
    await visitor.page.keyboard.type("one")
    await press("Shift+Enter")
    await visitor.page.keyboard.type("two")
    await press("Enter")
    await expect(visitor.message("operator", "one\ntwo")).to_be_visible(timeout=SOON_MS)
    await press("Alt+2")
    await visitor.page.keyboard.type("answered")
    await press("Enter")
    await visitor.sees_tick("operator", "answered", "Read")
    await press("Alt+ArrowUp")
    await expect(visitor.client(name)).not_to_have_attribute("aria-current", "true")
    await press("Alt+ArrowDown")
    await expect(visitor.client(name)).to_have_attribute("aria-current", "true")
    await press("Alt+3")
    await press("Enter")
    await expect(visitor.page.locator("#record-dialog")).to_be_visible()
    await press("Escape")
    await expect(visitor.page.locator("#record-dialog")).to_be_hidden()
    await press("?")
    await expect(visitor.page.locator("#keys-dialog")).to_contain_text("Next client")
    await press("Escape")
    await visitor.switch("amojo", "slow").focus()
    await press("Space")
    await expect(visitor.switch("amojo", "slow")).to_be_checked()


async def test_an_event_tells_how_long_it_took_and_shows_its_record(open_page: Open) -> None:
    visitor = await open_page()
    await visitor.newcomer()
    words = f"look {uuid.uuid4().hex[:6]}"
    await visitor.write("client", words)
    row = visitor.page.locator(".event").filter(has_text=words)
    await expect(row.locator(".took")).to_have_text(re.compile(r"\d+ ms"), timeout=SOON_MS)
    await row.locator("button").click()
    dialog = visitor.page.locator("#record-dialog")
    await expect(dialog).to_contain_text('"conversation_id"')
    await expect(dialog).to_contain_text("ce_id")
    await dialog.get_by_role("button", name="Close").click()
    await visitor.page.locator("#filters").get_by_role("button", name="inbound").click()
    await expect(row).to_have_count(0)
    await visitor.page.locator("#filters").get_by_role("button", name="inbound").click()
    await visitor.page.locator("#pause").click()
    await visitor.write("client", f"{words} again")
    await expect(visitor.page.locator("#pause")).to_contain_text("new:", timeout=SOON_MS)
    await expect(visitor.page.locator(".event").filter(has_text=f"{words} again")).to_have_count(0)
    await visitor.page.locator("#pause").click()
    await expect(visitor.page.locator(".event").filter(has_text=f"{words} again")).to_have_count(1)


async def test_what_people_write_is_never_read_as_html(open_page: Open) -> None:
    visitor = await open_page()
    await visitor.newcomer()
    words = "<img src=x onerror=alert(1)><b>bold</b>"
    await visitor.write("client", words)
    await expect(visitor.message("operator", words)).to_be_visible(timeout=SOON_MS)
    await expect(visitor.page.locator(".message b, .event b, .client b, .message img")).to_have_count(0)


async def test_on_a_phone_nothing_is_wider_than_the_screen(open_page: Open) -> None:
    visitor = await open_page(viewport={"width": 390, "height": 844}, has_touch=True)
    await visitor.newcomer()
    await visitor.write("client", "long" * 60)
    await expect(visitor.message("client", "long")).to_be_visible()
    for tab, shown in (("operator", "#card"), ("events", "#flow"), ("client", "#phone")):
        await visitor.page.locator(f".tabs [data-tab={tab}]").click()
        await expect(visitor.page.locator(shown)).to_be_visible()
        width = await visitor.page.evaluate("() => document.documentElement.scrollWidth")
        assert width <= 390, f"{tab} is {width} wide"
    await expect(visitor.page.locator("#card")).to_be_hidden()


async def test_a_fake_that_ends_is_named_and_what_could_not_be_sent_is_sent_again(
    open_page: Open, world: PageWorld
) -> None:
    visitor = await open_page()
    await visitor.newcomer()
    troubles = visitor.page.locator("#troubles")
    with visitor.expecting_refusals():
        await world.amojo.kill()
        await expect(troubles).to_contain_text("The fake amoCRM does not answer", timeout=SOON_MS)
        await expect(visitor.switch("amojo", "503")).to_be_disabled()
        await visitor.write("operator", "can you hear me")
        await visitor.sees_tick("operator", "can you hear me", "Not delivered")
        await expect(visitor.message("operator", "can you hear me")).to_contain_text("does not answer")
        await visitor.write("client", "anybody there")
        await visitor.sees_tick("client", "anybody there", "edna has it")
        await world.amojo.start()
        await expect(troubles).to_be_empty(timeout=SOON_MS)
        # The account is connected again by the inbound agent, when its first call has been refused.
        await visitor.sees_tick("client", "anybody there", "Reached amoCRM", within_ms=45_000)
        await visitor.message("operator", "can you hear me").get_by_role("button", name="Try again").click()
        await visitor.sees_tick("operator", "can you hear me", "Read")


async def test_a_page_whose_server_ends_says_so_and_goes_on_when_it_is_back(open_page: Open, world: PageWorld) -> None:
    visitor = await open_page()
    name = await visitor.newcomer()
    await visitor.write("client", "before")
    await visitor.sees_tick("client", "before", "Reached amoCRM")
    with visitor.expecting_refusals():
        await world.page.kill()
        await expect(visitor.page.locator("#troubles")).to_contain_text("Connecting again", timeout=SOON_MS)
        await world.page.start()
        await expect(visitor.page.locator("#troubles")).to_be_empty(timeout=SOON_MS)
    await visitor.client(name).click()
    await visitor.sees_tick("client", "before", "Reached amoCRM")


async def test_a_file_that_does_not_come_is_asked_for_again(open_page: Open) -> None:
    visitor = await open_page()
    await visitor.page.route("**/static/words.js", lambda route: route.abort(), times=1)
    with visitor.expecting_refusals():
        await visitor.page.reload()
        await expect(visitor.page.locator(".client").first).to_be_visible(timeout=SOON_MS)


async def test_an_agent_that_does_not_answer_is_a_state_of_its_card_and_nothing_is_lost(
    open_page: Open, world: PageWorld
) -> None:
    visitor = await open_page()
    await visitor.newcomer()
    card = visitor.page.locator("#flow-row > [data-key=status]")
    await expect(card).not_to_have_attribute("data-state", "down")
    with world.held("status"):
        await expect(card).to_have_attribute("data-state", "down", timeout=SOON_MS)
        await expect(card).to_contain_text("agent does not answer")
        await expect(card).to_contain_text("none is lost")
        await visitor.write("operator", "told later")
        await visitor.sees_tick("operator", "told later", "Sent")
    await visitor.sees_tick("operator", "told later", "Read", within_ms=45_000)
    await expect(card).not_to_have_attribute("data-state", "down")
