"""What a world leaves behind: the journals of the fakes, dead letters, quarantine, records that a spool set aside."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from tests import journals
from tests.broker.agents import read_all
from tests.chaos.world import Vendor, World
from tests.checker import Accepted, Arrived, Status

DEAD_LETTERS = ("inbound.dlq", "outbound.dlq", "status.dlq")
SLICE = 2_000  # entries read at a time, so that the harness turns meanwhile


T = TypeVar("T")


@dataclass(slots=True)
class Evidence:
    """See the module. `hook_ms`: how long each answer to a webhook took, by kind; `answers`: what they were."""

    accepted: list[Accepted] = field(default_factory=list)
    arrived: list[Arrived] = field(default_factory=list)
    statuses: list[Status] = field(default_factory=list)
    told: list[Status] = field(default_factory=list)
    dead: list[str] = field(default_factory=list)
    failures_told: list[str] = field(default_factory=list)
    quarantined: int = 0
    rejected: int = 0
    slowest_hook_ms: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    gateways: dict[str, str] = field(default_factory=dict)


async def gathered(world: World, *, by_gateway: bool = False) -> Evidence:
    """Everything, as it is now. `by_gateway`: also which gateway took each message, by the id that it arrives under."""
    found = Evidence()
    incoming = await _journal(world, "edna", "incoming", journals.accepted_from_edna)
    operators = await _journal(world, "amojo", "operator", journals.accepted_from_amojo)
    found.accepted = [*incoming, *operators]
    found.arrived = await _journal(world, "amojo", "new_message", journals.arrived_at_amojo)
    found.arrived += await _journal(world, "edna", "schedule", journals.arrived_at_edna)
    found.statuses = await _journal(world, "edna", "status", journals.statuses_from_edna)
    found.told = await _journal(world, "amojo", "delivery_status", journals.statuses_at_amojo)
    found.failures_told = [one.message_id for one in found.told if one.status == "failed" and one.outcome != "refused"]
    answers = await _journal(world, "amojo", "operator", _answers)
    found.slowest_hook_ms = max((ms for _, ms in answers), default=0)
    found.answers = Counter(status for status, _ in answers)
    for topic in DEAD_LETTERS:
        found.dead += [_id_in(record.value) for record in await read_all(world.settings(), topic)]
    found.quarantined = len(await read_all(world.settings(), "quarantine"))
    found.rejected = sum(1 for path in world.folder.glob("spool/*/rejected/*") if path.is_file())
    if by_gateway:
        for topic in ("inbound", "outbound"):
            for record in await read_all(world.settings(), topic):
                source = dict(record.headers).get("ce_source", b"").decode()
                found.gateways.setdefault(_id_in(record.value), source)
    return found


async def _journal(world: World, vendor: Vendor, kind: str, read: Callable[[list[journals.Entry]], list[T]]) -> list[T]:
    """All entries of a kind, made into what the checker takes in one piece: their order is their place."""
    entries: list[journals.Entry] = []
    url = f"{world.fakes[vendor].url}/journal?kind={kind}"
    async with world.session.get(url) as answer:
        async for line in answer.content:
            if line.strip():
                entry = json.loads(line)
                del entry["headers"]  # nobody asks, and they are most of it
                entries.append(entry)
                if len(entries) % SLICE == 0:
                    await asyncio.sleep(0)
    return read(entries)


def _answers(entries: list[journals.Entry]) -> list[tuple[str, int]]:
    return [(str(entry["status"]), entry["at"] - entry["started"]) for entry in entries if entry["ended"]]


def _id_in(value: bytes | None) -> str:
    """The id under which the event arrives at the other side: amojo's message id, else the msgid."""
    document: dict[str, Any] = json.loads(value or b"{}")
    if "." in document.get("event_id", "") and document["event_id"].startswith("edna."):
        return str(document["event_id"])
    return str(document.get("message_id") or document.get("event_id"))
