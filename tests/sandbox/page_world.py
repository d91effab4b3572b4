"""A whole world behind the page, as processes: gateway, three agents, both fakes, the page; and a browser before it."""

from __future__ import annotations

import asyncio
import re
import shutil
import signal
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
from playwright.async_api import Browser, ConsoleMessage, Locator, Page, Playwright, expect

from bridge.kafka.admin import create_topics
from bridge.settings import Settings
from sandbox.kafka.broker import free_port
from tests.broker.agents import Agent

CHROMIUM = "/usr/bin/chromium"
NO_CHROMIUM = "no chromium at /usr/bin/chromium: install the package chromium (apt-get install chromium)"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SOON_MS = 15_000
NETWORK_CHANGED = "ERR_NETWORK_CHANGED"  # a network of this machine came or went (Docker's do); the page loads again


class SandboxPart(Agent):
    """`python -m sandbox edna|amojo|page`, which says on its first line where it listens."""

    @property
    def url(self) -> str | None:
        """Where it listens, once it has said so."""
        found = re.search(r"on (http://127\.0\.0\.1:\d+)", self.log)
        return found[1] if found else None

    async def wait_ready(self, within_s: float = 30.0) -> None:
        """Wait until it has said where it listens."""
        deadline = time.monotonic() + within_s
        while self.url is None:
            assert self.running, f"{self.direction} ended:\n{self.log}"
            assert time.monotonic() < deadline, f"{self.direction} does not listen:\n{self.log}"
            await asyncio.sleep(0.05)


class DirectionAgent(Agent):
    """An agent that can be sent any signal."""

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        assert self._process is not None
        self._process.send_signal(number)


class PageWorld:
    """Everything on ports of its own; made by `started`."""

    def __init__(
        self, gateway: Agent, edna: SandboxPart, amojo: SandboxPart, page: SandboxPart, agents: list[DirectionAgent]
    ) -> None:
        self.gateway = gateway
        self.edna = edna
        self.amojo = amojo
        self.page = page
        self.agents = agents

    @classmethod
    async def started(cls, values: dict[str, Any], folder: Path) -> PageWorld:
        """Topics, gateway, and then the rest at once."""
        ports = {name: free_port() for name in ("edna_fake_port", "amojo_fake_port", "sandbox_page_port")}
        fakes = {
            "edna_base_url": f"http://127.0.0.1:{ports['edna_fake_port']}",
            "amocrm_amojo_base_url": f"http://127.0.0.1:{ports['amojo_fake_port']}",
            "edna_send_path": "/api/cascade/schedule",
            "edna_cascade_id": "1",
            "media_allow_hosts": ",".join(f"127.0.0.1:{ports[name]}" for name in ("edna_fake_port", "amojo_fake_port")),
            "session_timeout_s": 6,
        }

        def settings(**more: Any) -> Settings:
            return Settings(_env_file=None, **{**values, **ports, **fakes, **more})

        await create_topics(settings())
        gateway = await Agent("gateway", settings(), folder, command=("gateway",)).start()
        there = settings(gateway_url=gateway.url, public_base_url=gateway.url)
        edna, amojo = (SandboxPart(name, there, folder, command=("sandbox", name)) for name in ("edna", "amojo"))
        agents = [DirectionAgent(name, there, folder) for name in ("inbound", "outbound", "status")]
        await asyncio.gather(edna.start(), amojo.start())
        await asyncio.gather(*(agent.start() for agent in agents))
        urls = {f"{agent.direction}_url": agent.url for agent in agents}
        page = SandboxPart("page", settings(gateway_url=gateway.url, **urls), folder, command=("sandbox", "page"))
        await page.start()
        return cls(gateway, edna, amojo, page, agents)

    async def stop(self) -> None:
        """End what runs."""
        for part in (self.page, self.gateway, self.edna, self.amojo, *self.agents):
            await part.stop()

    @contextmanager
    def held(self, direction: str) -> Iterator[None]:
        """An agent stands still, and goes on afterwards."""
        agent = next(agent for agent in self.agents if agent.direction == direction)
        agent.signal(signal.SIGSTOP)
        yield
        agent.signal(signal.SIGCONT)

    async def behave_edna(self, **behaviour: Any) -> None:
        """Change how the fake edna behaves."""
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.edna.url}/behaviour", json=behaviour) as answer,
        ):
            assert answer.status == 200

    async def heal(self) -> None:
        """No faults any more."""
        async with aiohttp.ClientSession() as session:
            for fake in (self.edna, self.amojo):
                async with session.delete(f"{fake.url}/faults") as answer:
                    assert answer.status == 200


class Visitor:
    """A person before the page: what they see and do, by roles and names."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.phone = page.locator("#phone")
        self.card = page.locator("#card")
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    @classmethod
    async def at(cls, url: str, browser: Browser, **context: Any) -> Visitor:
        """Open the page in a context of its own."""
        options = {"locale": "en-US", "viewport": {"width": 1440, "height": 1000}, **context}
        visitor = cls(await (await browser.new_context(**options)).new_page())
        visitor.page.set_default_timeout(SOON_MS)
        await visitor.page.goto(url)
        await expect(visitor.page.locator(".client").first).to_be_visible(timeout=SOON_MS)
        return visitor

    async def newcomer(self, channel: str = "345") -> str:
        """Add a client of this test alone, and select it; returns the name."""
        name = f"Client {uuid.uuid4().hex[:6]}"
        await self.page.locator("#new-client").click()
        dialog = self.page.locator("#client-dialog")
        await dialog.locator("[name=name]").fill(name)
        await dialog.locator("[name=address]").fill(f"79{uuid.uuid4().int % 10**9:09d}")
        await dialog.locator("[name=channel]").select_option(channel)
        await dialog.locator("[type=submit]").click()
        await expect(self.client(name)).to_have_attribute("aria-current", "true")
        return name

    def client(self, name: str) -> Locator:
        """Somebody in the list."""
        return self.page.locator(".client").filter(has_text=name)

    async def write(self, side: str, text: str) -> None:
        """Write on one side, with Enter."""
        await self.page.locator(f"#{side}-text").fill(text)
        await self.page.locator(f"#{side}-text").press("Enter")

    async def attach(self, side: str, item: str) -> None:
        """Choose from the menu beside the field."""
        box = (self.phone if side == "client" else self.card).locator(".attach-box")
        await box.get_by_role("button", name=re.compile("Attach|Прикрепить")).click()
        await box.get_by_role("menuitem", name=item).click()

    async def put_file(self, side: str, name: str, mime: str, body: bytes) -> None:
        """Send a file with what stands in the field."""
        await self.page.locator(f"#{side}-file").set_input_files({"name": name, "mimeType": mime, "buffer": body})

    def message(self, side: str, text: str) -> Locator:
        """A message as one side sees it."""
        return (self.phone if side == "client" else self.card).locator(".message").filter(has_text=text)

    async def sees_tick(self, side: str, text: str, name: str, within_ms: float = SOON_MS) -> None:
        """Wait until a message of this side has the tick with this name."""
        tick = self.message(side, text).get_by_role("img", name=name, exact=True)
        await expect(tick).to_be_visible(timeout=within_ms)

    def switch(self, vendor: str, name: str) -> Locator:
        """A vendor's switch."""
        return self.page.locator(f"#flow-row > [data-key={vendor}] [data-switch='{name}']")

    def figure(self, direction: str, name: str) -> Locator:
        """A number on a direction's card."""
        return self.page.locator(f"#flow-row > [data-key={direction}] [data-figure={name}] dd")

    @contextmanager
    def expecting_refusals(self) -> Iterator[None]:
        """Requests may fail in here: the browser writes each such answer into its console."""
        before = list(self.complaints)
        yield
        self.complaints = before

    async def leave(self) -> None:
        """Close the page."""
        await self.page.context.close()

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and NETWORK_CHANGED not in message.text:
            self.complaints.append(message.text)


def there_is_chromium() -> bool:
    """Whether the tests have a browser."""
    return shutil.which(CHROMIUM) is not None


async def browser_of(playwright: Playwright) -> Browser:
    """The system's Chromium, headless."""
    return await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
