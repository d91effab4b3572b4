"""Webhooks that are set aside, and how many of the refused ones are kept."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Sequence
from typing import Any, Literal

from aiohttp import web

from bridge.errors import BridgeError
from bridge.events import Quarantined, QuarantineReason
from gateway import metrics
from gateway.acceptance import now_ms
from gateway.authenticity import SIGNATURE_HEADER
from gateway.ingest import Ingest

KEPT_HEADERS = ("Content-Type", SIGNATURE_HEADER)  # no others: they may hold secrets
DETAIL_LIMIT = 500  # characters
HEADER_LIMIT = 200  # characters
REFUSED_PER_MINUTE = 10  # whoever sends rubbish must not fill the topic

Encoding = Literal["utf-8", "base64"]


class Allowance:
    """A token bucket: `per_minute` at once, then as many a minute."""

    def __init__(self, per_minute: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._left = float(per_minute)
        self._clock = clock
        self._at = clock()

    def take(self) -> bool:
        """Whether one more may pass now."""
        now = self._clock()
        self._left = min(self._per_minute, self._left + (now - self._at) * self._per_minute / 60)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


def set_aside(request: web.Request, path: str, reason: QuarantineReason, detail: str, body: bytes) -> Quarantined:
    """The record of a webhook. `path` is given, because the request's own may hold a secret."""
    written, encoding = _written(body)
    return Quarantined(
        reason=reason,
        detail=detail[:DETAIL_LIMIT],
        path=path,
        headers={
            name: request.headers[name].encode("utf-8", "replace").decode()[:HEADER_LIMIT]
            for name in KEPT_HEADERS
            if name in request.headers
        },
        body=written,
        encoding=encoding,
        accepted_at=now_ms(),
    )


def elements_of(body: bytes, document: list[Any], chosen: Sequence[int]) -> bytes:
    """The chosen elements of an array as an array of their own; the body itself when they cannot be written again."""
    if len(chosen) == len(document):
        return body
    try:
        return json.dumps([document[index] for index in chosen]).encode()
    except (ValueError, RecursionError):
        return body


class RefusedWebhooks:
    """Keeps some of the webhooks that are answered 401 or 422. Its failures change no answer."""

    def __init__(self, ingest: Ingest) -> None:
        self._ingest = ingest
        self._allowances = {
            reason: Allowance(REFUSED_PER_MINUTE)
            for reason in (QuarantineReason.UNAUTHENTIC, QuarantineReason.UNUSABLE)
        }

    async def keep(self, request: web.Request, path: str, reason: QuarantineReason, detail: str, body: bytes) -> None:
        """Keep one, if there is room for it and Kafka takes it: the spool is for what was answered 200."""
        if self._allowances[reason].take():
            try:
                await self._ingest.keep_refused(set_aside(request, path, reason, detail, body))
            except BridgeError:
                pass
            else:
                return
        metrics.QUARANTINE_SKIPPED.labels(reason.value).inc()


def _written(body: bytes) -> tuple[str, Encoding]:
    try:
        return body.decode(), "utf-8"
    except UnicodeDecodeError:
        return base64.b64encode(body).decode(), "base64"
