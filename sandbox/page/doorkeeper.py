"""Who may ask the page: only pages that it has served itself.

A foreign page can make its own name resolve to this machine (DNS rebinding), so the Host must be an address or a name
that is this machine's; what changes something must be JSON or bytes, which a foreign page cannot send without being
refused before, and its Origin, where there is one, must be the page's own.
"""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

POLICY = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
CONTENT_TYPES = ("application/json", "application/octet-stream")  # neither can a form of a foreign page send
READING = ("GET", "HEAD")


def is_own_host(host: str, names: frozenset[str]) -> bool:
    """Whether a Host header is an address, or a name of this machine (`names`)."""
    name = urlsplit(f"//{host}").hostname or ""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return name == "localhost" or name.endswith(".localhost") or name in names
    return True


def own_names(*more: str | None) -> frozenset[str]:
    """The names of this machine, in lower case."""
    return frozenset(name.lower() for name in (socket.gethostname(), *more) if name)


def refusal(request: web.Request, names: frozenset[str]) -> tuple[int, str] | None:
    """Why a request is not answered: HTTP status and a sentence; None when it is."""
    try:
        own = is_own_host(request.host, names)
    except ValueError:
        own = False
    if not own:
        return 403, "this name is not the page's own: open it by the address of its machine"
    if request.method in READING:
        return None
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc.lower() != request.host.lower():
        return 403, "asked by another page"
    if request.content_type not in CONTENT_TYPES:
        return 415, f"Content-Type must be {' or '.join(CONTENT_TYPES)}"
    return None


def doorkeeper(names: frozenset[str]) -> Middleware:
    """The middleware, which refuses, and the headers of every answer."""

    @web.middleware
    async def stand(request: web.Request, handler: Handler) -> web.StreamResponse:
        refused = refusal(request, names)
        if refused is not None:
            status, detail = refused
            return web.json_response({"detail": detail}, status=status, headers=HEADERS)
        try:
            return await handler(request)
        except web.HTTPException as error:
            return web.json_response({"detail": error.reason}, status=error.status, headers=HEADERS)

    return stand


async def add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """For every answer, streams included."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
