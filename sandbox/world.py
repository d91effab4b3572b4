"""`make run`: a whole world on one machine, under one supervisor.

Starts a broker, the topics and every part as a process of its own; restarts a part that dies and says so; ends with
everything, Kafka last, within ten seconds of Ctrl-C.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Coroutine, Sequence
from pathlib import Path

import aiohttp
from rich.console import Console

from bridge.errors import EXIT_CONFIGURATION, ConfigurationError
from bridge.settings import Settings, load_settings
from sandbox import environment as environment_file
from sandbox import screen
from sandbox.browser import open_page
from sandbox.credentials import fakes_environment, missing_credentials
from sandbox.kafka import Broker, broker_for_run
from sandbox.parts import Deaths, Part, PartFailed, Running, environment_with, python, stop_all

FOLDER = Path(".sandbox")
KAFKA_FOLDER = FOLDER / "kafka"
REAL_KAFKA_FOLDER = Path("kafka-data")  # as the real spool, it must survive `make clean`
ENVIRONMENT_FILE = FOLDER / "environment"
SPOOL_FOLDER = FOLDER / "spool"
STOP_WITHIN_S = 8.0  # the parts
ALL_WITHIN_S = 9.5  # the parts, and Kafka after them
TOPICS_WITHIN_S = 60.0
LOOK_EVERY_S = 0.1

console = Console()


class World:
    """The parts and their supervision; `parts` and broker are given, so that it can be tried with others."""

    def __init__(self, parts: Sequence[Part], environment: dict[str, str], folder: Path, broker: Broker) -> None:
        self.broker = broker
        self._broker_deaths = Deaths()
        logs = folder / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        self.running = [Running(part, environment, logs) for part in parts]
        for one in self.running:
            one.log_path.write_bytes(b"")

    async def start(self) -> None:
        """Start all parts and wait until each is ready. Raises PartFailed."""
        for one in self.running:
            one.start()
        async with aiohttp.ClientSession() as session:
            await asyncio.gather(*(one.wait_ready(session) for one in self.running))

    async def watch(self) -> None:
        """Restart what dies, saying so, until it is cancelled. Raises PartFailed for what must not be restarted."""
        restarts: dict[Running, float] = {}
        ours = self.broker.pid is not None
        while True:
            if ours and self.broker.pid is None:
                await self._start_broker_again()
            for one in self.running:
                due = restarts.get(one)
                if due is not None and time.monotonic() >= due:
                    del restarts[one]
                    one.start()
                    say(f"{one.part.name} runs again, pid {one.pid}")
                elif due is None and one.exit_code is not None:
                    pause = one.died()
                    say(f"{one.why_it_ended()}; it starts again in {pause:g} s")
                    restarts[one] = time.monotonic() + pause
            await asyncio.sleep(LOOK_EVERY_S)

    async def _start_broker_again(self) -> None:
        if self._broker_deaths.another() is None:
            raise PartFailed(f"Kafka keeps dying: see {self.broker.log_file}")
        say("Kafka ended; it starts again")
        await self.broker.stop()  # lets go of its folder
        try:
            await self.broker.start()
        except ConfigurationError as error:
            raise PartFailed(f"Kafka does not start again: {error}") from None
        say(f"Kafka runs again, pid {self.broker.pid}")

    async def stop(self) -> None:
        """Stop all parts at once, and Kafka after them."""
        deadline = time.monotonic() + ALL_WITHIN_S
        for name in await stop_all(self.running, STOP_WITHIN_S):
            say(f"{name} did not stop within {STOP_WITHIN_S:g} s and was killed")
        try:
            async with asyncio.timeout_at(asyncio.get_running_loop().time() + deadline - time.monotonic()):
                await self.broker.stop()
        except TimeoutError:
            await self.broker.kill()
            say(f"Kafka did not stop within {ALL_WITHIN_S:g} s and was killed; its data is safe")


def say(line: str) -> None:
    """One line for whoever sits before it."""
    print(line, flush=True)  # noqa: T201 - this is a screen


def parts_of(settings: Settings, fakes: bool) -> list[Part]:
    """The parts of the product, and, when fakes are wanted, those of both vendors and the page before them."""
    parts = [
        Part("gateway", python("gateway"), settings.gateway_port, "GATEWAY_PORT"),
        Part("inbound", python("streams", "inbound"), settings.inbound_port, "INBOUND_PORT"),
        Part("outbound", python("streams", "outbound"), settings.outbound_port, "OUTBOUND_PORT"),
        Part("status", python("streams", "status"), settings.status_port, "STATUS_PORT"),
    ]
    if fakes:
        parts += [
            Part("fake-edna", python("sandbox", "edna"), settings.edna_fake_port, "EDNA_FAKE_PORT", "/health"),
            Part("fake-amojo", python("sandbox", "amojo"), settings.amojo_fake_port, "AMOJO_FAKE_PORT", "/health"),
            Part("page", python("sandbox", "page"), settings.sandbox_page_port, "SANDBOX_PAGE_PORT", "/health"),
        ]
    return parts


def refuse_taken_ports(parts: Sequence[Part]) -> None:
    """Raises ConfigurationError that names the first port that is taken, or that two parts want."""
    owners: dict[int, str] = {}
    for part in parts:
        if part.port == 0:
            raise ConfigurationError(f"{part.variable}=0: `make run` needs a port that is known beforehand")
        if (other := owners.setdefault(part.port, part.variable)) != part.variable:
            raise ConfigurationError(f"{part.variable}={part.port} is {other} as well: set another {part.variable}")
        with socket.socket() as probe:
            probe.settimeout(0.3)
            if probe.connect_ex(("127.0.0.1", part.port)) == 0:
                raise ConfigurationError(
                    f"{part.variable}={part.port} is taken: stop the other process, or set another {part.variable}"
                )


async def create_topics(environment: dict[str, str]) -> None:
    """Raises ConfigurationError with what the command said."""
    process = await asyncio.create_subprocess_exec(
        *python("ops", "topics", "create"), env=environment, start_new_session=True,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        async with asyncio.timeout(TOPICS_WITHIN_S):
            said, _ = await process.communicate()
    except TimeoutError:
        raise ConfigurationError(f"topics: not created within {TOPICS_WITHIN_S:.0f} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise ConfigurationError(f"topics: {said.decode(errors='replace').strip()}")


async def run(settings: Settings) -> int:
    """Run the world until a signal, or until a part cannot go on; returns the exit code."""
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    missing = missing_credentials(settings)
    external = settings.kafka_bootstrap_servers if "kafka_bootstrap_servers" in settings.model_fields_set else None
    broker = broker_for_run(external, KAFKA_FOLDER if missing else REAL_KAFKA_FOLDER)
    fakes = fakes_environment(settings) if missing else {}
    if missing and "spool_dir" not in settings.model_fields_set:
        fakes["SPOOL_DIR"] = str(SPOOL_FOLDER)
    environment = environment_with({"KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers, **fakes})
    parts = parts_of(settings, bool(missing))
    started = time.monotonic()
    try:
        refuse_taken_ports(parts)
    except ConfigurationError as error:
        say(f"edna-amocrm: {error}")
        return EXIT_CONFIGURATION
    world = World(parts, environment, FOLDER, broker)
    try:
        if await _until(stopping, bring_up(world, environment)):
            screen.show(console, rows_of(world), broker.why, settings, bool(missing), ", ".join(missing))
            say(f"Ready after {time.monotonic() - started:.1f} s.")
            if missing:
                environment_file.write(ENVIRONMENT_FILE, told_to_others(settings, broker) | fakes)
                open_page(screen.page_url(settings))
            await _until(stopping, world.watch())
        say("Stopping …")
    except PartFailed as error:
        say(f"edna-amocrm: {error}")
        return 1
    except ConfigurationError as error:
        say(f"edna-amocrm: {error}")
        return EXIT_CONFIGURATION
    else:
        return 0
    finally:
        environment_file.remove(ENVIRONMENT_FILE)
        await world.stop()


def told_to_others(settings: Settings, broker: Broker) -> dict[str, str]:
    """What a shell or a command beside the sandbox has to know besides its credentials."""
    names = ("topic_prefix", "topic_partitions", "gateway_port", "gateway_url")
    told = {name.upper(): str(value) for name in names if (value := getattr(settings, name)) is not None}
    return {"KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers, **told}


async def bring_up(world: World, environment: dict[str, str]) -> None:
    """Broker, topics, parts, one after the other, each said. Raises ConfigurationError, PartFailed."""
    say(f"Starting {world.broker.why} …")
    await world.broker.start()
    say("Creating topics …")
    await create_topics(environment)
    say(f"Starting {', '.join(one.part.name for one in world.running)} …")
    await world.start()


def rows_of(world: World) -> list[screen.Row]:
    """What runs where. A cluster that somebody else runs has neither process nor log here."""
    pid = world.broker.pid
    log = world.broker.log_file
    kafka = screen.Row("kafka", pid or 0, world.broker.bootstrap_servers, os.path.relpath(log) if log else "")
    return [kafka, *(screen.Row(one.part.name, one.pid, one.part.url, str(one.log_path)) for one in world.running)]


async def _until(stopping: asyncio.Event, work: Coroutine[None, None, None]) -> bool:
    """Do the work unless `stopping` comes first; tells whether it was done. Raises what the work raises."""
    task = asyncio.ensure_future(work)
    stop = asyncio.ensure_future(stopping.wait())
    await asyncio.wait((task, stop), return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    if not task.done():
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return False
    task.result()
    return True


def main() -> int:
    """The entry point of `python -m sandbox run`."""
    os.umask(0o077)  # logs and Kafka's data are this user's
    try:
        settings = load_settings()
    except ConfigurationError as error:
        say(f"edna-amocrm: {error}")
        return EXIT_CONFIGURATION
    with asyncio.Runner() as runner:
        code = runner.run(run(settings))
        if threading.active_count() > 1:
            # Stopped in the middle of a download: its thread would hold the process until it is done.
            sys.stdout.flush()
            os._exit(code)
    return code
