"""The webhook routes: authentic? recognised? stored? and only then 200 (I1)."""

from __future__ import annotations

from functools import partial
from typing import Any

import structlog
from aiohttp import web

from bridge.amojo import webhooks as amojo
from bridge.edna import webhooks as edna
from bridge.errors import NotAuthentic, Unusable, WebhookError
from bridge.events import Quarantined, QuarantineReason
from bridge.settings import Settings
from gateway import metrics
from gateway.acceptance import now_ms
from gateway.authenticity import SIGNATURE_HEADER, AmojoProof, EdnaProof
from gateway.body import document_of, read
from gateway.ingest import Ingest
from gateway.judgement import Judgement, Parse, judge
from gateway.quarantine import RefusedWebhooks, elements_of, set_aside

log = structlog.get_logger(__name__)

EDNA_PATH = "/webhooks/edna"
AMOCRM_PATH = "/webhooks/amocrm"
OK = b'{"code":"ok"}'
OK_HEADERS = {"Content-Type": "application/json"}
DETAILS_SHOWN = 5


def accepted() -> web.Response:
    """The answer that both vendors take as done."""
    return web.Response(body=OK, headers=OK_HEADERS)


class Webhooks:
    """Handlers of both vendors' webhooks."""

    def __init__(self, settings: Settings, ingest: Ingest) -> None:
        self._limit = settings.max_webhook_bytes
        self._scope_id = settings.scope_id
        self._account_id = settings.amocrm_account_id or ""
        self._ingest = ingest
        self._refused = RefusedWebhooks(ingest)
        self._edna_proof = EdnaProof(settings)
        self._amojo_proof = AmojoProof(settings)
        self._parse_edna: Parse = partial(edna.parse, reading=edna.Reading.of(settings))
        self._parse_amojo: Parse = partial(amojo.parse, reading=amojo.Reading.of(settings))
        if self._edna_proof.open:
            log.warning("edna.webhooks.unprotected", remedy="set EDNA_WEBHOOK_KEY or EDNA_WEBHOOK_SECRET")

    def routes(self) -> list[web.RouteDef]:
        """The table of routes; HEAD comes with GET."""
        return [
            *(web.post(path, self.edna) for path in (EDNA_PATH, EDNA_PATH + "/{secret}")),
            *(web.post(path, self.amocrm) for path in (AMOCRM_PATH, AMOCRM_PATH + "/{scope_id}")),
            *(
                web.get(path, self.probe)
                for path in (EDNA_PATH, EDNA_PATH + "/{secret}", AMOCRM_PATH, AMOCRM_PATH + "/{scope_id}")
            ),
        ]

    async def probe(self, _request: web.Request) -> web.Response:
        """GET and HEAD: edna asks whether the address is there, without proof (edna.md §6). No effect."""
        return accepted()

    async def edna(self, request: web.Request) -> web.Response:
        """A webhook from edna: an object, or an array of them (edna.md §4)."""
        body = await read(request, self._limit)
        if not self._edna_proof.accepts(request.headers.get("Authorization"), request.match_info.get("secret")):
            raise NotAuthentic("this webhook does not prove that it is from edna: EDNA_WEBHOOK_KEY or _SECRET")
        document = document_of(body)
        return await self._take(request, EDNA_PATH, body, document, self._parse_edna)

    async def amocrm(self, request: web.Request) -> web.Response:
        """A webhook from amojo, or the README form of one."""
        body = await read(request, self._limit)
        scope_id = request.match_info.get("scope_id")
        path = AMOCRM_PATH if scope_id is None else f"{AMOCRM_PATH}/{scope_id[:200]}"
        if not self._amojo_proof.accepts(body, request.headers.get(SIGNATURE_HEADER)):
            if self._looks_ours(scope_id, body):
                reason, detail = QuarantineReason.UNAUTHENTIC, "the signature does not fit"
                await self._refused.keep(request, path, reason, detail, body)
            raise NotAuthentic(f"{SIGNATURE_HEADER} is missing or does not fit AMOCRM_CHANNEL_SECRET")
        document = document_of(body)
        if (strange := self._strange(scope_id, document)) is not None:
            await self._ingest.store((), [set_aside(request, path, *strange, body)])
            return accepted()
        return await self._take(request, path, body, [document], self._parse_amojo, array=False)

    async def _take(
        self, request: web.Request, path: str, body: bytes, document: Any, parse: Parse, *, array: bool = True
    ) -> web.Response:
        is_array = array and isinstance(document, list)
        elements: list[Any] = document if isinstance(document, list) else [document]
        judgement = judge(elements, parse)
        if (refusal := judgement.refusal(len(elements))) is not None:
            await self._refused.keep(request, path, QuarantineReason.UNUSABLE, str(refusal), body)
            raise refusal
        aside = self._aside(request, path, body, elements if is_array else None, judgement)
        if judgement.records or aside:
            await self._ingest.store(judgement.records, aside)
        for kind in judgement.ignored:
            metrics.IGNORED.labels(kind).inc()
        return accepted()

    def _aside(
        self, request: web.Request, path: str, body: bytes, array: list[Any] | None, judgement: Judgement
    ) -> list[Quarantined]:
        """One record for each reason, so that a long array cannot multiply itself."""
        made = []
        for reason, found in judgement.aside.items():
            if not found:
                continue
            details = [f"element {index}: {detail}" if array else detail for index, detail in found[:DETAILS_SHOWN]]
            kept = body if array is None else elements_of(body, array, [index for index, _ in found])
            made.append(set_aside(request, path, reason, "; ".join(details), kept))
            log.info("webhook.set_aside", route=_route(request), reason=reason.value, count=len(found))
        return made

    def _strange(self, scope_id: str | None, document: Any) -> tuple[QuarantineReason, str] | None:
        if self._is_foreign(scope_id, document):
            return QuarantineReason.FOREIGN, "for another scope or account than AMOCRM_CHANNEL_ID, AMOCRM_ACCOUNT_ID"
        if amojo.is_stale(document, now_ms()):
            return QuarantineReason.STALE, f"sent more than {amojo.OLDEST_S // 3600} hours ago"
        return None

    def _looks_ours(self, scope_id: str | None, body: bytes) -> bool:
        if amojo.is_foreign(scope_id, self._scope_id):
            return False
        try:
            document = document_of(body)
            found = self._parse_amojo(document)
        except Unusable:
            return not self._is_foreign(scope_id, document)
        except WebhookError:
            return False
        known = getattr(found, "reason", None) is not QuarantineReason.UNKNOWN
        return known and not self._is_foreign(scope_id, document)

    def _is_foreign(self, scope_id: str | None, document: Any) -> bool:
        account_id = amojo.account_id(document)
        return amojo.is_foreign(scope_id, self._scope_id) or amojo.is_foreign(account_id, self._account_id)


def _route(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "none"
