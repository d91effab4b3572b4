"""The checker of the promises: from journals of what was accepted and what arrived to a report. Pure.

It proves I1 (nothing lost), I2 (order), I4 (nobody sees a message twice) and I5 (statuses only move forward), and
counts repeats and requests at once. `tests.journals` reads the journals of the fakes into what this takes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Literal

Direction = Literal["inbound", "outbound"]
Outcome = Literal["new", "duplicate", "refused"]
Key = tuple[Direction, str]  # direction and message id

# I5: sent < delivered < read. A failure may follow `sent` and may be replaced by a later attempt.
RANKS = {"sent": 1, "failed": 1, "delivered": 2, "read": 3}
SHOWN = 10  # findings of each kind in the table


@dataclass(frozen=True, slots=True)
class Accepted:
    """A webhook for the other side. `id` is the id under which it must arrive; `at` in ms.

    `sequence` rises in the order of acceptance. `confirmed` False: it never got its 200, so it may arrive or not, and
    its place in the order is unknown. `recipient` is whom the other side must see it from or get it; empty: not known.
    """

    direction: Direction
    conversation: str
    id: str
    sequence: int
    at: int
    text: str = ""
    recipient: str = ""
    confirmed: bool = True


@dataclass(frozen=True, slots=True)
class Arrived:
    """A call at the vendor, from `started_ms` to `at_ms`. `id` is empty where the form takes none (README form)."""

    direction: Direction
    conversation: str
    id: str
    outcome: Outcome
    started_ms: int
    at_ms: int
    text: str = ""
    recipient: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """A status of an outbound message: accepted from edna, or told to amojo. `at` in ms."""

    message_id: str
    status: str
    at: int
    outcome: Outcome = "new"


@dataclass(frozen=True, slots=True)
class Report:
    """What was found. Messages are named `<direction> <id>`; where there is no id, by their text.

    lost                accepted, never taken by the other side, and no dead letter either (I1)
    seen_twice          taken as new more than once, by id or by text (I4)
    out_of_order        first delivered after a newer message of its conversation (I2)
    overlapping         a call that began while another of its conversation and direction was running (I2)
    status_regressions  a status told after one that was further (I5)
    changed             arrived with another text, or at another recipient
    unexpected          taken, but nobody wrote it
    repeats             message → calls beyond the first
    max_in_flight       calls at once, per direction
    """

    lost: list[str] = field(default_factory=list)
    seen_twice: list[str] = field(default_factory=list)
    out_of_order: list[str] = field(default_factory=list)
    overlapping: list[str] = field(default_factory=list)
    status_regressions: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    repeats: dict[str, int] = field(default_factory=dict)
    max_in_flight: dict[Direction, int] = field(default_factory=dict)
    accepted: int = 0
    arrived: int = 0

    @property
    def violations(self) -> list[str]:
        """Every broken promise, as `<kind>: <message>`. Repeats and requests at once are no violations."""
        return [f"{name}: {found}" for name in PROMISES for found in getattr(self, name)]

    @property
    def repeated(self) -> int:
        """The number of calls beyond the first of each message."""
        return sum(self.repeats.values())

    def __str__(self) -> str:
        rows = [("accepted", str(self.accepted)), ("calls", str(self.arrived))]
        rows += [(name, _shortened(getattr(self, name))) for name in PROMISES]
        rows.append(("repeats", f"{self.repeated} calls of {len(self.repeats)} messages"))
        rows += [(f"at once, {direction}", str(count)) for direction, count in sorted(self.max_in_flight.items())]
        return "\n".join(f"{name:<20}{value}" for name, value in rows)


PROMISES = tuple(each.name for each in fields(Report) if str(each.type) == "list[str]")


def check(
    accepted: Iterable[Accepted],
    arrived: Iterable[Arrived],
    *,
    set_aside: Collection[str] = (),
    statuses: Iterable[Status] = (),
    told: Iterable[Status] = (),
) -> Report:
    """Hold what arrived against what was accepted.

    `set_aside` are the ids of dead letters and of what stands in quarantine: not lost, and out of the order. `statuses`
    are those accepted from edna, `told` those that reached amojo.
    """
    # A vendor's own repeat of a webhook is the same message, accepted when it first was.
    given: dict[Key, Accepted] = {}
    for message in sorted(accepted, key=lambda one: (not one.confirmed, one.sequence)):
        given.setdefault((message.direction, message.id), message)
    names = _by_text(given)
    calls = [_matched(call, names) for call in _in_time(arrived)]
    taken = [call for call in calls if call.outcome == "new"]
    told_in_time = sorted(told, key=lambda one: one.at)
    return Report(
        lost=[*_lost(given, calls, set_aside), *_lost_statuses(statuses, told_in_time, set_aside)],
        seen_twice=_seen_twice(given, taken),
        out_of_order=_out_of_order(given, taken, set_aside),
        overlapping=_overlapping(given, calls),
        status_regressions=_regressions(told_in_time),
        changed=list(_changed(given, taken)),
        unexpected=_unexpected(given, taken),
        repeats={_name(key): count - 1 for key, count in Counter(map(_key, calls)).items() if count > 1},
        max_in_flight=_max_in_flight(calls),
        accepted=sum(message.confirmed for message in given.values()),
        arrived=len(calls),
    )


def _key(one: Accepted | Arrived) -> Key:
    return one.direction, one.id


def _name(key: Key) -> str:
    return " ".join(key)


def _in_time(arrived: Iterable[Arrived]) -> list[Arrived]:
    return sorted(arrived, key=lambda call: call.started_ms)  # stable: a journal's order settles equal milliseconds


def _by_text(given: dict[Key, Accepted]) -> dict[tuple[Direction, str], str]:
    """Text → id, of texts that only one message has."""
    owners: defaultdict[tuple[Direction, str], list[str]] = defaultdict(list)
    for message in given.values():
        owners[message.direction, message.text].append(message.id)
    return {words: ids[0] for words, ids in owners.items() if len(ids) == 1 and words[1]}


def _matched(call: Arrived, names: dict[tuple[Direction, str], str]) -> Arrived:
    """The call with the id of the message in it, which its text tells where the form takes no id."""
    if call.id:
        return call
    found = names.get((call.direction, call.text), f"text {call.text!r}")
    return replace(call, id=found)


def _lost(given: dict[Key, Accepted], calls: Sequence[Arrived], set_aside: Collection[str]) -> list[str]:
    there = {_key(call) for call in calls if call.outcome != "refused"}
    return [
        _name(key)
        for key, message in given.items()
        if message.confirmed and key not in there and message.id not in set_aside
    ]


def _seen_twice(given: dict[Key, Accepted], taken: Sequence[Arrived]) -> list[str]:
    by_id = Counter(map(_key, taken))
    found = {_name(key): None for key, count in by_id.items() if count > 1}
    # The same words under another id are seen as well, unless as many messages with them were written.
    written = Counter((message.direction, message.text) for message in given.values() if message.text)
    shown = Counter((call.direction, call.text) for call in taken if call.text)
    for call in taken:
        words = call.direction, call.text
        if by_id[_key(call)] == 1 and 0 < written[words] < shown[words]:
            found[f"{_name(_key(call))} (by its text)"] = None
    return list(found)


def _out_of_order(given: dict[Key, Accepted], taken: Sequence[Arrived], set_aside: Collection[str]) -> list[str]:
    found: list[str] = []
    newest: dict[Key, int] = {}
    delivered: set[Key] = set()
    for call in taken:
        message = given.get(_key(call))
        if message is None or _key(call) in delivered or not message.confirmed or message.id in set_aside:
            continue
        delivered.add(_key(call))
        place = message.direction, message.conversation
        if message.sequence < newest.get(place, message.sequence):
            found.append(_name(_key(call)))
        newest[place] = max(message.sequence, newest.get(place, message.sequence))
    return found


def _overlapping(given: dict[Key, Accepted], calls: Sequence[Arrived]) -> list[str]:
    found: list[str] = []
    busy_until: dict[Key, int] = {}
    for call in calls:
        message = given.get(_key(call))
        place = call.direction, message.conversation if message else call.conversation
        if call.started_ms < busy_until.get(place, 0):
            found.append(_name(_key(call)))
        busy_until[place] = max(call.at_ms, busy_until.get(place, 0))
    return found


def _max_in_flight(calls: Sequence[Arrived]) -> dict[Direction, int]:
    edges: defaultdict[Direction, list[tuple[int, int]]] = defaultdict(list)
    for call in calls:
        edges[call.direction] += [(call.started_ms, 1), (call.at_ms, -1)]
    highest: dict[Direction, int] = {}
    for direction, moments in edges.items():
        running = highest[direction] = 0
        for _, change in sorted(moments):  # an end before a start of the same millisecond: rather too few than too many
            running += change
            highest[direction] = max(highest[direction], running)
    return highest


def _changed(given: dict[Key, Accepted], taken: Sequence[Arrived]) -> Iterator[str]:
    for call in taken:
        message = given.get(_key(call))
        if message is None:
            continue
        if message.text and call.text != message.text:
            yield f"{_name(_key(call))} (text)"
        if message.recipient and call.recipient != message.recipient:
            yield f"{_name(_key(call))} (recipient)"


def _unexpected(given: dict[Key, Accepted], taken: Sequence[Arrived]) -> list[str]:
    return [_name(_key(call)) for call in taken if _key(call) not in given]


def _regressions(told: Sequence[Status]) -> list[str]:
    found: list[str] = []
    furthest: dict[str, str] = {}
    for one in told:
        if one.outcome == "refused" or one.status not in RANKS:
            continue
        before = furthest.get(one.message_id, one.status)
        if RANKS[one.status] < RANKS[before]:
            found.append(f"status {one.message_id} {one.status} after {before}")
        elif one.outcome == "new":
            furthest[one.message_id] = one.status
    return found


def _lost_statuses(statuses: Iterable[Status], told: Sequence[Status], set_aside: Collection[str]) -> Iterator[str]:
    """`delivered`, `read` and `failed` of our messages that amojo was told neither themselves nor something further.

    A failure that another attempt had overtaken is told to nobody, so it counts as told when anything was.
    """
    furthest: dict[str, int] = {}
    for one in told:
        if one.outcome != "refused":
            furthest[one.message_id] = max(furthest.get(one.message_id, 0), RANKS.get(one.status, 0))
    for one in dict.fromkeys(statuses):
        wanted = RANKS.get(one.status, 0) if one.status != "sent" else 0
        if furthest.get(one.message_id, 0) < wanted and one.message_id not in set_aside:
            yield f"status {one.message_id} {one.status}"


def _shortened(found: Sequence[str]) -> str:
    more = f" … and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return f"{len(found)}" + (f": {'; '.join(found[:SHOWN])}{more}" if found else "")
