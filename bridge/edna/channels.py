"""edna's channels and cascades, and from them the way of a conversation's answers (edna.md §9). Pure.

A channel's answers go through that channel: which method of edna's API serves it follows from its type, and a cascade
is found through the channel's number. What edna has not told yet falls back on EDNA_IM_TYPE and EDNA_CASCADE_ID.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
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
    """A cascade of one stage that can be used: its number and its channel's `subjectId`."""

    id: str
    channel: str


class Route(NamedTuple):
    """How a message goes to edna: the method's path, the channel's type and sender, the cascade where there is one."""

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
    """The answer of `POST /api/cascade/get-all`: those that are ACTIVE, of one stage, and not locked."""
    found = []
    for each in _objects(document):
        stages = _objects(each.get("stages"))
        subject = stages[0].get("subject") if stages else None
        usable = (
            _word(each, "status").upper() == "ACTIVE"
            and len(stages) == 1
            and not _objects(stages[0].get("stages"))
            and isinstance(subject, dict)
            and not subject.get("locked")
        )
        if usable and isinstance(subject, dict) and subject.get("id") is not None and each.get("id") is not None:
            found.append(Cascade(str(each["id"]), str(subject["id"])))
    return found


@dataclass(frozen=True, slots=True)
class Directory:
    """What is known of the account. `known` is False until edna has told its channels once."""

    channels: Mapping[str, Profile]
    by_channel: Mapping[str, str]
    known: bool = True

    @classmethod
    def of(cls, profiles: Iterable[Profile], cascades: Iterable[Cascade]) -> Directory:
        """The directory of what edna told; of several cascades of a channel the newest counts."""
        by_channel = {cascade.channel: cascade.id for cascade in sorted(cascades, key=_number)}
        return cls({profile.id: profile for profile in profiles}, by_channel)

    def route(self, channel: str, settings: Settings) -> Route | None:
        """The way to the clients of a channel; None while it is not known, and nothing configured stands in."""
        profile = self.channels.get(channel)
        if profile is not None and profile.type in TYPE_PATHS:
            return Route(TYPE_PATHS[profile.type], profile.type, profile.sender)
        kind = profile.type if profile is not None else self._type(channel, settings)
        sender = profile.sender if profile is not None else channel
        if settings.edna_send_path != CASCADE_PATH:
            return Route(settings.edna_send_path, kind, sender)
        cascade_id = self._cascade(channel, settings)
        return Route(CASCADE_PATH, kind, sender, cascade_id) if cascade_id else None

    def trouble(self, channel: str) -> str:
        """Why a channel has no route, in words with a remedy."""
        if not self.known:
            return "edna has not told its channels yet: check EDNA_API_KEY, or set EDNA_CASCADE_ID"
        return f"channel {channel} has no active cascade of one stage at edna: make one, or set EDNA_CASCADE_ID"

    def _cascade(self, channel: str, settings: Settings) -> str:
        """The channel's own cascade; the configured one for its own channel and while nothing is known."""
        own = self.by_channel.get(channel)
        configured = settings.edna_cascade_id or ""
        if own is None:
            return configured
        # A configured cascade wins where it is one of the channel's, or of none that is known (several stages).
        elsewhere = configured in self.by_channel.values() and own != configured
        return own if elsewhere or not configured else configured

    @staticmethod
    def _type(channel: str, settings: Settings) -> str:
        # A conversation of the README form has the type for its channel; one of a real webhook has a number.
        return (settings.edna_im_type if channel.isdigit() or not channel else channel).upper()


NOTHING_KNOWN = Directory({}, {}, known=False)


def _number(cascade: Cascade) -> int:
    return int(cascade.id) if cascade.id.isdigit() else 0


def _objects(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _word(document: Mapping[str, Any], name: str) -> str:
    value = document.get(name)
    return value if isinstance(value, str) else ""
