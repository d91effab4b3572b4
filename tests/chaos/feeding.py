"""Load: clients and operators write at a steady rate, bounded in number; the same seed writes the same messages.

What counts as accepted, and in which order, is what the fakes' journals say of the webhooks; not what is asked here.
"""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from bridge.ids import Conversation
from tests.chaos.world import World

Direction = str
BOTH = ("inbound", "outbound")
AT_ONCE = 32
ADDRESSES = 79_000_000_000
CHANNEL = "345"


@dataclass(frozen=True, slots=True)
class Load:
    """`rate` messages a second in all, `count` of them, over `conversations` in turn by the dice."""

    rate: float
    count: int
    conversations: int = 200
    directions: tuple[Direction, ...] = BOTH
    channels: tuple[str, ...] = (CHANNEL,)
    first_address: int = ADDRESSES

    @property
    def seconds(self) -> float:
        """How long it takes."""
        return self.count / self.rate


@dataclass(slots=True)
class Feeder:
    """Writes loads into a world. `written` counts what was taken by a fake; `refused` what was not."""

    world: World
    dice: random.Random
    written: int = 0
    refused: int = 0
    tell: Callable[[int], None] = lambda _written: None
    _number: int = 0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def feed(self, load: Load) -> None:
        """Write it, at its rate whatever becomes of it; returns when the last is written."""
        started = time.monotonic()
        turn = asyncio.Semaphore(AT_ONCE)
        for place in range(load.count):
            pause = started + place / load.rate - time.monotonic()
            if pause > 0:
                await asyncio.sleep(pause)
            await turn.acquire()
            task = asyncio.create_task(self._write(load, load.directions[place % len(load.directions)], turn))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        await asyncio.gather(*self._tasks)

    async def write(self, direction: Direction, conversation: Conversation, text: str) -> str:
        """One message; returns the id that its writer's side gave it."""
        self._number += 1
        if direction == "inbound":
            message_id = str(10**10 + self._number)
            body = {"channel": conversation.channel, "address": conversation.address, "text": text, "id": message_id}
            await self.world.ask("edna", "POST", "/client/messages", body)
        else:
            message_id = str(uuid.UUID(int=self.dice.getrandbits(128), version=4))
            body = {"conversation_id": conversation.id, "text": text, "id": message_id}
            await self.world.ask("amojo", "POST", "/operator/messages", body)
        self.written += 1
        self.tell(self.written)
        return message_id

    async def _write(self, load: Load, direction: Direction, turn: asyncio.Semaphore) -> None:
        number = self.dice.randrange(load.conversations)
        channel = load.channels[number % len(load.channels)]
        conversation = Conversation(channel, str(load.first_address + number))
        try:
            await self.write(direction, conversation, f"{direction} {self._number}")
        except (RuntimeError, OSError):
            self.refused += 1
        finally:
            turn.release()
