"""Names to addresses for the media relay, in threads of its own.

The loop's resolver shares a few threads with everything else, and waits for them at its end: hosts that strangers
choose, with name servers that never answer, must hold up neither webhooks nor the way out (I6).
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable

from bridge.errors import SourceError

Lookup = Callable[[str, int], Awaitable[list[str]]]
AT_ONCE = 8  # threads; each ends when the system's resolver gives up


class SystemLookup:
    """The system's resolver. Waits while AT_ONCE lookups are on their way."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(AT_ONCE)

    async def __call__(self, host: str, port: int) -> list[str]:
        """The addresses of a host, the preferred one first. Raises SourceError when there is none."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[str]] = loop.create_future()

        def settle(found: list[str]) -> None:
            self._free.release()
            if not answer.done():
                answer.set_result(found)

        def look_up() -> None:
            found = _addresses(host, port)
            try:
                loop.call_soon_threadsafe(settle, found)
            except RuntimeError:  # the loop has ended meanwhile, and nobody waits any more
                return

        await self._free.acquire()
        threading.Thread(target=look_up, name="relay-lookup", daemon=True).start()
        if not (found := await answer):
            raise SourceError(502, "no-address", "the file's host is not known")
        return found


def _addresses(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(str(address[0]) for *_, address in found))
