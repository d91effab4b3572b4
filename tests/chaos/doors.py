"""Doors that the harness can shut: a Kafka with a second one, so that one gateway can be cut off, and nobody else."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from pathlib import Path

from sandbox.kafka.broker import free_port
from sandbox.kafka.embedded import EmbeddedBroker

PIECE = 65_536  # bytes

SIDE_DOOR = """
listeners=PLAINTEXT://127.0.0.1:{port},SIDE://127.0.0.1:{side},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},SIDE://127.0.0.1:{door}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SIDE:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
"""


class Door:
    """Connections to 127.0.0.1:`port` are carried to the ports `targets` in turn; while it is shut it is silent."""

    def __init__(self, targets: Sequence[int]) -> None:
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self._targets = itertools.cycle(targets)
        self._open = asyncio.Event()
        self._open.set()
        self._server: asyncio.Server | None = None
        self._carriers: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen."""
        if self._server is None:
            self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)

    async def stop(self) -> None:
        """End every connection."""
        if self._server is not None:
            self._server.close()
        for carrier in self._carriers:
            carrier.cancel()
        await asyncio.gather(*self._carriers, return_exceptions=True)

    def shut(self) -> None:
        """Carry nothing more, without closing a connection."""
        self._open.clear()

    def reopen(self) -> None:
        """Carry on."""
        self._open.set()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._open.wait()
        try:
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", next(self._targets))
        except OSError:
            writer.close()
            return
        both = [asyncio.create_task(self._pump(reader, inner_writer))]
        both.append(asyncio.create_task(self._pump(inner_reader, writer)))
        self._carriers.update(both)
        for task in both:
            task.add_done_callback(self._carriers.discard)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while piece := await reader.read(PIECE):
                await self._open.wait()
                writer.write(piece)
                await writer.drain()
        except OSError:
            pass  # either end went, and the other is told
        finally:
            writer.close()


class TwoDoorBroker(EmbeddedBroker):
    """The embedded broker, reached by its own port, or through `door`."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__(data_dir, reason="the harness kills and pauses it")
        self._side = free_port()
        self.door = Door([self._side])

    async def start(self) -> None:
        """See `Broker.start`; opens the door as well."""
        await self.door.start()
        await super().start()

    async def dispose(self) -> None:
        """See `Broker.dispose`."""
        await self.door.stop()
        await super().dispose()

    def _prepare(self, command: list[str]) -> None:
        super()._prepare(command)
        more = SIDE_DOOR.format(
            port=self._port, side=self._side, controller=self._controller_port, door=self.door.port
        )  # the last of two lines about the same thing counts
        with (self._dir / "server.properties").open("a") as properties:
            properties.write(more)
