"""edna's channels and cascades, and from them the way of a conversation's answers (edna.md §9). Pure.

A channel's answers go through that channel: which method of edna's API serves it follows from its type, and a cascade
is found through the channel's number. What edna does not tell an account falls back on EDNA_IM_TYPE and
EDNA_CASCADE_ID; as long as edna cannot be asked nothing is guessed, because an id of a MAX user looks like a phone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bridge.settings import CASCADE_PATH, Settings

MAX = "MAX"
MAX_BOT = "MAX_BOT"
# Types with a method of their own, whatever EDNA_SEND_PATH says (edna.md §2.3, §2.4).
TYPE_PATHS: Mapping[str, str] = {MAX: "/api/v1/out-messages/max", MAX_BOT: "/api/v1/out-messages/max-bot"}


class Profile(NamedTuple):
    """A channel of the account. `id` is edna's `subjectId`, `sender` its `subject`."""

    id: str
    sender: str
    type: str
    active: bool


class Cascade(NamedTuple):
    """An active cascade: its number, and the `subjectId` of the channel of each stage, the first one first.

    `usable`: it has one stage, whose channel is not locked.
    """

    id: str
    channels: tuple[str, ...]
    usable: bool


class Route(NamedTuple):
    """How a message goes to edna: the method's path, the channel's type, its cascade where there is one.

    `sender` is the channel's `subject`, empty when edna has not told it.
    """

    path: str
    type: str
    sender: str = ""
    cascade_id: str = ""


def profiles(document: Any) -> list[Profile]:
    """The answer of `GET /api/channel-profile`; what is not registered yet has no `subjectId` and is left out."""
    found = []
    for each in _objects(document):
        if each.get("subjectId") is not None:
            active = each.get("active") is not False
            found.append(Profile(str(each["subjectId"]), _word(each, "subject"), _word(each, "type").upper(), active))
    return found


def cascades(document: Any) -> list[Cascade]:
    """The answer of `POST /api/cascade/get-all`: those that are ACTIVE. Each stage stands inside the one before it."""
    found = []
    for each in _objects(document):
        if each.get("id") is None or _word(each, "status").upper() != "ACTIVE":
            continue
        subjects = list(_subjects(each.get("stages")))
        numbers = tuple(str(subject["id"]) for subject in subjects if subject.get("id") is not None)
        if numbers and len(numbers) == len(subjects):
            usable = len(numbers) == 1 and not subjects[0].get("locked")
            found.append(Cascade(str(each["id"]), numbers, usable))
    return found


@dataclass(frozen=True, slots=True)
class Directory:
    """What is known of the account. `known` is False until edna has answered, be it that it does not tell."""

    channels: Mapping[str, Profile] = field(default_factory=dict)
    cascades: Mapping[str, Cascade] = field(default_factory=dict)
    by_channel: Mapping[str, str] = field(default_factory=dict)
    known: bool = True

    @classmethod
    def of(cls, profiles: Iterable[Profile], cascades: Iterable[Cascade]) -> Directory:
        """The directory of what edna told; of several usable cascades of a channel the newest counts."""
        listed = sorted(cascades, key=_number)
        by_channel = {cascade.channels[0]: cascade.id for cascade in listed if cascade.usable}
        return cls({one.id: one for one in profiles}, {one.id: one for one in listed}, by_channel)

    def route(self, channel: str, settings: Settings) -> Route | None:
        """The way to the clients of a channel; None while there is none, or it is not known."""
        if not self.known:
            return None
        profile = self._profile(channel)
        if profile is not None and profile.type in TYPE_PATHS:
            path = TYPE_PATHS[profile.type]
            return Route(path, profile.type, profile.sender) if profile.sender else None
        # A conversation of the README form has the type for its channel; one of a real webhook has a number.
        fallback = settings.edna_im_type if channel.isdigit() or not channel else channel
        kind, sender = (profile.type, profile.sender) if profile is not None else (fallback.upper(), "")
        if settings.edna_send_path != CASCADE_PATH:
            return Route(settings.edna_send_path, kind, sender)
        cascade_id = self._cascade(profile.id if profile is not None else channel, settings.edna_cascade_id or "")
        return Route(CASCADE_PATH, kind, sender, cascade_id) if cascade_id else None

    def trouble(self, channel: str) -> str:
        """Why a channel has no route, in words with a remedy."""
        if not self.known:
            return "edna has not told its channels yet: check EDNA_API_KEY, and that EDNA_BASE_URL can be reached"
        profile = self._profile(channel)
        if profile is not None and profile.type in TYPE_PATHS:
            return (
                f"channel {channel} has no name (`subject`) at edna, which its method asks for: see its settings there"
            )
        if profile is None and self.channels and channel.isdigit():
            return (
                f"channel {channel} is not among edna's channels: it is switched off, or EDNA_API_KEY may not use it; "
                "or set EDNA_CASCADE_ID to a cascade that serves it"
            )
        return f"channel {channel} has no active cascade of one stage at edna: make one, or set EDNA_CASCADE_ID"

    def doubts(self, settings: Settings) -> str | None:
        """A line for people when EDNA_CASCADE_ID does not do what it should."""
        configured = settings.edna_cascade_id
        if not self.cascades or configured is None or settings.edna_send_path != CASCADE_PATH:
            return None
        cascade = self.cascades.get(configured)
        if cascade is None:
            return f"EDNA_CASCADE_ID={configured} is not among the active cascades of the account"
        if not cascade.usable:
            return f"EDNA_CASCADE_ID={configured} has several stages, or a locked channel: edna may refuse what it gets"
        return None

    def _profile(self, channel: str) -> Profile | None:
        """The channel of this number, of this name (legacy webhooks have it), or the only active one of this type."""
        if (exact := self.channels.get(channel)) is not None or channel.isdigit():
            return exact
        named = [one for one in self.channels.values() if one.sender == channel]
        typed = [one for one in self.channels.values() if one.type == channel.upper() and one.active]
        return next((found[0] for found in (named, typed) if len(found) == 1), None)

    def _cascade(self, channel: str, configured: str) -> str:
        """EDNA_CASCADE_ID for the channels that it serves, else the channel's own; never one of another channel."""
        served = self.cascades.get(configured)
        if served is not None and channel in served.channels:
            return configured
        own = self.by_channel.get(channel)
        if own is not None:
            return own
        return "" if served is not None and channel.isdigit() else configured


NOTHING_KNOWN = Directory(known=False)
NOTHING_TOLD = Directory()  # edna has answered that it does not tell: what is configured has to do


def _number(cascade: Cascade) -> int:
    return int(cascade.id) if cascade.id.isdigit() else 0


def _subjects(stages: Any) -> Iterator[dict[str, Any]]:
    for stage in _objects(stages):
        subject = stage.get("subject")
        yield subject if isinstance(subject, dict) else {}
        yield from _subjects(stage.get("stages"))


def _objects(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _word(document: Mapping[str, Any], name: str) -> str:
    value = document.get(name)
    return value if isinstance(value, str) else ""
