"""Statuses of messages that the bridge never sent: edna reports every message of the channel, campaigns too.

Made one by one while they are sent, at a bounded rate, and kept in no journal: any number of them costs no memory.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any, Literal, get_args

from sandbox.edna.config import Channel
from sandbox.edna.messages import Sent
from sandbox.edna.webhooks import status
from sandbox.fields import SEED, Field, checked, whole

Kind = Literal["number", "uuid", "string", "null"]
Send = Callable[[bytes], Awaitable[int | None]]

FIELDS: dict[str, Field] = {
    "count": whole(0, 10_000_000),
    "per_s": whole(1, 2_000),
    "kinds": Field((list,)),
    "seed": SEED,
}
STATUSES = ("SENT", "DELIVERED", "READ", "FAILED")
AT_ONCE = 16  # on their way at one time
DEFAULT_PER_S = 200
DEFAULT_KINDS: tuple[Kind, ...] = ("number", "uuid", "string")


class ForeignStatuses:
    """Sends them, and counts how they were answered. `send` returns the HTTP status, or None without an answer."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._answers: Counter[str] = Counter()
        self._waiting = 0

    def order(self, document: Any, channel: Channel) -> Coroutine[None, None, None]:
        """Accept an order; what is returned carries it out. Raises ValueError naming the wrong field."""
        given = checked(document, FIELDS, "an order")
        if "count" not in given:
            raise ValueError("count: needed")
        kinds = given.get("kinds", list(DEFAULT_KINDS))
        if not kinds or any(kind not in get_args(Kind) for kind in kinds):
            raise ValueError(f"kinds: some of {', '.join(get_args(Kind))}")
        count, pause_s = given["count"], 1 / given.get("per_s", DEFAULT_PER_S)
        bodies = itertools.islice(made(kinds, channel, random.Random(given.get("seed", 1))), count)  # noqa: S311
        self._waiting += count
        return self._work(bodies, pause_s)

    def counts(self) -> dict[str, Any]:
        """How many wait, how many were sent since the fake runs, and how they were answered."""
        return {"waiting": self._waiting, "sent": self._answers.total(), "answers": dict(self._answers)}

    async def _work(self, bodies: Iterator[bytes], pause_s: float) -> None:
        loop = asyncio.get_running_loop()
        next_at = loop.time()

        async def carry() -> None:
            nonlocal next_at
            for body in bodies:  # shared: each body is taken by one carrier
                at = next_at = max(next_at + pause_s, loop.time() - pause_s)
                await asyncio.sleep(at - loop.time())
                answer = await self._send(body)
                self._waiting -= 1
                self._answers[str(answer or "none")] += 1

        await asyncio.gather(*(carry() for _ in range(AT_ONCE)))


def made(kinds: list[Kind], channel: Channel, dice: random.Random) -> Iterator[bytes]:
    """Bodies of statuses without end, the kinds of request id in turn."""
    for number, kind in enumerate(itertools.cycle(kinds), 1):
        sent = Sent(
            request_id=_request_id(kind, number, dice),
            message_id=number,
            cascade_id="900",
            subject=channel.subject,
            subject_id=channel.subject_id,
            conversation="",
        )
        yield status(sent, dice.choice(STATUSES), None)


def _request_id(kind: Kind, number: int, dice: random.Random) -> str:
    """A request id as other senders make them; edna has been seen to give none at all (edna.md §5)."""
    match kind:
        case "number":
            return str(dice.randrange(10**6, 10**12))
        case "uuid":
            return str(uuid.UUID(int=dice.getrandbits(128), version=4))
        case "string":
            return f"campaign-{dice.randrange(1000)}.{number}"
        case "null":
            return ""
