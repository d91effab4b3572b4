"""The account's connection to the amojo channel: made at start, and again when amojo does not know it any more.

A re-install of the integration ends it (amojo.md §1.3). To connect twice is harmless, so whoever is in doubt connects.
"""

from __future__ import annotations

import asyncio
import time

import structlog

from bridge.amojo.client import AmojoClient
from bridge.errors import TransportError
from bridge.outcome import Outcome, Verdict
from bridge.settings import Settings
from streams.delivery.retry import backoff_s

log = structlog.get_logger(__name__)

UNCONNECTED = (403, 404)  # amojo's answers when the scope is not connected (amojo.md §2.6)
AGAIN_AFTER_S = 10.0  # for so long amojo's word is good that the account is connected
# What an operator does, by the status that came instead of a connection; None: no answer came.
REMEDIES: dict[int | None, str] = {
    None: "check AMOCRM_AMOJO_BASE_URL and the network",
    400: "check AMOCRM_ACCOUNT_ID: it is the account's amojo id, a UUID and not its number; and that the channel has a "
    "hook URL of version AMOCRM_HOOK_API_VERSION",
}
WAIT = "amojo is in trouble: nothing but waiting helps"


class Connection:
    """See the module. With AMOCRM_AUTO_CONNECT off it does nothing."""

    def __init__(self, settings: Settings, client: AmojoClient) -> None:
        self._allowed = settings.amocrm_auto_connect
        self._scope = settings.scope_id
        self._client = client
        self._begun_at = float("-inf")
        self._made_at = float("-inf")
        self._proven_at = float("-inf")
        self._turn = asyncio.Lock()
        self._failed_at = float("-inf")
        self._failure: Verdict | TransportError = Verdict(Outcome.TRANSIENT)  # the last one of `renewed`
        self._task: asyncio.Task[None] | None = None

    def doubtful(self, began: float) -> bool:
        """Whether a call that began then (s, monotonic) may have met no connection, and it may be made again."""
        return self._allowed and (began < self._made_at or time.monotonic() - self._proven_at > AGAIN_AFTER_S)

    def heed(self, verdict: Verdict) -> None:
        """What amojo answered to a call in the scope: carried out, or refused for want of a connection, or neither."""
        if verdict.outcome is Outcome.DELIVERED:
            self._proven_at = time.monotonic()
        elif verdict.outcome is Outcome.REFUSED and verdict.status in UNCONNECTED:
            self.begin()

    def begin(self) -> None:
        """Connect in the background, unless that is under way or was begun a moment ago."""
        now = time.monotonic()
        busy = self._task is not None and not self._task.done()
        if self._allowed and not busy and now - self._begun_at > AGAIN_AFTER_S:
            self._begun_at = now
            self._task = asyncio.create_task(self._connect_until_done())

    async def renewed(self, began: float) -> Verdict:
        """Connect for the sake of a call that began then: delivered, or why the account cannot be connected.

        Of many calls in doubt the first one connects, and what comes of it is true for those that waited for it.
        Raises TransportError when nobody knows.
        """
        asked = time.monotonic()
        async with self._turn:
            if began >= self._made_at and asked >= self._failed_at:
                await self._try()
            if began < self._made_at:
                return Verdict(Outcome.DELIVERED)
            if isinstance(self._failure, TransportError):
                raise TransportError(str(self._failure))
            return self._failure

    async def close(self) -> None:
        """Try no more."""
        if self._task is not None:
            self._task.cancel()

    def _made(self) -> None:
        self._made_at = self._proven_at = time.monotonic()

    async def _try(self) -> None:
        try:
            verdict = await self._client.connect()
        except TransportError as error:
            self._failure = error
        else:
            if verdict.outcome is Outcome.DELIVERED:
                self._made()
                return
            refused = verdict.outcome is Outcome.PERMANENT  # it speaks of the account, of no message
            self._failure = verdict._replace(outcome=Outcome.REFUSED) if refused else verdict
        self._failed_at = time.monotonic()

    async def _connect_until_done(self) -> None:
        attempts = 0
        while True:
            attempts += 1
            try:
                verdict = await self._client.connect()
            except TransportError as error:
                verdict = Verdict(Outcome.TRANSIENT, str(error))
            if verdict.outcome is Outcome.DELIVERED:
                self._made()
                log.info("channel.connected", scope=self._scope)
                return
            if attempts in (1, 5) or attempts % 20 == 0:
                remedy = verdict.remedy or REMEDIES.get(verdict.status, WAIT)
                log.warning("channel.not_connected", reason=verdict.reason, attempts=attempts, remedy=remedy)
            await asyncio.sleep(backoff_s(attempts, verdict.retry_after_s))
