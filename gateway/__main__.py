"""`python -m gateway [--port N]`: the gateway as a process, until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import asyncio
import errno
import signal
import sys

import structlog
import uvloop
from aiohttp import web

from bridge.errors import ConfigurationError, KafkaUnavailable
from bridge.kafka.admin import missing_topics
from bridge.kafka.producer import Producer
from bridge.logs import configure_logs
from bridge.settings import Settings, exit_with, load_settings
from gateway.app import make_app
from gateway.ingest import CONFIRM_WITHIN_S

log = structlog.get_logger(__name__)

FINISH_WITHIN_S = 5.0


async def serve(settings: Settings, port: int) -> None:
    """Serve until a signal comes. Raises ConfigurationError when the port is taken or topics are missing."""
    try:
        problems = await missing_topics(settings)
    except KafkaUnavailable as error:
        log.warning("kafka.waiting", why=str(error))
    else:
        if problems:
            raise ConfigurationError(f"{'; '.join(problems)}: run `edna-amocrm topics create`")
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    producer = Producer(settings, confirm_within_s=CONFIRM_WITHIN_S, client_id="edna-amocrm-gateway")
    runner = web.AppRunner(make_app(settings, producer), access_log=None, shutdown_timeout=FINISH_WITHIN_S)
    await runner.setup()
    try:
        await _listen(runner, settings.listen_host, port)
        log.info("gateway.listening", url=f"http://{settings.listen_host}:{runner.addresses[0][1]}")
        await stopping.wait()
        log.info("stopping")
    finally:
        await runner.cleanup()
    log.info("stopped")


async def _listen(runner: web.AppRunner, host: str, port: int) -> None:
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ConfigurationError(
                f"GATEWAY_PORT={port} is taken: stop the other process or set another port"
            ) from None
        raise ConfigurationError(f"LISTEN_HOST={host}: cannot listen on port {port}: {error.strerror}") from None


def main() -> None:
    """The entry point."""
    parser = argparse.ArgumentParser(prog="gateway", description="Webhooks of edna and amoCRM into Kafka")
    parser.add_argument("--port", type=int, help="wins over GATEWAY_PORT")
    arguments = parser.parse_args()
    try:
        settings = load_settings("gateway")
        configure_logs(settings, "gateway")
        port = settings.gateway_port if arguments.port is None else arguments.port
        uvloop.run(serve(settings, port))
    except ConfigurationError as error:
        exit_with(error)
    sys.exit(0)


if __name__ == "__main__":
    main()
