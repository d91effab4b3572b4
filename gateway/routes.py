"""The webhook routes: raw bytes, proof, shape, store, answer; in this order (DESIGN §5)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import structlog
from aiohttp import web

from bridge import shapes
from bridge.amojo import webhooks as amojo
from bridge.edna import webhooks as edna
from bridge.errors import KafkaUnavailable, NotAuthentic, NotJSON, TooLarge, Unusable, WebhookError
from bridge.events import QuarantineReason
from bridge.settings import Settings
from bridge.shapes import Ignored
from gateway import metrics
from gateway.authenticity import AmojoProof, EdnaProof
from gateway.ingest import Accepted, Ingest, SetAside
from gateway.limiter import Limiter

log = structlog.get_logger(__name__)

OK = json.dumps({"code": "ok"}).encode()
RETRY_AFTER_S = 5
STALE_AFTER_S = 86_400
QUARANTINE_BURST = 20
QUARANTINE_PER_MINUTE = 10
STORED_HEADERS = ("Content-Type", "X-Signature")

Item = Accepted | SetAside


class Webhooks:
    """The two vendors' webhooks over one ingest."""

    def __init__(self, settings: Settings, ingest: Ingest) -> None:
        self._settings = settings
        self._ingest = ingest
        self._edna_proof = EdnaProof(settings)
        self._amojo_proof = AmojoProof(settings)
        self._edna_reading = edna.Reading.of(settings)
        self._amojo_reading = amojo.Reading.of(settings)
        self._limiter = Limiter(QUARANTINE_BURST, QUARANTINE_PER_MINUTE)
        if not self._edna_proof.required:
            log.warning(
                "edna.unproven", remedy="set EDNA_WEBHOOK_KEY or EDNA_WEBHOOK_SECRET: anybody can post messages"
            )

    def add_to(self, app: web.Application) -> None:
        """Register the routes. GET and HEAD answer 200 without effect: edna probes them (edna.md §6)."""
        for path, handler in (
            ("/webhooks/edna", self._edna),
            ("/webhooks/edna/{secret}", self._edna),
            ("/webhooks/amocrm", self._amojo),
            ("/webhooks/amocrm/{scope_id}", self._amojo),
        ):
            app.router.add_post(path, handler)
            app.router.add_get(path, _probed)

    async def _edna(self, request: web.Request) -> web.Response:
        return await self._answered(request, self._edna_items, "/webhooks/edna")

    async def _amojo(self, request: web.Request) -> web.Response:
        return await self._answered(request, self._amojo_items, request.path)

    async def _answered(
        self, request: web.Request, items_of: Callable[[web.Request, bytes, str], list[Item]], path: str
    ) -> web.Response:
        with metrics.IN_FLIGHT.track_inprogress():
            try:
                body = await self._body(request)
                items = items_of(request, body, path)
                await self._ingest.store(items)
            except NotAuthentic as error:
                if items_of == self._amojo_items and self._is_for_us(body):
                    await self._set_aside(QuarantineReason.UNAUTHENTIC, error, request, body, path)
                return _refused(error.status, str(error))
            except Unusable as error:
                await self._set_aside(QuarantineReason.UNUSABLE, error, request, body, path)
                return _refused(error.status, str(error))
            except WebhookError as error:
                return _refused(error.status, str(error))
            except KafkaUnavailable:
                detail = f"not stored: Kafka did not confirm; send it again in {RETRY_AFTER_S} s"
                return _refused(503, detail, {"Retry-After": str(RETRY_AFTER_S)})
        return web.Response(body=OK, content_type="application/json")

    async def _body(self, request: web.Request) -> bytes:
        try:
            return await request.read()
        except web.HTTPRequestEntityTooLarge:
            raise TooLarge(f"the body is larger than MAX_WEBHOOK_BYTES={self._settings.max_webhook_bytes}") from None

    def _edna_items(self, request: web.Request, body: bytes, path: str) -> list[Item]:
        if not self._edna_proof.holds(request.headers.get("Authorization"), request.match_info.get("secret")):
            raise NotAuthentic("no valid proof: send `Authorization: Token <key>` or the secret in the path")
        document = parsed(body)
        if not isinstance(document, list):
            return self._judged(lambda: edna.parse(document, self._edna_reading), request, body, path)
        return self._elements(document, request, path)

    def _elements(self, document: list[Any], request: web.Request, path: str) -> list[Item]:
        """Elements of an array are judged one by one: the good are stored, the bad set aside; none good is 422."""
        items: list[Item] = []
        first_error: Unusable | None = None
        good = 0
        for element in document:
            raw = json.dumps(element, ensure_ascii=True).encode()
            try:
                items += self._judged(
                    lambda element=element: edna.parse(element, self._edna_reading),  # type: ignore[misc]
                    request,
                    raw,
                    path,
                )
                good += 1
            except Unusable as error:
                first_error = first_error or error
                items.append(self._aside(QuarantineReason.UNUSABLE, str(error), request, raw, path))
        if not good:
            raise first_error or Unusable("(body)", "the array is empty")
        return items

    def _amojo_items(self, request: web.Request, body: bytes, path: str) -> list[Item]:
        if not self._amojo_proof.holds(body, request.headers.get("X-Signature")):
            raise NotAuthentic("X-Signature is missing or does not fit the body: check AMOCRM_CHANNEL_SECRET")
        document = parsed(body)
        scope = request.match_info.get("scope_id")
        reason = self._foreign_or_stale(document, scope)
        if reason is not None:
            return [self._aside(reason, f"hook of {scope or 'another account'}", request, body, path)]
        return self._judged(lambda: amojo.parse(document, self._amojo_reading), request, body, path)

    def _foreign_or_stale(self, document: Any, scope: str | None) -> QuarantineReason | None:
        if scope is not None and scope != self._settings.scope_id:
            return QuarantineReason.FOREIGN
        if not isinstance(document, dict):
            return None
        account = document.get("account_id")
        if isinstance(account, str) and account and account != self._settings.amocrm_account_id:
            return QuarantineReason.FOREIGN
        at = document.get("time")
        if isinstance(at, int | float) and not isinstance(at, bool) and at < time.time() - STALE_AFTER_S:
            return QuarantineReason.STALE  # hooks carry no nonce: an old one may be a replay
        return None

    def _judged(self, recognise: Callable[[], Any], request: web.Request, body: bytes, path: str) -> list[Item]:
        found = recognise()
        if isinstance(found, Ignored):
            metrics.IGNORED.labels(found.kind).inc()
            return []
        if isinstance(found, shapes.SetAside):
            return [self._aside(found.reason, found.detail, request, body, path)]
        return [found]

    def _aside(self, reason: QuarantineReason, detail: str, request: web.Request, body: bytes, path: str) -> SetAside:
        headers = {name: request.headers[name] for name in STORED_HEADERS if name in request.headers}
        log.info("webhook.set_aside", reason=reason.value, detail=detail, bytes=len(body))
        return SetAside(reason, detail, path, headers, body)

    async def _set_aside(
        self, reason: QuarantineReason, error: WebhookError, request: web.Request, body: bytes, path: str
    ) -> None:
        """Of a refused webhook: as well as it goes, and never so much that it fills the quarantine."""
        if not self._limiter.allow():
            metrics.QUARANTINE_LOST.inc()
            return
        try:
            await self._ingest.store([self._aside(reason, str(error), request, body, path)])
        except KafkaUnavailable:
            metrics.QUARANTINE_LOST.inc()

    def _is_for_us(self, body: bytes) -> bool:
        try:
            document = parsed(body)
        except NotJSON:
            return False
        return isinstance(document, dict) and document.get("account_id") == self._settings.amocrm_account_id


def parsed(body: bytes) -> Any:
    """The JSON document of a body. Raises NotJSON."""
    try:
        return json.loads(body)
    except RecursionError:
        raise NotJSON("the JSON is nested too deeply") from None
    except ValueError as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "it is not UTF-8, or a number is too long"
        raise NotJSON(f"the body is not JSON: {reason}") from None


async def _probed(_request: web.Request) -> web.Response:
    return web.Response(body=OK, content_type="application/json")


def _refused(status: int, detail: str, headers: dict[str, str] | None = None) -> web.Response:
    metrics.REFUSED.labels(status).inc()
    log.warning("webhook.refused", status=status, detail=detail)
    return web.json_response({"detail": detail}, status=status, headers=headers)
