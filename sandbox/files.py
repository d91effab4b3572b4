"""Files that a fake serves, as its vendor does: by a link that needs no header, signed and expiring or for ever."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from aiohttp import web

from sandbox.samples import mime_of, sample

ACCESS_KEY = "imfiles4s"  # edna.md §3
LARGEST = 64 * 1024 * 1024  # bytes of one that is uploaded
PIECE = 65_536
KEPT_BYTES = 256 * 1024 * 1024  # all files together; the oldest go first
SAFE = "-._~"


@dataclass(frozen=True, slots=True)
class Stored:
    """A file under a path."""

    name: str
    mime: str
    body: bytes
    sign: bool

    @property
    def sha256(self) -> str:
        """Of its bytes, in hex."""
        return hashlib.sha256(self.body).hexdigest()


@dataclass(slots=True)
class Shelf:
    """The files of one fake. `base_url` is what links begin with, known when the fake listens."""

    base_url: str = ""
    _files: dict[str, Stored] = field(default_factory=dict)
    _secret: bytes = field(default_factory=lambda: secrets.token_bytes(16))

    def put(self, folder: str, name: str, body: bytes, mime: str = "", *, sign: bool) -> str:
        """Keep a file at `/<folder>/<name>`; returns that path, percent-encoded."""
        path = f"/{folder}/{quote(name, safe=SAFE)}"
        self._files.pop(path, None)
        self._files[path] = Stored(name, mime or mime_of(name), body, sign)
        while sum(len(one.body) for one in self._files.values()) > KEPT_BYTES and len(self._files) > 1:
            del self._files[next(iter(self._files))]
        return path

    def put_sample(self, folder: str, name: str, size: int = 0, *, sign: bool) -> str:
        """Keep a small file that is what its extension says."""
        made = sample(name.rpartition(".")[2].lower(), size)
        return self.put(folder, name, made.body, made.mime, sign=sign)

    def link(self, path: str, life_s: float = 0.0) -> str:
        """The URL of a file, signed for so long (s) when it is one that needs a signature."""
        if not self._files[path].sign:
            return self.base_url + path
        expires = str(int(time.time() + life_s))
        signature = quote(self._signature(path, expires), safe="")
        return f"{self.base_url}{path}?AWSAccessKeyId={ACCESS_KEY}&Expires={expires}&Signature={signature}"

    def find(self, path: str) -> Stored | None:
        """The file at a path, as it came over the wire."""
        return self._files.get(path) or self._files.get(quote(unquote(path), safe="/" + SAFE))

    def allowed(self, path: str, query: Mapping[str, str]) -> bool:
        """Whether a link's signature fits and has not expired."""
        expires = query.get("Expires", "")
        if not (expires.isascii() and expires.isdecimal()) or int(expires) < time.time():
            return False
        return hmac.compare_digest(query.get("Signature", "").encode(), self._signature(path, expires).encode())

    def _signature(self, path: str, expires: str) -> str:
        return hmac.new(self._secret, f"{expires}\n{unquote(path)}".encode(), hashlib.sha1).hexdigest()


class FileRoutes:
    """`GET` of the files, and `POST /files?name=` of one that a person at the page sends."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def routes(self) -> list[web.RouteDef]:
        """What to add to the application."""
        return [
            web.get("/files/{path:.*}", self._read),
            web.get("/attachments/{path:.*}", self._read),
            web.post("/files", self._write),
        ]

    async def _read(self, request: web.Request) -> web.StreamResponse:
        path = request.raw_path.partition("?")[0]
        found = self._shelf.find(path)
        if found is None:
            return web.Response(status=404)
        if found.sign and not self._shelf.allowed(path, request.query):
            refusal = "<Error><Code>AccessDenied</Code></Error>"
            return web.Response(status=403, text=refusal, content_type="application/xml")
        return web.Response(body=found.body, headers={"Content-Type": found.mime})

    async def _write(self, request: web.Request) -> web.Response:
        name = request.query.get("name", "").replace("/", "_")
        if not name:
            return web.json_response({"detail": "name: needed"}, status=400)
        pieces, size = [], 0
        async for piece in request.content.iter_chunked(PIECE):
            size += len(piece)
            if size > LARGEST:
                return web.json_response({"detail": f"at most {LARGEST} bytes"}, status=413)
            pieces.append(piece)
        body = b"".join(pieces)
        path = self._shelf.put(f"files/{secrets.token_hex(8)}", name, body, sign=False)
        answer = {"url": self._shelf.link(path), "name": name, "size": len(body)}
        return web.json_response(answer)
