"""The fakes' own controls, as a test asks them."""

from __future__ import annotations

from typing import Any

import aiohttp

from sandbox.fake import FakeServer


async def ask(session: aiohttp.ClientSession, fake: FakeServer, control: str, /, **document: Any) -> tuple[int, Any]:
    """POST to a control; its status and its JSON."""
    async with session.post(f"{fake.url}{control}", json=document) as answer:
        return answer.status, await answer.json()


async def turn(session: aiohttp.ClientSession, fake: FakeServer, control: str, /, **document: Any) -> Any:
    """POST to a control that must accept it; its JSON."""
    status, answer = await ask(session, fake, control, **document)
    assert status == 200, answer
    return answer
