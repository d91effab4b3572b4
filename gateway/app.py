"""The gateway as an aiohttp application around one producer."""

from __future__ import annotations

from aiohttp import web

from bridge.kafka.producer import Producer
from bridge.settings import Settings
from gateway.docs import add_docs
from gateway.health import Health
from gateway.ingest import Ingest
from gateway.routes import Webhooks

PRODUCER = web.AppKey("producer", Producer)


def make_app(settings: Settings, producer: Producer) -> web.Application:
    """Everything that the gateway serves. Starts and stops the producer with the application."""
    app = web.Application(client_max_size=settings.max_webhook_bytes)
    app[PRODUCER] = producer
    app.on_startup.append(_start)
    app.on_cleanup.append(_stop)
    Webhooks(settings, Ingest(settings, producer)).add_to(app)
    Health(settings, producer).add_to(app)
    add_docs(app)
    return app


async def _start(app: web.Application) -> None:
    await app[PRODUCER].start()


async def _stop(app: web.Application) -> None:
    await app[PRODUCER].stop(within_s=1.0)
