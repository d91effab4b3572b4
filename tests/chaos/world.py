"""A world to be hurt: gateways, workers, both fakes, each a process of its own; one Kafka, shared by all worlds."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import aiohttp

from bridge.errors import KafkaUnavailable
from bridge.kafka.admin import create_topics
from bridge.kafka.groups import direction_lags
from bridge.settings import Settings
from sandbox import credentials
from sandbox.kafka.broker import free_port
from tests.chaos.doors import Door, TwoDoorBroker
from tests.chaos.parts import Exit, Fake, Part, supervise

Vendor = Literal["edna", "amojo"]

PARTITIONS = 12
SESSION_S = 6
RETRY_SCALE = 0.005  # edna repeats a webhook after 0.02, 0.6 and 10 s


@dataclass(frozen=True, slots=True)
class Setting:
    """What a world is made of. `workers` are those of inbound and of outbound each; status has one."""

    workers: int = 2
    gateways: int = 1
    latency_ms: float = 20
    named: bool = False  # GROUP_INSTANCE_ID: a restart is no rebalance
    kafka_first: bool = True  # False: the scenario starts Kafka and the parts itself
    side_door: bool = False  # the last gateway reaches Kafka through a door that can be shut
    changes: Mapping[str, Any] = field(default_factory=dict)  # of the settings


class World:
    """See the module. `parts` by name: gateway-1, inbound-1, inbound-2, outbound-1, …, status-1."""

    def __init__(self, setting: Setting, broker: TwoDoorBroker, folder: Path) -> None:
        self.setting = setting
        self.broker = broker
        self.folder = folder
        self.exits: list[Exit] = []
        self.gateway_ports = [free_port() for _ in range(setting.gateways)]
        self._front = Door(self.gateway_ports)  # where the fakes send webhooks when there are several gateways
        self._prefix = f"chaos-{uuid.uuid4().hex[:8]}."
        self._ports: dict[Vendor, int] = {"edna": free_port(), "amojo": free_port()}
        self.parts: dict[str, Part] = {}
        self.fakes: dict[Vendor, Fake] = {}
        self.session: aiohttp.ClientSession

    def settings(self, **changes: Any) -> Settings:
        """The settings of a part of this world; no `.env` is read."""
        values: dict[str, Any] = {
            name.lower(): value
            for name, value in credentials.sandbox_environment(self._ports["edna"], self._ports["amojo"]).items()
        }
        values |= {
            "kafka_bootstrap_servers": self.broker.bootstrap_servers,
            "topic_prefix": self._prefix,
            "topic_partitions": PARTITIONS,
            "session_timeout_s": SESSION_S,
            "spool_dir": str(self.folder / "spool"),
            "gateway_url": f"http://127.0.0.1:{self.gateway_ports[0]}",
        }
        if self.setting.gateways > 1:
            values["gateway_url"] = f"http://{self._front.address}"
        values |= {**self.setting.changes, **changes}
        return Settings(_env_file=None, **values)

    def part(self, kind: str, number: int) -> Part:
        """A part of this name, made when it is not there yet, not started."""
        name = f"{kind}-{number}"
        if name not in self.parts:
            changes: dict[str, Any] = {"instance_id": name}
            if self.setting.named:
                changes["group_instance_id"] = name
            command: tuple[str, ...] = ("streams", kind)
            if kind == "gateway":
                command = ("gateway", "--port", str(self.gateway_ports[number - 1]))
                if self.setting.side_door and number == self.setting.gateways:
                    changes["kafka_bootstrap_servers"] = self.broker.door.address
            self.parts[name] = Part(name, command, self.settings(**changes), self.folder / name)
        return self.parts[name]

    @property
    def gateways(self) -> list[Part]:
        """Every gateway."""
        return [self.part("gateway", number) for number in range(1, self.setting.gateways + 1)]

    @property
    def workers(self) -> list[Part]:
        """Every worker that there should be from the start."""
        both = [self.part(kind, n + 1) for n in range(self.setting.workers) for kind in ("inbound", "outbound")]
        return [*both, self.part("status", 1)]

    async def start_fakes(self) -> None:
        """Both fakes, at their latency."""
        await self._front.start()
        for name, port in self._ports.items():
            self.fakes[name] = Fake(name, port, self.settings(), self.folder / name, RETRY_SCALE)
        for fake in self.fakes.values():
            await fake.wait_ready(self.session)
            await fake.ask(self.session, "POST", "/faults", {"latency_ms": self.setting.latency_ms})

    async def stop_fakes(self) -> None:
        """End them, and the way to several gateways."""
        for fake in self.fakes.values():
            fake.stop()
        await self._front.stop()

    async def start_parts(self) -> None:
        """Topics, gateways, workers; ready."""
        await create_topics(self.settings())
        await asyncio.gather(*(part.start() for part in (*self.gateways, *self.workers)))

    async def start_workers(self) -> None:
        """Every worker that there should be; ready."""
        await asyncio.gather(*(part.start() for part in self.workers))

    async def ask(self, vendor: Vendor, method: str, path: str, body: Any = None) -> Any:
        """A call of a fake's controls."""
        return await self.fakes[vendor].ask(self.session, method, path, body)

    async def fault(self, vendor: Vendor, **rule: Any) -> None:
        """Put a fault in force; answers keep their latency."""
        await self.ask(vendor, "POST", "/faults", {"latency_ms": self.setting.latency_ms, **rule})

    async def heal(self, vendor: Vendor) -> None:
        """Everything works again, at the latency of this world."""
        await self.ask(vendor, "DELETE", "/faults")
        await self.fault(vendor)

    async def idle(self) -> bool:
        """Whether nothing waits: no webhook, nothing in a spool, nothing that is not acknowledged."""
        for name in self.fakes:
            if (await self.ask(name, "GET", "/health"))["busy"]:
                return False
        for gateway in self.gateways:
            if not gateway.running or await self.spooled(gateway):
                return False
        try:
            return not any(direction.lag for direction in await direction_lags(self.settings()))
        except KafkaUnavailable:
            return False

    async def spooled(self, gateway: Part) -> int:
        """How many records wait in a gateway's spool; 1 when it does not say."""
        try:
            _, facts = await gateway.facts()
            return int(facts["spool"]["records"])
        except (aiohttp.ClientError, KeyError, ValueError):
            return 1


@contextlib.asynccontextmanager
async def standing(setting: Setting, broker: TwoDoorBroker, folder: Path) -> AsyncIterator[World]:
    """A world for the time of the block; everything that it started has ended afterwards."""
    world = World(setting, broker, folder)
    supervisor: asyncio.Task[None] | None = None
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        world.session = session
        try:
            await world.start_fakes()
            all_parts = [*world.gateways, *world.workers]
            if setting.kafka_first:
                await broker.start()
                await world.start_parts()
            supervisor = asyncio.create_task(supervise(all_parts, world.exits))
            yield world
        finally:
            if supervisor is not None:
                supervisor.cancel()
                await asyncio.gather(supervisor, return_exceptions=True)
            await asyncio.gather(*(part.kill() for part in world.parts.values()))
            await world.stop_fakes()
