"""How the three agents are doing, from their `/metrics`: several processes behind one name are summed."""

from __future__ import annotations

import asyncio
import socket
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

PREFIX = "edna_amocrm_"
WITHIN_S = 1.5
HISTORY = 60  # looks that the small chart shows

# What a card shows → the sample, and the labels that must be there. Samples that fit are summed.
FIGURES: dict[str, tuple[str, dict[str, str]]] = {
    "lanes": ("lanes", {}),
    "held": ("events_held", {}),
    "in_flight": ("attempts_in_flight", {}),
    "delivered": ("events_delivered_total", {}),
    "repeated": ("events_repeated_total", {}),
    "dead_letters": ("events_dead_lettered_total", {}),
    "lag": ("lag", {}),
    "transient": ("attempts_total", {"outcome": "transient"}),
    "throttled": ("attempts_total", {"outcome": "throttled"}),
    "refused": ("attempts_total", {"outcome": "refused"}),
}
RETRIES = ("transient", "throttled", "refused")


def figures_of(text: str) -> dict[str, int]:
    """The figures of one agent's metrics. Raises ValueError when the text is no metrics."""
    sums = dict.fromkeys(FIGURES, 0.0)
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            for name, (wanted, labels) in FIGURES.items():
                if sample.name == PREFIX + wanted and labels.items() <= sample.labels.items():
                    sums[name] += sample.value
    return {name: int(value) for name, value in sums.items()}


def summed(parts: Iterable[dict[str, int]]) -> dict[str, int]:
    """The figures of a direction: those of its processes, added, and the retries of all kinds together."""
    total = dict.fromkeys(FIGURES, 0)
    for part in parts:
        for name, value in part.items():
            total[name] += value
    return {**total, "retries": sum(total[name] for name in RETRIES)}


@dataclass(slots=True)
class Direction:
    """What is known of one direction. `processes` 0: none answers. `waiting` is its recent history, oldest first."""

    name: str
    url: str
    processes: int = 0
    figures: dict[str, int] = field(default_factory=dict)
    waiting: deque[int] = field(default_factory=lambda: deque(maxlen=HISTORY))
    at: int = 0

    def document(self) -> dict[str, Any]:
        """As the page is told."""
        return {"name": self.name, "processes": self.processes, "figures": self.figures, "waiting": list(self.waiting)}


async def look(session: aiohttp.ClientSession, direction: Direction) -> None:
    """Ask all processes of a direction. Never raises: what does not answer does not count."""
    answers = await asyncio.gather(*(_figures_at(session, url) for url in await addresses_of(direction.url)))
    there = [answer for answer in answers if answer is not None]
    direction.processes = len(there)
    if there:
        direction.figures = summed(there)
    direction.waiting.append(direction.figures.get("held", 0) if there else 0)
    direction.at = int(time.time() * 1000)


async def addresses_of(url: str) -> list[str]:
    """The URL once for each address of its host: `--scale` gives one name several."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if parts.scheme == "https" or not parts.hostname:  # a certificate names the host, not its address
        return [url]
    try:
        async with asyncio.timeout(WITHIN_S):
            found = await asyncio.get_running_loop().getaddrinfo(
                parts.hostname, port, family=socket.AF_INET, type=socket.SOCK_STREAM
            )
    except (OSError, TimeoutError):
        return []
    return [f"http://{address}:{port}{parts.path}" for address in sorted({one[4][0] for one in found})]


async def _figures_at(session: aiohttp.ClientSession, url: str) -> dict[str, int] | None:
    try:
        async with session.get(f"{url}/metrics", timeout=aiohttp.ClientTimeout(WITHIN_S)) as answer:
            return figures_of(await answer.text()) if answer.status == 200 else None
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
        return None
