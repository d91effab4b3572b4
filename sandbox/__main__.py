"""`python -m sandbox`: both fakes in one process; `… edna`, `… amojo`: one; `… run`: the whole world."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Callable
from typing import Literal

import uvloop

from bridge.errors import ConfigurationError
from bridge.settings import Settings, exit_with, load_settings_or_exit
from sandbox import credentials
from sandbox.amojo import AmojoConfig, AmojoFake
from sandbox.edna import EdnaConfig, EdnaFake
from sandbox.edna.checks import CONTENT_KEYS
from sandbox.fake import FakeServer

Part = Literal["edna", "amojo"]
BOTH: tuple[Part, ...] = ("edna", "amojo")
SANDBOX_RETRY_SCALE = 0.1  # 0.4, 12.8 and 205 s: people at a sandbox do not wait half an hour


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
        )
    )


async def serve(settings: Settings, parts: tuple[Part, ...], retry_scale: float) -> None:
    """Run the fakes until SIGTERM or SIGINT. Raises ConfigurationError when a port is taken."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    makers: dict[Part, tuple[Callable[[], FakeServer], int]] = {
        "edna": (lambda: edna_from(settings, retry_scale), settings.edna_fake_port),
        "amojo": (lambda: amojo_from(settings), settings.amojo_fake_port),
    }
    running: list[FakeServer] = []
    try:
        for part in parts:
            make, port = makers[part]
            fake = make()
            try:
                await fake.start(settings.listen_host, port)
            except OSError as error:
                name, why = f"{part.upper()}_FAKE_PORT", os.strerror(error.errno or 0)
                raise ConfigurationError(
                    f"{name}: cannot listen on port {port} ({why}): end what uses it, or set {name}"
                ) from None
            running.append(fake)
            print(f"fake {part} on {fake.url} (GET / tells what it can)", flush=True)  # noqa: T201 - for whoever started it
        await stopped.wait()
    finally:
        await asyncio.gather(*(fake.stop() for fake in running))


def main(arguments: list[str] | None = None) -> int:
    """The command line. Exit 0 after a signal, 78 when the configuration is wrong."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("part", nargs="?", choices=(*BOTH, "run"), help="one fake alone, or the whole world")
    parser.add_argument("--retry-scale", type=float, default=SANDBOX_RETRY_SCALE, help="of edna's pauses 4/128/2048 s")
    given = parser.parse_args(arguments)
    if given.part == "run":
        from sandbox.world import main as run_world  # noqa: PLC0415 - the fakes alone need nothing of the world

        return run_world()
    settings = load_settings_or_exit()
    try:
        uvloop.run(serve(settings, (given.part,) if given.part else BOTH, given.retry_scale))
    except ConfigurationError as error:
        exit_with(error)
    return 0


if __name__ == "__main__":
    sys.exit(main())
