"""The calls that amojo knows (amojo.md §0). Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

PREFIX = "/v2/origin/custom"

_ROUTES: tuple[tuple[str, str, re.Pattern[str]], ...] = tuple(
    (method, kind, re.compile(rf"{PREFIX}/(?P<owner>[^/]+){rest}"))
    for method, kind, rest in (
        ("POST", "message", ""),
        ("POST", "connect", "/connect"),
        ("DELETE", "disconnect", "/disconnect"),
        ("POST", "chats", "/chats"),
        ("POST", "typing", "/typing"),
        ("POST", "react", "/react"),
        ("POST", "delivery_status", "/(?P<target>[^/]+)/delivery_status"),
        ("GET", "history", "/chats/(?P<target>[^/]+)/history"),
    )
)


@dataclass(frozen=True, slots=True)
class Route:
    """A call: what it is, the channel or scope id in it, and the id of the message or chat that it is about."""

    kind: str
    owner: str
    target: str = ""


def route(method: str, path: str) -> Route | None:
    """The call of a request; None for what amojo does not know. `path` without query, as it was sent."""
    for wanted, kind, pattern in _ROUTES:
        match = pattern.fullmatch(path) if method == wanted else None
        if match is not None:
            found = match.groupdict()
            return Route(kind, found["owner"], found.get("target", ""))
    return None
