"""A small server of the sandbox on a port of its own."""

from __future__ import annotations

from aiohttp import web

EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 - compared with, not listened on
ENDED_WITHIN_S = 0.5  # for requests that still run when it stops


async def listen(app: web.Application, host: str, port: int) -> tuple[web.AppRunner, str]:
    """Serve the application; returns its runner, to be cleaned up, and its URL. Port 0 takes a free one.

    Raises OSError when the port is taken, and leaves nothing open then.
    """
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=ENDED_WITHIN_S)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, reuse_address=True).start()
    except OSError:
        await runner.cleanup()
        raise
    return runner, f"http://{host}:{runner.addresses[0][1]}"


def reachable(url: str) -> str:
    """The address of a server on this machine, as another process of it asks for it."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    return f"http://127.0.0.1:{port}" if host in EVERYWHERE else url
