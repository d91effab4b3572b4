"""The gateway as an aiohttp application around one producer and one spool."""

from __future__ import annotations

from aiohttp import web

from bridge.kafka.producer import Producer
from bridge.settings import Settings
from gateway.answers import answers
from gateway.docs import Docs
from gateway.health import Health
from gateway.ingest import Ingest
from gateway.kafka_watch import KafkaWatch
from gateway.relay import Relay
from gateway.webhooks import Webhooks
from gateway.writer import Writer

PRODUCER = web.AppKey("producer", Producer)
WATCH = web.AppKey("watch", KafkaWatch)
WRITER = web.AppKey("writer", Writer)


def make_app(settings: Settings, producer: Producer) -> web.Application:
    """Everything that the gateway serves. Starts and stops producer and spool with the application.

    Its start raises ConfigurationError when SPOOL_DIR cannot be used.
    """
    app = web.Application(client_max_size=settings.max_webhook_bytes, middlewares=[answers])
    watch = KafkaWatch(settings)
    writer = Writer(settings, producer, watch)
    app[PRODUCER], app[WATCH], app[WRITER] = producer, watch, writer
    app.on_startup.append(_start)
    app.on_cleanup.append(_stop)
    app.add_routes(Webhooks(settings, Ingest(settings, writer)).routes())
    app.add_routes(Health(producer, watch, writer).routes())
    app.add_routes(Docs().routes())
    relay = Relay(settings)
    app.cleanup_ctx.append(relay.running)
    app.add_routes(relay.routes())
    return app


async def _start(app: web.Application) -> None:
    await app[WRITER].start()
    await app[PRODUCER].start()
    await app[WATCH].start()


async def _stop(app: web.Application) -> None:
    await app[WRITER].stop()  # first: the others wait for Kafka
    await app[WATCH].stop()
    await app[PRODUCER].stop(within_s=1.0)
