"""Small files of each kind that people send, made here: their first bytes are those of their format. Pure."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from typing import NamedTuple

WIDTH = 48  # pixels of the picture, and its height


class Sample(NamedTuple):
    """A file as it is served: its name's extension, its MIME type, its bytes."""

    extension: str
    mime: str
    body: bytes


def sample(extension: str, size: int = 0) -> Sample:
    """A file with this extension, with zero bytes at its end up to `size` bytes; any other is `application/…`."""
    mime, make = KINDS.get(extension, ("application/octet-stream", _plain))
    body = make()
    return Sample(extension, mime, body + bytes(max(0, size - len(body))))


def mime_of(name: str) -> str:
    """The MIME type of a file name."""
    return KINDS.get(name.rpartition(".")[2].lower(), ("application/octet-stream", _plain))[0]


def _png() -> bytes:
    rows = b"".join(b"\0" + b"".join(bytes((5 * x, 5 * y, 160)) for x in range(WIDTH)) for y in range(WIDTH))
    head = struct.pack(">IIBBBBB", WIDTH, WIDTH, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    told = (struct.pack(">I", len(data)) + kind + data + _crc(kind + data) for kind, data in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(told)


def _crc(data: bytes) -> bytes:
    return struct.pack(">I", zlib.crc32(data))


def _wav() -> bytes:
    rate, sound = 8000, bytes(128 + (40 if x // 10 % 2 else -40) for x in range(4000))
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, rate, 1, 8)
    data = struct.pack("<4sI", b"data", len(sound)) + sound
    return struct.pack("<4sI4s", b"RIFF", 4 + len(form) + len(data), b"WAVE") + form + data


def _ogg() -> bytes:
    """An Ogg page with the head of an Opus stream: what the format is, without any sound."""
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 312, 48000, 0, 0)
    page = b"OggS" + struct.pack("<BBqIII", 0, 6, 0, 1, 0, 0) + bytes((1, len(head)))
    return page + head


def _mp3() -> bytes:
    return b"ID3\x04\x00\x00\x00\x00\x00\x00" + (b"\xff\xfb\x90\x00" + bytes(413)) * 4


def _mp4() -> bytes:
    boxes = ((b"ftyp", b"isom\0\0\2\0isomiso2mp41"), (b"free", b""), (b"mdat", bytes(64)))
    return b"".join(struct.pack(">I", 8 + len(data)) + kind + data for kind, data in boxes)


def _webp() -> bytes:
    # One lossless pixel.
    data = b"VP8L" + struct.pack("<I", 13) + bytes.fromhex("2f0000001007101111888808080000")[:13] + b"\0"
    return b"RIFF" + struct.pack("<I", 4 + len(data)) + b"WEBP" + data


def _pdf() -> bytes:
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]>>endobj\n"
        b"trailer<</Root 1 0 R>>\n%%EOF\n"
    )


def _plain() -> bytes:
    return b"a small file of the sandbox\n"


KINDS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "png": ("image/png", _png),
    "webp": ("image/webp", _webp),
    "ogg": ("audio/ogg", _ogg),
    "mp3": ("audio/mpeg", _mp3),
    "mpga": ("audio/mpeg", _mp3),
    "wav": ("audio/wav", _wav),
    "mp4": ("video/mp4", _mp4),
    "pdf": ("application/pdf", _pdf),
    "txt": ("text/plain", _plain),
    # What people upload on the page; nothing is made of these here.
    "jpg": ("image/jpeg", _plain),
    "jpeg": ("image/jpeg", _plain),
    "gif": ("image/gif", _plain),
    "webm": ("video/webm", _plain),
    "m4a": ("audio/mp4", _plain),
}
