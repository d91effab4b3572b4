"""Agents as real processes, and what they carry: what the delivery tests are made of."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
from aiokafka import AIOKafkaConsumer, TopicPartition

from bridge.events import Content, ContentType, InboundMessage, OutboundMessage, encode
from bridge.ids import Conversation, amojo_msgid, outbound_event_id
from bridge.kafka.producer import Producer
from bridge.settings import Settings

ROOT = Path(__file__).parents[2]


async def eventually(what: str, condition: Callable[[], Any], within_s: float = 30.0) -> None:
    """Wait until a condition holds; fails with `what` when it does not in time."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {within_s} s: {what}"
        await asyncio.sleep(0.02)


async def until(what: str, condition: Callable[[], Awaitable[bool]], within_s: float = 30.0) -> None:
    """As `eventually`, for what has to be asked for."""
    deadline = time.monotonic() + within_s
    while not await condition():
        assert time.monotonic() < deadline, f"not within {within_s} s: {what}"
        await asyncio.sleep(0.05)


def environment(settings: Settings) -> dict[str, str]:
    """The environment of a part: what the settings say, on ports of the system's choice, and no `.env`."""
    values = {
        name.upper(): getattr(value, "get_secret_value", lambda value=value: value)()
        for name, value in ((field, getattr(settings, field)) for field in settings.model_fields_set)
    }
    ports = {"INBOUND_PORT": "0", "OUTBOUND_PORT": "0", "STATUS_PORT": "0", "GATEWAY_PORT": "0"}
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    known = {name: str(value) for name, value in values.items() if value is not None}
    return inherited | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"} | known | ports


class Agent:
    """One `python -m streams DIRECTION`, or another module, started in a folder without `.env`."""

    def __init__(self, direction: str, settings: Settings, folder: Path, command: tuple[str, ...] = ()) -> None:
        self.direction = direction
        self._command = command or ("streams", direction)
        self._environment = environment(settings)
        self._folder = folder
        self._starts = 0
        self._process: asyncio.subprocess.Process | None = None

    @property
    def log(self) -> str:
        """What the current process has written."""
        return self._log_path.read_text(errors="replace")

    @property
    def _log_path(self) -> Path:
        return self._folder / f"{self.direction}-{id(self)}-{self._starts}.log"

    async def start(self, *, ready: bool = True) -> Agent:
        """Start the process and, with `ready`, wait until it says that it is."""
        self._starts += 1
        with self._log_path.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", *self._command, cwd=self._folder, env=self._environment,
                stderr=log, stdout=log,
            )  # fmt: skip
        if ready:
            await self.wait_ready()
        return self

    async def wait_ready(self, within_s: float = 30.0) -> None:
        """Wait for 200 of `/ready`."""
        deadline = time.monotonic() + within_s
        async with aiohttp.ClientSession() as session:
            while True:
                assert time.monotonic() < deadline, f"{self.direction} not ready:\n{self.log}"
                assert self.running, f"{self.direction} ended:\n{self.log}"
                url = self.url
                if url is not None:
                    async with session.get(f"{url}/ready") as answer:
                        if answer.status == 200:
                            return
                await asyncio.sleep(0.05)

    @property
    def url(self) -> str | None:
        """Where it listens, once it has said so."""
        for line in self.log.splitlines():
            if '.listening"' in line:
                return str(json.loads(line)["url"])
        return None

    @property
    def running(self) -> bool:
        """Whether the process has not ended."""
        return self._process is not None and self._process.returncode is None

    async def kill(self) -> None:
        """SIGKILL."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        await self._process.wait()

    async def terminate(self) -> tuple[int, float]:
        """SIGTERM; returns the exit code and the seconds that it took."""
        assert self._process is not None
        started = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        code = await asyncio.wait_for(self._process.wait(), 15)
        return code, time.monotonic() - started

    def pause(self) -> None:
        """SIGSTOP."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    async def ended(self, within_s: float = 30.0) -> int:
        """Wait for the end that it comes to by itself; returns the exit code (-9: SIGKILL)."""
        assert self._process is not None
        return await asyncio.wait_for(self._process.wait(), within_s)

    async def facts(self) -> tuple[int, dict[str, Any]]:
        """The status of `/ready`, and what it says."""
        async with aiohttp.ClientSession() as session, session.get(f"{self.url}/ready") as answer:
            return answer.status, await answer.json()

    async def metrics(self) -> dict[str, float]:
        """What `/metrics` says: a line's name and labels → its value."""
        async with aiohttp.ClientSession() as session, session.get(f"{self.url}/metrics") as answer:
            lines = (await answer.text()).splitlines()
        return {name: float(value) for name, _, value in (each.rpartition(" ") for each in lines if each[0] != "#")}

    async def stop(self) -> None:
        """End it, however it is."""
        if self.running:
            await self.kill()


def inbound(number: int, conversation: Conversation, text: str) -> InboundMessage:
    """A client's message, as the gateway makes it."""
    return InboundMessage(
        event_id=amojo_msgid(conversation.account, conversation.channel, str(number)),
        channel=conversation.channel,
        address=conversation.address,
        conversation_id=conversation.id,
        accepted_at=int(time.time() * 1000),
        message_id=str(number),
        content=Content(type=ContentType.TEXT, text=text),
    )


def outbound(message_id: str, conversation: Conversation, text: str) -> OutboundMessage:
    """An operator's message, as the gateway makes it."""
    return OutboundMessage(
        event_id=outbound_event_id(conversation.account, message_id),
        channel=conversation.channel,
        address=conversation.address,
        conversation_id=conversation.id,
        accepted_at=int(time.time() * 1000),
        message_id=message_id,
        chat_id=f"chat-{conversation.address}",
        content=Content(type=ContentType.TEXT, text=text),
    )


async def produce(settings: Settings, topic: str, records: list[tuple[str, bytes]]) -> None:
    """Write (key, value) records to a topic, in order."""
    producer = Producer(settings, confirm_within_s=20.0)
    await producer.start()
    assert await producer.wait_connected(20.0)
    for key, value in records:
        await producer.send(settings.topic_prefix + topic, value, key=key.encode())
    await producer.stop()


def record(event: InboundMessage | OutboundMessage) -> tuple[str, bytes]:
    """An event as (key, value)."""
    key = event.chat_id if isinstance(event, OutboundMessage) and event.chat_id else event.conversation_id
    return key, encode(event)


async def read_all(settings: Settings, topic: str) -> list[Any]:
    """Every record of a topic, from its beginning to its end."""
    name = settings.topic_prefix + topic
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.kafka_bootstrap_servers, fetch_max_wait_ms=100)
    await consumer.start()
    try:
        await consumer._client.force_metadata_update()
        count = 1 if topic == "quarantine" else settings.topic_partitions
        tps = [TopicPartition(name, number) for number in range(count)]
        consumer.assign(tps)
        await consumer.seek_to_beginning(*tps)
        ends = await consumer.end_offsets(tps)
        records: list[Any] = []
        while any([await consumer.position(tp) < ends[tp] for tp in tps]):
            for batch in (await consumer.getmany(timeout_ms=200)).values():
                records.extend(batch)
        return records
    finally:
        await consumer.stop()
