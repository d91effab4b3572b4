"""`/health`, `/ready` and `/metrics`."""

from __future__ import annotations

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bridge.kafka.producer import Producer
from gateway.kafka_watch import KafkaWatch


class Health:
    """Alive is not ready: ready means that a webhook that comes now can be stored."""

    def __init__(self, producer: Producer, watch: KafkaWatch) -> None:
        self._producer = producer
        self._watch = watch

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
        """200 when webhooks can be stored, else 503; the body says why."""
        watch = self._watch
        ready = self._producer.connected and watch.answers and watch.has_topics
        facts = {
            "ready": ready,
            "kafka": "connected" if self._producer.connected and watch.answers else "away",
            "missing_topics": watch.missing,
            "detail": watch.problem or ("" if ready else "connecting to Kafka"),
        }
        return web.json_response(facts, status=200 if ready else 503)

    async def metrics(self, _request: web.Request) -> web.Response:
        """The metrics in Prometheus's form."""
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})
