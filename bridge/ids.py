"""Conversation ids, event ids and vendor ids: pure functions, so that a repeat always meets its first (I4).

    conversation id   v1.<account>.<channel>.<address>      amojo's conversation_id and sender.id
    amojo msgid       edna.<account>.<channel>.<edna id>    also the event id of an inbound message
    edna requestId    the amojo message id, or a form of it that decodes, of 36 characters at most

Parts are percent-encoded, and `.` as `%2E`, so that ids split at their dots without a lookup.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote

from bridge.events import ACCOUNT

CONVERSATION_VERSION = "v1"
REQUEST_ID_LIMIT = 36  # characters; the legacy API's limit, kept for all (edna.md §2.1)

REMEMBERED = 20_000  # ids; bounded, because whoever sends webhooks chooses them

REPLAY = ".replay."
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_SUFFIXED = re.compile(r"([0-9a-f]{32})-(?:(\d)?(?:r(\d))?)")
_HOOK_V1 = re.compile(r"v-[0-9a-f]{32}")
_HASH_DIGITS = 32
UUID_VERSION_AT = 14
LAST_REPLAY = 9  # an id that decodes has room for one digit


@dataclass(frozen=True, slots=True)
class Conversation:
    """One client in one channel. Never the address alone: one person in two channels is two conversations."""

    channel: str
    address: str
    account: str = ACCOUNT

    @property
    def id(self) -> str:
        """The conversation id; `Conversation.parse` is its inverse."""
        return joined(CONVERSATION_VERSION, self.account, self.channel, self.address)

    @staticmethod
    @lru_cache(maxsize=REMEMBERED)  # conversations come again and again
    def parse(conversation_id: str) -> Conversation | None:
        """The conversation of an id, or None when the id is not one of ours."""
        parts = conversation_id.split(".")
        if len(parts) != 4 or parts[0] != CONVERSATION_VERSION:
            return None
        account, channel, address = (unquote(part) for part in parts[1:])
        found = Conversation(channel=channel, address=address, account=account)
        return found if account and channel and address and found.id == conversation_id else None


@dataclass(frozen=True, slots=True)
class Attempt:
    """What an edna request id says: the amojo message, the part of it (1, 2) and the replay (0 = the first go)."""

    message_id: str
    part: int = 1
    replay: int = 0


def joined(*parts: str) -> str:
    """Parts as one id; each is percent-encoded, so that the dots between them are the only dots."""
    return ".".join(map(_encoded_part, parts))


def _encoded_part(part: str) -> str:
    if part.isascii() and part.isalnum():  # most are, and quoting is the dearest step of a webhook
        return part
    return quote(part, safe="").replace(".", "%2E")


def amojo_msgid(account: str, channel: str, edna_id: str) -> str:
    """The `msgid` of an inbound message at amojo, and its event id."""
    return joined("edna", account, channel, edna_id)


def outbound_event_id(account: str, message_id: str) -> str:
    """The event id of an operator's message: amojo's id of it."""
    return joined("amojo", account, message_id)


def status_event_id(account: str, request_id: str, stage: str | None, status: str, at: str) -> str:
    """The event id of a status: a repeat of the webhook has the same, the next status of the message another."""
    return joined("status", account, request_id, stage or "", status.lower(), at)


@lru_cache(maxsize=REMEMBERED)  # asked for the request, the receipt and the status of one message
def request_id(message_id: str, part: int = 1, replay: int = 0) -> str:
    """The edna `requestId` of an amojo message: at most 36 characters, the same for every repeat of an attempt.

    A UUID goes whole, or as its 32 digits when a part or replay is told; another id as `a-` + base64url, its `-`
    written as `.` so that the suffix stays recognisable (edna takes ids with dots, edna.md §2.1); what would be longer
    than 36 characters, and a replay beyond the ninth, as `h-` + 32 digits of its hash, which alone does not decode and
    has to be linked. The id that
    was made for a hook v1 (`v-` + 32 digits) goes whole: amojo does not know it, so that no status comes back.
    """
    suffix = (str(part) if part > 1 else "") + (f"r{replay}" if replay else "")
    if replay > LAST_REPLAY:
        return "h-" + digest(f"{message_id}-{suffix}")
    if _UUID.fullmatch(message_id):
        return f"{message_id.replace('-', '')}-{suffix}" if suffix else message_id
    tail = f"-{suffix}" if suffix else ""
    if _HOOK_V1.fullmatch(message_id) and len(message_id + tail) <= REQUEST_ID_LIMIT:
        return message_id + tail
    encoded = "a-" + base64.urlsafe_b64encode(message_id.encode()).decode().rstrip("=").replace("-", ".") + tail
    if len(encoded) <= REQUEST_ID_LIMIT:
        return encoded
    return "h-" + digest(f"{message_id}{tail}")


def decode_request_id(value: str) -> Attempt | None:
    """The attempt that a request id of ours names; None for a foreign id, a linked one (`h-`) and a hook v1 (`v-`)."""
    if _UUID.fullmatch(value):
        return Attempt(value)
    if match := _SUFFIXED.fullmatch(value):
        digits = match[1]
        if match[2] or match[3]:
            message_id = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
            return Attempt(message_id, int(match[2] or 1), int(match[3] or 0))
        return None
    if value.startswith("a-"):
        return _decode_encoded(value.removeprefix("a-"))
    return None


def replay_event_id(event_id: str, partition: int, offset: int) -> str:
    """The id under which a dead letter is accepted again: the old one with the place of its source."""
    return f"{event_id}{REPLAY}{partition}-{offset}"


def is_replay(event_id: str) -> bool:
    """Whether the event is a dead letter that was accepted again."""
    return REPLAY in event_id


def chosen_by_edna(value: str) -> bool:
    """Whether it is a UUID that begins with the time (version 7), as edna makes them (edna.md §2.4); amojo does not."""
    return bool(_UUID.fullmatch(value)) and value[UUID_VERSION_AT] == "7"


def _decode_encoded(value: str) -> Attempt | None:
    encoded, _, suffix = value.partition("-")
    match = re.fullmatch(r"(\d)?(?:r(\d))?", suffix)
    if not encoded or match is None:
        return None
    try:
        raw = base64.b64decode(encoded.replace(".", "-") + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
        message_id = raw.decode()
    except ValueError:  # no base64, or no UTF-8 in it
        return None
    attempt = Attempt(message_id, int(match[1] or 1), int(match[2] or 0))
    return attempt if request_id(message_id, attempt.part, attempt.replay) == f"a-{value}" else None


def digest(*parts: str) -> str:
    """32 hex digits that stand for the parts."""
    hasher = hashlib.sha256()
    for part in parts:
        encoded = part.encode()
        hasher.update(len(encoded).to_bytes(8, "big") + encoded)
    return hasher.hexdigest()[:_HASH_DIGITS]
