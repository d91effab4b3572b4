"""edna over HTTP: its calls, their key, and what its answers mean (edna.md §2.6)."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

from yarl import URL

from bridge.compact import encoded
from bridge.edna.account import EdnaAccount
from bridge.edna.channels import Directory, cascades, profiles
from bridge.edna.pieces import Piece
from bridge.edna.requests import SendRequest
from bridge.errors import VendorRefusal
from bridge.events import OutboundMessage
from bridge.http import Answer, Transport, parsed
from bridge.outcome import Outcome, Verdict, by_status, retry_after_s
from bridge.settings import Settings, secret

ALREADY_THERE = ("requestid-is-not-unique", "error-id-not-unique", "duplicate messageid")

# How the code of an error begins, whatever the HTTP status beside it (edna.md §7).
ERRORS = ("error", "not-", "user-blocked")
TELLING = (b"code", b"status", b"title")  # without any of these an answer of 2xx means what its status says

CODE_LIMIT = 100  # characters of edna's own word; its words are short

TOP_UP = "top up the balance at edna"
CHECK_KEY = "check EDNA_API_KEY: its spelling, its expiry, and that it may send in this channel"
CHECK_CASCADE = "check EDNA_CASCADE_ID: the cascade does not exist or does not serve this channel"
CHANNEL_OFF = "the channel is switched off or unknown at edna: see its list of channels"
CHECK_PATH = "check EDNA_BASE_URL and EDNA_SEND_PATH: nothing of edna's API answers there"

# Words in a 4xx that speak of the channel, the account or its money, not of this message (edna.md §2.6): the remedy.
REFUSALS: dict[str, str] = {
    "cascade-not-found": CHECK_CASCADE,
    "cascade template not found": CHECK_CASCADE,
    "insufficient funds": TOP_UP,
    "error-insufficient-balance": TOP_UP,
    "error-subject-unknown": CHANNEL_OFF,
    "subject.not_found": CHANNEL_OFF,
    "auth-error": CHECK_KEY,
}
STALE = frozenset({CHECK_CASCADE, CHANNEL_OFF})  # what is known of channels and cascades may be out of date
REMEDIES: dict[int, str] = {401: CHECK_KEY, 402: TOP_UP, 403: CHECK_KEY, 425: TOP_UP}


HISTORY_PATH = "/api/messages/history"
HISTORY_MARGIN_S = 60  # clocks differ
HISTORY_PAGE, HISTORY_PAGES = 200, 10  # as many as fit into an answer; as far back as is looked, newest first
NO_HISTORY = "no-history"
NOT_SENT = frozenset({"FAILED", "INVALID", "CANCELLED", "UNDELIVERED"})  # such a one does not stand for what is sought


class EdnaClient:
    """Calls edna. Every call raises TransportError when its outcome is unknown."""

    def __init__(self, settings: Settings, transport: Transport) -> None:
        self._transport = transport
        self._account = EdnaAccount(settings, transport)
        self._origin = settings.edna_base_url
        self._urls: dict[str, URL] = {}
        self._headers = {
            "X-API-KEY": secret(settings.edna_api_key),
            "Content-Type": "application/json",
        }

    async def send(self, request: SendRequest) -> Verdict:
        """Send one call of a message."""
        answer = await self._transport.send("POST", self._url(request.path), self._headers, request.body)
        return judged(answer, request.request_id)

    async def directory(self) -> Directory:
        """The account's channels and cascades (edna.md §9); empty where the key may not ask, or nothing answers there.

        Raises VendorRefusal when edna is in trouble, or does not know the key, and may tell later.
        """
        answers = await asyncio.gather(
            self._account.profiles(),
            self._account.cascades(),
        )
        for answer in answers:
            verdict = judged(answer)
            if verdict.outcome in (Outcome.TRANSIENT, Outcome.THROTTLED) or verdict.status == 401:
                raise VendorRefusal(verdict.reason)
        told_profiles, told_cascades = (_parsed(one.body) if one.status == 200 else None for one in answers)
        return Directory.of(profiles(told_profiles), cascades(told_cascades))

    async def sent_already(self, event: OutboundMessage, request: SendRequest) -> Verdict:
        """Whether a call that takes no id of ours was carried out: delivered if edna's history has it (edna.md §2.7).

        Permanent: it is not there, or, with the code NO_HISTORY, nobody tells. Any other outcome: ask again. Sought are
        messages to the same client since the event was accepted, with the same words or the same file. An earlier one
        with the same words would be mistaken for it, but edna cancels such a repeat itself (edna.md §2.5).
        """
        since = datetime.fromtimestamp(event.accepted_at / 1000 - HISTORY_MARGIN_S, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        wanted: dict[str, Any] = {
            "direction": "OUT", "dateFrom": since, "limit": HISTORY_PAGE,
            "sort": [{"property": "messageId", "direction": "DESC"}],
        }  # fmt: skip
        if event.channel.isdigit():
            wanted["subjectId"] = int(event.channel)
        for page in range(HISTORY_PAGES):
            body = encoded(wanted | {"offset": page * HISTORY_PAGE})
            answer = await self._transport.send("POST", self._url(HISTORY_PATH), self._headers, body)
            verdict = judged(answer)
            if verdict.outcome in (Outcome.TRANSIENT, Outcome.THROTTLED):
                return verdict
            told = _document(answer.body)
            content = told.get("content")
            if verdict.outcome is not Outcome.DELIVERED or not isinstance(content, list):
                # An additional key may not be allowed to read it (edna.md §1).
                return Verdict(Outcome.PERMANENT, "edna tells no history", answer.status, code=NO_HISTORY)
            for each in content:
                if isinstance(each, dict) and _is_it(each, event, request.piece):
                    return Verdict(Outcome.DELIVERED, "found in the history", 200, _id_of(each), already=True)
            if not told.get("hasNext") or not content:
                break
        return Verdict(Outcome.PERMANENT, "not in edna's history", answer.status)

    def _url(self, path: str) -> URL:
        url = self._urls.get(path)
        if url is None:
            url = self._urls[path] = parsed(self._origin + path)
        return url


def judged(answer: Answer, own_id: str | None = None) -> Verdict:
    """What an answer to a send means. An id that is there already was sent by an earlier attempt: delivered (I4).

    `own_id` is the id under which it was sent, which edna echoes (edna.md §2.1); without one it tells the id it chose.
    """
    if own_id is not None and 200 <= answer.status < 300 and not any(word in answer.body for word in TELLING):
        body: dict[str, Any] = {}  # the usual one: there is nothing in it to read
    else:
        body = _document(answer.body)
    meant = _meant(answer.status, body)
    outcome = by_status(answer if meant == answer.status else answer._replace(status=meant))
    if outcome is Outcome.DELIVERED:
        return Verdict(outcome, "", answer.status, vendor_id=own_id or _id(body))
    code = str(body.get("title") or body.get("code") or "")[:CODE_LIMIT]
    reason = f"edna answered {answer.status} {code}".strip()
    remedy = REMEDIES.get(meant, CHECK_PATH) if outcome is Outcome.REFUSED else ""
    if outcome is Outcome.PERMANENT or outcome is Outcome.REFUSED:
        lowered = " ".join(str(body.get(key, "")) for key in ("title", "code", "detail", "message")).lower()
        if any(word in lowered for word in ALREADY_THERE):
            return Verdict(Outcome.DELIVERED, "already there", answer.status, own_id, already=True)
        for word, known_remedy in REFUSALS.items():
            if word in lowered:
                outcome, remedy, code = Outcome.REFUSED, known_remedy, code or word
                break
    return Verdict(outcome, reason, meant, None, retry_after_s(answer), remedy, code=code)


def _meant(status: int, body: dict[str, Any]) -> int:
    """The status that an answer stands for: an error may come under 200, as it may in the legacy API (edna.md §7).

    A problem tells its own status (§2.6); a code alone is a refusal of the message, unless REFUSALS knows better.
    """
    if not 200 <= status < 300:
        return status
    told = str(body.get("status"))
    if len(told) == 3 and told.isascii() and told.isdigit() and told >= "400":
        return int(told)
    return 400 if str(body.get("code")).lower().startswith(ERRORS) else status


def _is_it(sent: dict[str, Any], event: OutboundMessage, piece: Piece) -> bool:
    if str(sent.get("address", "")).removeprefix("+") != event.address:
        return False
    if str(sent.get("deliveryStatus", "")).upper() in NOT_SENT:
        return False
    content = sent.get("content")  # a JSON string, sometimes an object (edna.md §2.7)
    document = (_document(content) or content) if isinstance(content, str) else content
    place = piece.location
    sought = (piece.url or piece.text,) if place is None else (place.latitude, place.longitude)
    return all(_mentions(document, each) for each in sought)


def _mentions(value: Any, sought: str | float) -> bool:
    """Whether a value somewhere in a document is exactly this."""
    if isinstance(value, dict):
        return any(_mentions(each, sought) for each in value.values())
    if isinstance(value, list):
        return any(_mentions(each, sought) for each in value)
    return not isinstance(value, bool) and value == sought  # false equals 0


def _id_of(sent: dict[str, Any]) -> str | None:
    found = sent.get("messageId")
    return None if found is None else str(found)


def _id(body: dict[str, Any]) -> str | None:
    value = body.get("outMessageId") or body.get("id") or body.get("requestId")
    return str(value) if isinstance(value, str | int) else None


def _document(body: bytes | str) -> dict[str, Any]:
    document = _parsed(body)
    return document if isinstance(document, dict) else {}


def _parsed(body: bytes | str) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
