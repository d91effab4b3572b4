"""HTTP/1.1 as far as the bench needs it: requests with a Content-Length, answers with one. Pure, and fast.

The parsers keep what is incomplete until more bytes come; they understand nothing else, and say so by raising
ValueError.
"""

from __future__ import annotations

from dataclasses import dataclass

HEAD_END = b"\r\n\r\n"
LENGTH = b"\r\ncontent-length:"


@dataclass(frozen=True, slots=True)
class Request:
    """One request: its method, its target with the query, its body."""

    method: bytes
    target: bytes
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: its status and its body."""

    status: int
    body: bytes


class Splitter:
    """Splits a stream of bytes into messages: (head, body) pairs."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[tuple[bytes, bytes]]:
        """The messages that are complete with these bytes. Raises ValueError for a body of unknown length."""
        data = self._rest + data if self._rest else data
        found: list[tuple[bytes, bytes]] = []
        start = 0
        while (end := data.find(HEAD_END, start)) >= 0:
            head = data[start:end]
            body_start = end + len(HEAD_END)
            body_end = body_start + content_length(head)
            if body_end > len(data):
                break
            found.append((head, data[body_start:body_end]))
            start = body_end
        self._rest = data[start:]
        return found


def content_length(head: bytes) -> int:
    """The length of the body after this head; 0 when none is named. Raises ValueError for chunks."""
    lowered = head.lower()
    at = lowered.find(LENGTH)
    if at < 0:
        if b"\r\ntransfer-encoding:" in lowered:
            raise ValueError("a body without Content-Length is not understood here")
        return 0
    at += len(LENGTH)
    end = lowered.find(b"\r\n", at)
    return int(lowered[at:] if end < 0 else lowered[at:end])


def request_of(head: bytes, body: bytes) -> Request:
    """A request from its head and body. Raises ValueError when the first line is not one of a request."""
    method, target, _version = head.split(b"\r\n", 1)[0].split(b" ")
    return Request(method, target, body)


def answer_of(head: bytes, body: bytes) -> Answer:
    """An answer from its head and body. Raises ValueError when the first line is not one of an answer."""
    return Answer(int(head.split(b" ", 2)[1]), body)


def post(target: str, host: str, headers: dict[str, str], body: bytes) -> bytes:
    """The bytes of a POST."""
    lines = [f"POST {target} HTTP/1.1", f"Host: {host}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


def ok(body: bytes) -> bytes:
    """The bytes of a 200 with JSON."""
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
