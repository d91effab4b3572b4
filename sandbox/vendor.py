"""What the server around a fake asks of a vendor, and what goes between them: calls and replies."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from sandbox.journal import Outcome

Control = Callable[[Any], Awaitable[tuple[int, dict[str, Any]]]]


class NotJson:
    """What stands for a body that is no JSON document."""


NOT_JSON: Final = NotJson()


@dataclass(frozen=True, slots=True)
class Outline:
    """What a request is about, as far as reading alone tells. `key` is the id of what it carries."""

    kind: str
    conversation: str = ""
    key: str = ""
    channel: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """A request to a vendor, read but not judged. `path` has no query."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    document: Any
    outline: Outline


@dataclass(frozen=True, slots=True)
class Reply:
    """A vendor's answer, and whether the request was taken.

    `conversation` corrects what reading alone could tell; `shown` is what a person sees of the message (`Entry.shown`).
    `later` is given instead of an answer that the vendor must ask somebody else for.
    """

    status: int
    body: bytes = b""
    outcome: Outcome = "new"
    conversation: str = ""
    shown: dict[str, Any] | None = None
    later: Callable[[], Awaitable[Reply]] | None = None


class Vendor(Protocol):
    """What a vendor makes of requests. No I/O and no waiting: what it accepts, it accepts at once."""

    name: str
    help: str

    def outline(self, method: str, path: str, document: Any, /) -> Outline:
        """What a request is about; tolerant, never raises."""

    def answer(self, call: Call) -> Reply:
        """Judge a request, carry it out, schedule what follows."""

    def refused(self, call: Call) -> None:
        """A fault refused this request for what is in it, in the vendor's place."""

    def behaviour(self) -> dict[str, Any]:
        """How it behaves where nobody knows how the real one does, and what else can be switched at run time."""

    def behave(self, document: Any) -> None:
        """Change the given fields of that. Raises ValueError, which names the wrong field, and changes nothing then."""

    def controls(self) -> Mapping[str, Control]:
        """What people and tests may ask: path of a POST → what it does with the JSON. Raises ValueError: HTTP 400."""


def reply(
    status: int,
    document: Any = None,
    outcome: Outcome | None = None,
    conversation: str = "",
    shown: dict[str, Any] | None = None,
) -> Reply:
    """A reply with a JSON body (none: empty); not taken unless 2xx or said otherwise."""
    body = b"" if document is None else json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    return Reply(status, body, outcome or ("new" if status < 300 else "refused"), conversation, shown)


def parsed(body: bytes) -> Any:
    """The JSON document of a body, or NOT_JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return NOT_JSON


def text(document: Any, *path: str) -> str:
    """The string or number at a path of a document, as text; empty when there is none."""
    for name in path:
        document = document.get(name) if isinstance(document, dict) else None
    return str(document) if isinstance(document, str | int) and not isinstance(document, bool) else ""
