"""amojo over HTTP: signed calls, and what its answers mean (amojo.md §2.6).

Each attempt is signed anew, because a signature lives for 15 minutes; the body of a repeat is the same to the byte.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from bridge.amojo import requests
from bridge.amojo.account import PREFIX, AmojoAccount
from bridge.amojo.signature import signed_headers
from bridge.events import InboundMessage
from bridge.http import Answer, Transport, parsed
from bridge.outcome import Outcome, Verdict, by_status, retry_after_s
from bridge.settings import Settings, secret
from bridge.shapes import JsonObject, first, member, milliseconds, objects, optional, text

CHECK_CREDENTIALS = (
    "amojo does not accept the signature or the channel is not connected to the account: check AMOCRM_CHANNEL_ID, "
    "AMOCRM_CHANNEL_SECRET, AMOCRM_ACCOUNT_ID and this machine's clock, and that the integration is installed"
)
CHECK_ADDRESS = "check AMOCRM_AMOJO_BASE_URL: nothing of amojo's API answers there"
REMEDIES: dict[int, str] = {401: CHECK_CREDENTIALS, 403: CHECK_CREDENTIALS, 404: CHECK_CREDENTIALS}

HISTORY_PAGE = 50  # the most that amojo gives at once (amojo.md §5)
HISTORY_MARGIN_MS = 60_000  # a page that ends so much before the message ends the search
HISTORY_PAGES = 20  # so far back a message that was just sent is looked for
UNREADABLE = "amojo answered {} with what cannot be read"


class AmojoClient:
    """Sends messages and statuses to one scope. Every call raises TransportError when its outcome is unknown."""

    def __init__(self, settings: Settings, transport: Transport) -> None:
        self._transport = transport
        self._account = AmojoAccount(settings, transport)
        self._secret = secret(settings.amocrm_channel_secret)
        self._origin = settings.amocrm_amojo_base_url
        self._scope_path = f"{PREFIX}/{settings.scope_id}"
        self._message_url = parsed(self._origin + self._scope_path)

    async def send_message(self, body: bytes) -> Verdict:
        """`new_message`: a client's message appears in the operator's chat."""
        headers = self._signed("POST", self._scope_path, body)
        answer = await self._transport.send("POST", self._message_url, headers, body)
        return judged(answer, vendor_id=_message_id(answer))

    async def has_message(self, event: InboundMessage, chat_id: str | None = None) -> Verdict:
        """Whether a client's message stands in its chat already: delivered if it does, permanent if it does not.

        amojo may answer a repeated msgid with 400 (amojo.md §3.10); the chat's history tells such a repeat from a
        message that it does not take. `chat_id` is amojo's id of the chat, where it is known; else `POST /chats` with
        the same ids tells it (amojo.md §1.5), which makes a chat when there is none. Any other outcome: nothing is
        known.
        """
        if chat_id is None:
            verdict = await self._chat(event)
            if verdict.outcome is not Outcome.DELIVERED or verdict.vendor_id is None:
                return verdict
            chat_id = verdict.vendor_id
        path = f"{self._scope_path}/chats/{quote(chat_id, safe='')}/history"
        msgid = requests.msgid(event)
        for page in range(HISTORY_PAGES):
            url = parsed(f"{self._origin}{path}?offset={page * HISTORY_PAGE}&limit={HISTORY_PAGE}")
            headers = self._signed("GET", path, b"")  # the query is not signed
            answer = await self._transport.send("GET", url, headers, b"")
            if (verdict := judged(answer)).outcome is not Outcome.DELIVERED:
                return verdict
            messages = _messages(answer)
            if messages is None:
                return _unreadable(answer)
            for message in objects(messages):
                said = member(message, "message")
                if text(said.get("client_id")) == msgid:
                    found = optional(said.get("id"))
                    return Verdict(Outcome.DELIVERED, "already there", answer.status, found, already=True)
            if len(messages) < HISTORY_PAGE or _ends_before(messages, event.accepted_at - HISTORY_MARGIN_MS):
                break
        return Verdict(Outcome.PERMANENT, "not in the chat's history", answer.status)

    async def _chat(self, event: InboundMessage) -> Verdict:
        """The chat of a conversation: delivered with amojo's id of it as `vendor_id`."""
        path, body = f"{self._scope_path}/chats", requests.chat(event)
        answer = await self._transport.send("POST", parsed(self._origin + path), self._signed("POST", path, body), body)
        chat_id = first(_document(answer), "id") or None
        verdict = judged(answer, vendor_id=chat_id)
        return _unreadable(answer) if verdict.outcome is Outcome.DELIVERED and chat_id is None else verdict

    async def send_status(self, message_id: str, body: bytes) -> Verdict:
        """`delivery_status` of an amojo message. An unknown one is not ours: edna reports others too."""
        path = f"{self._scope_path}/{quote(message_id, safe='')}/delivery_status"
        answer = await self._transport.send("POST", parsed(self._origin + path), self._signed("POST", path, body), body)
        if answer.status == 404:
            return Verdict(Outcome.NOT_OURS, "amojo does not know the message", answer.status)
        return judged(answer)

    async def connect(self) -> Verdict:
        """Connect the account to the channel; repeating it is harmless (amojo.md §1.3)."""
        return judged(await self._account.connect())

    def _signed(self, method: str, path: str, body: bytes) -> dict[str, str]:
        return signed_headers(self._secret, method, path, body, datetime.now(UTC))


def judged(answer: Answer, vendor_id: str | None = None) -> Verdict:
    """What an answer means. Bodies of errors are not documented, so only the status decides (amojo.md §2.6)."""
    outcome = by_status(answer)
    if outcome is Outcome.DELIVERED:
        return Verdict(outcome, "", answer.status, vendor_id=vendor_id)
    remedy = REMEDIES.get(answer.status, CHECK_ADDRESS) if outcome is Outcome.REFUSED else ""
    return Verdict(outcome, f"amojo answered {answer.status}", answer.status, None, retry_after_s(answer), remedy)


def _unreadable(answer: Answer) -> Verdict:
    """Of a success that does not say what was asked: nothing is known, and it may be asked again."""
    return Verdict(Outcome.TRANSIENT, UNREADABLE.format(answer.status), answer.status)


def _document(answer: Answer) -> JsonObject | None:
    """The object in an answer; None when there is none."""
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _message_id(answer: Answer) -> str | None:
    return optional(member(_document(answer), "new_message").get("msgid"))


def _messages(answer: Answer) -> list[Any] | None:
    """A page of a chat, newest first, whatever stands in it; None when the answer is no such page.

    A chat without messages is 204, and empty values may be left out (amojo.md §5).
    """
    page = {} if answer.status == 204 else _document(answer)
    if page is None:
        return None
    found = page.get("messages")
    return [] if found is None else found if isinstance(found, list) else None


def _ends_before(messages: list[Any], moment_ms: int) -> bool:
    """Whether the oldest message of a page is older. One that tells no time is not."""
    times = (
        milliseconds(each.get("msec_timestamp")) or milliseconds(each.get("timestamp")) for each in objects(messages)
    )
    known = [time for time in times if time is not None]
    return bool(known) and known[-1] < moment_ms
