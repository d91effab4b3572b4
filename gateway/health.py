"""`/health`, `/ready` and `/metrics`."""

from __future__ import annotations

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bridge.kafka.producer import Producer
from gateway.kafka_watch import KafkaWatch
from gateway.spool_folder import REJECTED
from gateway.writer import Mode, Writer


class Health:
    """Alive is not ready: ready means that a webhook that comes now can be stored, in Kafka or in the spool."""

    def __init__(self, producer: Producer, watch: KafkaWatch, writer: Writer) -> None:
        self._producer = producer
        self._watch = watch
        self._writer = writer

    def routes(self) -> list[web.RouteDef]:
        """The table of routes."""
        return [
            web.get("/health", self.health),
            web.get("/ready", self.ready),
            web.get("/metrics", self.metrics),
        ]

    async def health(self, _request: web.Request) -> web.Response:
        """The process runs."""
        return web.json_response({"status": "ok"})

    async def ready(self, _request: web.Request) -> web.Response:
        """200 when webhooks can be stored, else 503; the body says why, and what waits in the spool."""
        watch, writer, spool = self._watch, self._writer, self._writer.spool
        connected = self._producer.connected and watch.answers
        usable = connected and watch.has_topics
        ready = not writer.spool_failure or (usable and writer.mode is not Mode.SPOOL)
        problems = [watch.problem or ("" if usable else "connecting to Kafka")]
        if writer.spool_failure:
            problems.append(f"the spool takes nothing: {writer.spool_failure}")
        if spool.rejected:
            problems.append(f"{spool.rejected} records were set aside in {spool.folder / REJECTED}")
        if spool.left:
            problems.append(f"{spool.left} files in {spool.folder} can be neither drained nor deleted: see the log")
        facts = {
            "ready": ready,
            "kafka": "connected" if connected else "away",
            "mode": writer.mode,
            "spool": {
                "records": spool.depth,
                "bytes": spool.bytes,
                "oldest_s": round(spool.age_s, 3),
                "rejected": spool.rejected,
            },
            "missing_topics": watch.missing,
            "detail": "; ".join(filter(None, problems)),
        }
        return web.json_response(facts, status=200 if ready else 503)

    async def metrics(self, _request: web.Request) -> web.Response:
        """The metrics in Prometheus's form."""
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})
