"""The form of a record in the spool, and how to read a file in which some are torn or damaged. Pure.

    header   magic (4), length of the body (4), CRC of these two (4), CRC of the body (4)
    body     accepted_at (8), topic (2 + n), key (4 + n, -1: none), value (4 + n), count of headers (2), headers
             (2 + n and 4 + n each); numbers are big-endian, texts UTF-8

The header has a CRC of its own, so that a record that was cut off while it was written (its header is whole and says
more than there is) is told from one that was damaged. The magic begins with a byte that UTF-8 never has: nothing that
a sender writes can pass for a beginning, and behind damage the next record is found by it. Nothing is skipped
silently (I1): what cannot be read is a `Damage`.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

MAGIC = b"\xffSP1"
HEADER = struct.Struct(">4sIII")
_CHECKED = struct.Struct(">4sI")
_HEADER_CRC = 8  # bytes that the header's own CRC is of
_NONE = -1


class SpoolRecord(NamedTuple):
    """A record on its way to Kafka. `topic` is without the prefix, `accepted_at` in ms since the epoch."""

    topic: str
    key: bytes | None
    value: bytes
    headers: tuple[tuple[str, bytes], ...]
    accepted_at: int


@dataclass(frozen=True, slots=True)
class Whole:
    """A record at its place: from `start` to `end` in bytes of the file."""

    start: int
    end: int
    record: SpoolRecord


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes that are no record, from `start` to `end`."""

    start: int
    end: int
    raw: bytes


def encoded(record: SpoolRecord) -> bytes:
    """The bytes of a record, header included."""
    topic = record.topic.encode()
    parts = [struct.pack(">qH", record.accepted_at, len(topic)), topic]
    if record.key is None:
        parts.append(struct.pack(">i", _NONE))
    else:
        parts += (struct.pack(">i", len(record.key)), record.key)
    parts += (struct.pack(">I", len(record.value)), record.value, struct.pack(">H", len(record.headers)))
    for name, value in record.headers:
        written = name.encode()
        parts += (struct.pack(">HI", len(written), len(value)), written, value)
    body = b"".join(parts)
    checked = _CHECKED.pack(MAGIC, len(body))
    return HEADER.pack(MAGIC, len(body), zlib.crc32(checked), zlib.crc32(body)) + body


def read(data: bytes, start: int = 0) -> Iterator[Whole | Damage]:
    """Everything from `start` on, in order. What was cut off at the end while it was written is left out."""
    at = start
    while at < len(data):
        length = _length(data, at)
        if length is None:
            if len(data) - at < HEADER.size and MAGIC.startswith(data[at : at + len(MAGIC)]):
                return  # the beginning of a header
            end = _next(data, at + 1)
            yield Damage(at, end, data[at:end])
            at = end
            continue
        end = at + HEADER.size + length
        if end > len(data):
            if (following := _next(data, at + 1)) == len(data):
                return  # torn
            end = following
        found = _decoded(data, at, end)
        yield Damage(at, end, data[at:end]) if found is None else Whole(at, end, found)
        at = end


def torn_at(data: bytes) -> int:
    """Where what was cut off begins; the end of the data when nothing was."""
    end = 0
    for found in read(data):
        end = found.end
    return end


def _length(data: bytes, at: int) -> int | None:
    """The length of the body that begins here, or None where no sound header is."""
    if len(data) - at < HEADER.size:
        return None
    magic, length, header_crc, _ = HEADER.unpack_from(data, at)
    if magic != MAGIC or header_crc != zlib.crc32(data[at : at + _HEADER_CRC]):
        return None
    return int(length)


def _next(data: bytes, at: int) -> int:
    """Where the next sound header begins; the end of the data when there is none."""
    while (at := data.find(MAGIC, at)) >= 0:
        if _length(data, at) is not None:
            return at
        at += 1
    return len(data)


def _decoded(data: bytes, start: int, end: int) -> SpoolRecord | None:
    body = data[start + HEADER.size : end]
    if zlib.crc32(body) != HEADER.unpack_from(data, start)[3]:
        return None
    accepted_at, at = int.from_bytes(body[:8], "big", signed=True), 8
    topic, at = _taken(body, at, 2)
    key: bytes | None = None
    if body[at : at + 4] == b"\xff\xff\xff\xff":
        at += 4
    else:
        key, at = _taken(body, at, 4)
    value, at = _taken(body, at, 4)
    headers = []
    count, at = int.from_bytes(body[at : at + 2], "big"), at + 2
    for _ in range(count):
        name_length, value_length = struct.unpack_from(">HI", body, at)
        middle = at + 6 + name_length
        headers.append((body[at + 6 : middle].decode(), body[middle : middle + value_length]))
        at = middle + value_length
    return SpoolRecord(topic.decode(), key, value, tuple(headers), accepted_at)


def _taken(body: bytes, at: int, size: int) -> tuple[bytes, int]:
    """The bytes whose length stands in `size` bytes before them, and where they end."""
    begin = at + size
    end = begin + int.from_bytes(body[at:begin], "big")
    return body[begin:end], end
