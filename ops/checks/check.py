"""One check of `edna-amocrm doctor`, and what all of them look at.

Details and remedies are for people: they hold no secret, and phones are shortened before they are shown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Literal

from bridge.errors import BridgeError
from bridge.http import Transport
from bridge.settings import Settings

Verdict = Literal["ok", "warning", "wrong", "skipped"]


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, what came out, and what to do about it. `skipped`: it could not be looked at, or need not."""

    name: str
    verdict: Verdict
    detail: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Patient:
    """What is examined. `public_url`: the gateway as the vendors reach it; None: not told."""

    settings: Settings
    transport: Transport
    public_url: str | None = None

    @property
    def sandboxed(self) -> bool:
        """Whether edna is a fake: no real one answers without TLS."""
        return is_sandbox(self.settings)


def is_sandbox(settings: Settings) -> bool:
    """Whether the settings lead to a fake edna, which takes addresses without TLS."""
    return settings.edna_base_url.startswith("http://")


async def bounded(name: str, within_s: float, checks: Awaitable[Sequence[Check]]) -> list[Check]:
    """The outcome of checks, or one row that tells why there is none: none of them may hide the others."""
    try:
        async with asyncio.timeout(within_s):
            return list(await checks)
    except TimeoutError:
        return [Check(name, "wrong", f"no answer within {within_s:g} s", "try again; see whether the machine is busy")]
    except BridgeError as error:
        return [Check(name, "wrong", str(error))]
    except ValueError:  # of aiohttp and yarl; its words may hold the secret
        detail = "an address or a key in the settings cannot be used as it is"
        return [Check(name, "wrong", detail, "look for blanks, line ends and brackets in the variables of this part")]
