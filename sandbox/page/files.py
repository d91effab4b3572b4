"""Files that people of the sandbox send and see, through the page: a browser reaches only the page itself.

Read are only those that a fake serves, or the relay of this world's gateway; nothing else of any host.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web
from yarl import URL

from sandbox.page.fakes import Fake

WITHIN_S = 15.0
LARGEST = 32 * 1024 * 1024  # bytes, either way
FOLDERS = ("/files/", "/attachments/", "/media/")
# What a browser may show by itself; everything else is offered for saving.
SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
SHOWN_KINDS = ("audio/", "video/")


def readable(url: str, origins: Iterable[str]) -> bool:
    """Whether a link is one of this sandbox's own files."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return f"{parts.scheme}://{parts.netloc}" in origins and parts.path.startswith(FOLDERS) and ".." not in parts.path


async def hand_on(session: aiohttp.ClientSession, url: str) -> web.Response:
    """The file behind a link, as a browser may have it."""
    timeout = aiohttp.ClientTimeout(total=WITHIN_S)
    try:
        async with session.get(URL(url, encoded=True), timeout=timeout, allow_redirects=False) as answer:
            if answer.status != 200:
                return web.json_response({"detail": f"the file's host answers {answer.status}"}, status=502)
            body = await _whole(answer.content)
            kind = answer.content_type
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
        return web.json_response({"detail": "the file's host does not answer"}, status=502)
    if body is None:
        return web.json_response({"detail": "too large"}, status=502)
    if kind in SHOWN or kind.startswith(SHOWN_KINDS):
        return web.Response(body=body, content_type=kind)
    headers = {"Content-Type": "application/octet-stream", "Content-Disposition": "attachment"}
    return web.Response(body=body, headers=headers)


async def take(request: web.Request, session: aiohttp.ClientSession, fake: Fake) -> web.Response:
    """Put a file that somebody at the page sends onto the shelf of the vendor of their side."""
    body = await _whole(request.content)
    name = request.query.get("name", "")
    if not body or not name:
        return web.json_response({"detail": f"a file of 1 to {LARGEST} bytes with a name"}, status=400)
    try:
        async with session.post(
            f"{fake.url}/files", params={"name": name}, data=body, timeout=aiohttp.ClientTimeout(total=WITHIN_S)
        ) as answer:
            return web.json_response(await answer.json(), status=answer.status)
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
        return web.json_response({"detail": f"fake {fake.name} does not answer", "away": fake.name}, status=502)


async def _whole(stream: aiohttp.StreamReader) -> bytes | None:
    """All of a stream, or None when it is too much."""
    pieces, size = [], 0
    async for piece in stream.iter_chunked(65_536):
        size += len(piece)
        if size > LARGEST:
            return None
        pieces.append(piece)
    return b"".join(pieces)
