"""What a fake saw and did, one entry a request: the evidence that the checker of the invariants reads.

Entries stand in the order in which requests arrived (received) or were sent (sent). Appending costs one object and no
encoding; JSON is made when somebody reads. Followers are told of each entry when it begins and when it ends.
"""

from __future__ import annotations

import asyncio
import json
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Direction = Literal["received", "sent"]
Outcome = Literal["new", "duplicate", "refused"]

FOLLOWERS = 32  # at one time
BEHIND = 50_000  # entries that a follower has not read yet; one that is further behind is let go


def now_ms() -> int:
    """Milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


@dataclass(slots=True)
class Entry:
    """One request and how it ended.

    `number` rises from 1 as long as the fake runs. `started` and `at` (ms) are when it began and ended (`ended`); until
    then `at` equals `started`. `status` is the HTTP status, none while it runs and for ever when there was no answer
    (reset, hung, timed out). `outcome`: `new` = taken (also when a fault then hid the answer), `duplicate` = taken
    before, `refused` = not taken. `in_flight` counts the requests of the same direction that were running when this one
    began, itself included. `attempt` counts from 1 how often this message was received, or sent. `body` is the exact
    text, `path` the exact path with its query. `shown` is what the person at the other side sees of a message that was
    taken: its type and text, and of a file its name, size and SHA-256 when it has been fetched.
    """

    direction: Direction
    kind: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    started: int
    at: int
    in_flight: int
    number: int = 0
    ended: bool = False
    conversation: str = ""
    attempt: int = 1
    status: int | None = None
    outcome: Outcome = "refused"
    shown: dict[str, Any] | None = None

    def fits(self, wanted: Mapping[str, str]) -> bool:
        """Whether the named fields equal these texts."""
        return all(str(getattr(self, name)) == value for name, value in wanted.items())

    def line(self) -> bytes:
        """The entry as one line of JSON, its newline included."""
        document: dict[str, Any] = {
            "at": self.at,
            "direction": self.direction,
            "kind": self.kind,
            "method": self.method,
            "path": self.path,
            "headers": dict(self.headers),
            "body": self.body.decode("utf-8", "backslashreplace"),
            "status": self.status,
            "outcome": self.outcome,
            "started": self.started,
            "in_flight": self.in_flight,
            "conversation": self.conversation,
            "attempt": self.attempt,
            "number": self.number,
            "ended": self.ended,
        }
        if self.shown is not None:
            document["shown"] = self.shown
        return json.dumps(document, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"


class Follower:
    """Entries that changed since they were last read, each once, in the order in which they began."""

    def __init__(self, entries: list[Entry]) -> None:
        self._changed = {entry.number: entry for entry in entries}
        self._wake = asyncio.Event()
        self.too_slow = False

    def tell(self, entry: Entry) -> None:
        """An entry began or ended."""
        self._changed[entry.number] = entry
        self.too_slow = self.too_slow or len(self._changed) > BEHIND
        self._wake.set()

    async def changed(self, within_s: float) -> list[Entry]:
        """The entries that changed, as soon as there are some; an empty list when none did in time."""
        if not self._changed:
            self._wake.clear()
            try:
                async with asyncio.timeout(within_s):
                    await self._wake.wait()
            except TimeoutError:
                return []
        found = [self._changed[number] for number in sorted(self._changed)]
        self._changed.clear()
        return found


@dataclass(slots=True)
class Journal:
    """The entries of one fake."""

    entries: list[Entry] = field(default_factory=list)
    followers: set[Follower] = field(default_factory=set)
    _begun: int = 0
    _running: Counter[Direction] = field(default_factory=Counter)
    _attempts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def begin(self, direction: Direction, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Entry:
        """A request begins; `end` must follow, whatever happens."""
        self._running[direction] += 1
        started = now_ms()
        entry = Entry(direction, "", method, path, headers, body, started, started, self._running[direction])
        self._begun += 1
        entry.number = self._begun
        self.entries.append(entry)
        self._tell(entry)
        return entry

    def name(self, entry: Entry, kind: str, conversation: str, key: str) -> None:
        """Say what the request is about. `key` is the id of what it carries: repeats of it are counted."""
        entry.kind = kind
        entry.conversation = conversation
        if key:
            self._attempts[kind, key] += 1
            entry.attempt = self._attempts[kind, key]

    def end(self, entry: Entry) -> None:
        """The request is over: answered, or never to be."""
        self._running[entry.direction] -= 1
        entry.at = now_ms()
        entry.ended = True
        self._tell(entry)

    def again(self, entry: Entry) -> None:
        """What an entry shows has changed after it ended."""
        self._tell(entry)

    def follow(self) -> Follower:
        """Follow what is there and what comes; `unfollow` must come after it. Raises ValueError: too many do."""
        if len(self.followers) >= FOLLOWERS:
            raise ValueError(f"follow: {FOLLOWERS} follow already")
        follower = Follower(self.entries)
        self.followers.add(follower)
        return follower

    def unfollow(self, follower: Follower) -> None:
        """Tell it nothing more."""
        self.followers.discard(follower)

    def _tell(self, entry: Entry) -> None:
        for follower in self.followers:
            follower.tell(entry)

    def clear(self) -> None:
        """Forget all entries and counts of attempts; what is running stays counted as running."""
        self.entries = []
        self._attempts.clear()

    def slices(self, since: int, size: int) -> Iterator[list[Entry]]:
        """The entries whose numbers are above `since`, so many at a time; those that come meanwhile are left out."""
        entries, end = self.entries, len(self.entries)
        for start in range(bisect_right(entries, since, key=lambda entry: entry.number), end, size):
            yield entries[start : min(start + size, end)]
