"""The bare client: the same POSTs as the outbound agent's, from memory, with nothing around them.

`python -m tests.bench.bare_client` reads BENCH_URL, BENCH_COUNT and BENCH_AT_ONCE, and stays when all are answered. One
session, no limit of connections, uvloop; as many loops as calls may be in flight.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator

import aiohttp
import uvloop
from yarl import URL

from bridge.settings import Settings
from tests.bench.payloads import CREDENTIALS, EDNA_HEADERS, edna_call


async def main() -> None:
    """Send all."""
    url = URL(os.environ["BENCH_URL"])
    settings = Settings(_env_file=None, **CREDENTIALS)
    bodies = iter([edna_call(number, settings) for number in range(int(os.environ["BENCH_COUNT"]))])
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        await asyncio.gather(*(_send(session, url, bodies) for _ in range(int(os.environ["BENCH_AT_ONCE"]))))
        await asyncio.Event().wait()  # measured from outside, and ended from there


async def _send(session: aiohttp.ClientSession, url: URL, bodies: Iterator[bytes]) -> None:
    for body in bodies:
        async with session.post(url, data=body, headers=EDNA_HEADERS) as answer:
            await answer.read()
            if answer.status != 200:
                raise RuntimeError(f"the vendor answered {answer.status}")


if __name__ == "__main__":
    uvloop.run(main())
