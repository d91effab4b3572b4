"""edna over HTTP: one call, its key, and what its answers mean (edna.md §2.6)."""

from __future__ import annotations

import json
from typing import Any

from bridge.edna.requests import SendRequest
from bridge.http import Answer, Transport, parsed
from bridge.outcome import Outcome, Verdict, by_status, retry_after_s
from bridge.settings import Settings, secret

ALREADY_THERE = ("requestid-is-not-unique", "error-id-not-unique", "duplicate messageid")

CODE_LIMIT = 100  # characters of edna's own word; its words are short

TOP_UP = "top up the balance at edna"
CHECK_KEY = "check EDNA_API_KEY: its spelling, its expiry, and that it may send in this channel"
CHECK_CASCADE = "check EDNA_CASCADE_ID: the cascade does not exist or does not serve this channel"
CHECK_PATH = "check EDNA_BASE_URL and EDNA_SEND_PATH: nothing of edna's API answers there"

# Words in a 4xx that speak of the channel, the account or its money, not of this message (edna.md §2.6): the remedy.
REFUSALS: dict[str, str] = {
    "cascade-not-found": CHECK_CASCADE,
    "cascade template not found": CHECK_CASCADE,
    "insufficient funds": TOP_UP,
    "error-insufficient-balance": TOP_UP,
    "error-subject-unknown": "the channel is switched off or unknown at edna: see its list of channels",
    "subject.not_found": "the channel is switched off or unknown at edna: see its list of channels",
    "auth-error": CHECK_KEY,
}
REMEDIES: dict[int, str] = {401: CHECK_KEY, 402: TOP_UP, 403: CHECK_KEY, 425: TOP_UP}


class EdnaClient:
    """Sends messages to edna."""

    def __init__(self, settings: Settings, transport: Transport) -> None:
        self._transport = transport
        self._url = parsed(settings.edna_base_url + settings.edna_send_path)
        self._headers = {
            "X-API-KEY": secret(settings.edna_api_key),
            "Content-Type": "application/json",
        }

    async def send(self, request: SendRequest) -> Verdict:
        """Send one message. Raises TransportError when the outcome is unknown."""
        return judged(await self._transport.send("POST", self._url, self._headers, request.body), request.request_id)


def judged(answer: Answer, own_id: str | None = None) -> Verdict:
    """What an answer to a send means. An id that is there already was sent by an earlier attempt: delivered (I4).

    `own_id` is the id under which it was sent, which edna echoes (edna.md §2.1); without one it tells the id it chose.
    """
    outcome = by_status(answer)
    if outcome is Outcome.DELIVERED:
        return Verdict(outcome, "", answer.status, vendor_id=own_id or _id(_document(answer.body)))
    body = _document(answer.body)
    code = str(body.get("title") or body.get("code") or "")[:CODE_LIMIT]
    reason = f"edna answered {answer.status} {code}".strip()
    remedy = REMEDIES.get(answer.status, CHECK_PATH) if outcome is Outcome.REFUSED else ""
    if outcome is Outcome.PERMANENT or outcome is Outcome.REFUSED:
        lowered = " ".join(str(body.get(key, "")) for key in ("title", "code", "detail", "message")).lower()
        if any(word in lowered for word in ALREADY_THERE):
            return Verdict(Outcome.DELIVERED, "already there", answer.status, own_id, already=True)
        for word, known_remedy in REFUSALS.items():
            if word in lowered:
                outcome, remedy = Outcome.REFUSED, known_remedy
                break
    return Verdict(outcome, reason, answer.status, None, retry_after_s(answer), remedy, code=code)


def _id(body: dict[str, Any]) -> str | None:
    value = body.get("id") or body.get("outMessageId") or body.get("requestId")
    return str(value) if isinstance(value, str | int) else None


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
