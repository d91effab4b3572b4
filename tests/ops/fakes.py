"""Both fakes for the set-up commands, on free ports."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sandbox.amojo import AmojoConfig, AmojoFake
from sandbox.edna import EdnaConfig, EdnaFake


@asynccontextmanager
async def amojo_fake(**changes: Any) -> AsyncIterator[AmojoFake]:
    """A fake amojo whose account is not connected yet."""
    fake = AmojoFake(AmojoConfig(**changes))
    await fake.start()
    yield fake
    await fake.stop()


@asynccontextmanager
async def edna_fake(**changes: Any) -> AsyncIterator[EdnaFake]:
    """A fake edna with channel 345 and its cascade 1."""
    fake = EdnaFake(EdnaConfig(**changes))
    await fake.start()
    yield fake
    await fake.stop()
