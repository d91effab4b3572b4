"""`python -m sandbox`: both fakes and the page in one process; `… edna|amojo|page`: one; `… run`: the whole world."""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable
from typing import Literal, Protocol

import uvloop

from bridge.errors import ConfigurationError
from bridge.settings import Settings, exit_with, load_settings_or_exit
from sandbox import credentials
from sandbox.amojo import AmojoConfig, AmojoFake
from sandbox.edna import EdnaConfig, EdnaFake
from sandbox.edna.checks import CONTENT_KEYS
from sandbox.edna.config import Channel
from sandbox.listening import reachable
from sandbox.page import Page, PageTargets

Part = Literal["edna", "amojo", "page"]
PARTS: tuple[Part, ...] = ("edna", "amojo", "page")  # in the order in which they start: the page asks the fakes
VARIABLES: dict[Part, str] = {"edna": "EDNA_FAKE_PORT", "amojo": "AMOJO_FAKE_PORT", "page": "SANDBOX_PAGE_PORT"}
TITLES: dict[Part, str] = {
    "edna": "fake edna on {} (GET / tells what it can)",
    "amojo": "fake amojo on {} (GET / tells what it can)",
    "page": "page on {} (open it in a browser)",
}
# The journals only grow, and by default all of them are looked through again and again: 200 ms of silence each time at
# 80,000 entries. What is young is still looked through often.
COLLECT_AFTER = (10_000, 50, 10_000)
# Beside the channel of EDNA_CASCADE_ID: one of each kind that edna serves in its own way.
CASCADES = {
    "2": Channel("sandbox_viber", 346, "viber"),
    "3": Channel("sandbox_max_bot", 347, "max_bot"),
    "4": Channel("sandbox_max", 348, "max"),
}
SANDBOX_RETRY_SCALE = 0.1  # 0.4, 12.8 and 205 s: people at a sandbox do not wait half an hour


class Server(Protocol):
    """What runs here: a fake or the page. `url` is known after `start`, which raises OSError."""

    url: str

    async def start(self, host: str, port: int) -> None: ...

    async def stop(self) -> None: ...


def edna_from(settings: Settings, retry_scale: float) -> EdnaFake:
    """The fake edna that knows the credentials of the environment, else those of the sandbox."""
    key, hook_key = settings.edna_api_key, settings.edna_webhook_key
    im_type = settings.edna_im_type.lower()
    return EdnaFake(
        EdnaConfig(
            api_key=key.get_secret_value() if key else credentials.EDNA_API_KEY,
            webhook_url=f"{settings.url_of('gateway')}/webhooks/edna",
            webhook_key=hook_key.get_secret_value() if hook_key else credentials.EDNA_WEBHOOK_KEY,
            cascade_id=settings.edna_cascade_id or credentials.EDNA_CASCADE_ID,
            im_type=im_type if im_type in CONTENT_KEYS else "whatsapp",
            cascades=CASCADES,
            public_url=public_url(settings, settings.edna_fake_port),
            retry_scale=retry_scale,
        )
    )


def amojo_from(settings: Settings) -> AmojoFake:
    """The fake amojo that knows the credentials of the environment, else those of the sandbox."""
    secret = settings.amocrm_channel_secret
    return AmojoFake(
        AmojoConfig(
            channel_id=settings.amocrm_channel_id or credentials.AMOCRM_CHANNEL_ID,
            channel_secret=secret.get_secret_value() if secret else credentials.AMOCRM_CHANNEL_SECRET,
            account_id=settings.amocrm_account_id or credentials.AMOCRM_ACCOUNT_ID,
            hook_url=f"{settings.url_of('gateway')}/webhooks/amocrm/:scope_id",
            public_url=public_url(settings, settings.amojo_fake_port),
        )
    )


def public_url(settings: Settings, port: int) -> str | None:
    """Where the other parts find the files of a fake; None: where it listens, on this machine."""
    return f"http://{settings.sandbox_host}:{port}" if settings.sandbox_host else None


def page_from(settings: Settings, running: dict[Part, Server]) -> Page:
    """The page, with the fakes that run here, else those that are expected on their ports."""
    ports: dict[Part, int] = {"edna": settings.edna_fake_port, "amojo": settings.amojo_fake_port}
    # The ports that fakes took here are known, and a server that listens everywhere is reached at 127.0.0.1.
    urls = {
        part: reachable(running[part].url) if part in running else reachable(f"http://{settings.listen_host}:{port}")
        for part, port in ports.items()
    }
    return Page(settings, PageTargets(urls["edna"], urls["amojo"]))


async def serve(settings: Settings, parts: tuple[Part, ...], retry_scale: float) -> None:
    """Run fakes and page until SIGTERM or SIGINT. Raises ConfigurationError when a port is taken."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    running: dict[Part, Server] = {}
    makers: dict[Part, tuple[Callable[[], Server], int]] = {
        "edna": (lambda: edna_from(settings, retry_scale), settings.edna_fake_port),
        "amojo": (lambda: amojo_from(settings), settings.amojo_fake_port),
        "page": (lambda: page_from(settings, running), settings.sandbox_page_port),
    }
    try:
        for part in parts:
            make, port = makers[part]
            server = make()
            try:
                await server.start(settings.listen_host, port)
            except OSError as error:
                name, why = VARIABLES[part], os.strerror(error.errno or 0)
                raise ConfigurationError(
                    f"{name}: cannot listen on port {port} ({why}): end what uses it, or set {name}"
                ) from None
            running[part] = server
            print(TITLES[part].format(server.url), flush=True)  # noqa: T201 - for whoever started it
        await stopped.wait()
    finally:
        await asyncio.gather(*(server.stop() for server in running.values()))


def main(arguments: list[str] | None = None) -> int:
    """The command line. Exit 0 after a signal, 78 when the configuration is wrong."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("part", nargs="?", choices=(*PARTS, "run"), help="one part alone, or the whole world")
    parser.add_argument("--retry-scale", type=float, default=SANDBOX_RETRY_SCALE, help="of edna's pauses 4/128/2048 s")
    given = parser.parse_args(arguments)
    if given.part == "run":
        from sandbox.world import main as run_world  # noqa: PLC0415 - the fakes alone need nothing of the world

        return run_world()
    settings = load_settings_or_exit()
    gc.set_threshold(*COLLECT_AFTER)
    try:
        uvloop.run(serve(settings, (given.part,) if given.part else PARTS, given.retry_scale))
    except ConfigurationError as error:
        exit_with(error)
    return 0


if __name__ == "__main__":
    sys.exit(main())
