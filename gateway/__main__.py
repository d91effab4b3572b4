"""`python -m gateway [--port N]`: the gateway as a process, until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys

import structlog
import uvloop
from aiohttp import web

from bridge import garbage
from bridge.errors import ConfigurationError
from bridge.kafka.producer import Producer
from bridge.listening import cannot_listen
from bridge.logs import configure_logs
from bridge.settings import Settings, exit_with, load_settings
from gateway.app import WATCH, WRITER, make_app
from gateway.ingest import CONFIRM_WITHIN_S

log = structlog.get_logger(__name__)

FINISH_WITHIN_S = 2.5  # twice at most: aiohttp waits as long again for what it has cancelled
STOP_WITHIN_S = 7.5  # I6: the whole way from the signal to the end, Kafka away or not
CONNECT_WITHIN_S = 3.0  # where Kafka answers, the first webhook need not find it away
DIRECT_WITHIN_S = 0.5  # and need not go into the spool
HIGHEST_PORT = 65_535
LINGER_S = 1.0  # for what is left of a refused body, so that the sender reads the answer


async def serve(settings: Settings, port: int) -> None:
    """Serve until a signal comes.

    Raises ConfigurationError when it cannot listen, SPOOL_DIR cannot be used, or Kafka answers and topics are missing.
    """
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    producer = Producer(settings, confirm_within_s=CONFIRM_WITHIN_S, client_id="edna-amocrm-gateway")
    app = make_app(settings, producer)
    runner = make_runner(app)
    try:
        await runner.setup()
        watch = app[WATCH]
        if watch.missing:
            raise ConfigurationError(watch.problem)
        if watch.answers:
            await producer.wait_connected(CONNECT_WITHIN_S)
            await app[WRITER].wait_direct(DIRECT_WITHIN_S)
        await _listen(runner, settings.listen_host, port)
        garbage.settle()
        log.info("gateway.listening", url=f"http://{settings.listen_host}:{runner.addresses[0][1]}")
        await stopping.wait()
        log.info("gateway.stopping")
    finally:
        try:
            async with asyncio.timeout(STOP_WITHIN_S):
                await runner.cleanup()
        except TimeoutError:
            log.warning("gateway.stop_cut_short", after_s=STOP_WITHIN_S)
    log.info("gateway.stopped")


def make_runner(app: web.Application) -> web.AppRunner:
    """The server around the application: bodies stay the raw bytes that were sent, and no access log."""
    return web.AppRunner(
        app,
        access_log=None,
        handle_signals=False,
        shutdown_timeout=FINISH_WITHIN_S,
        lingering_time=LINGER_S,
        auto_decompress=False,
    )


async def _listen(runner: web.AppRunner, host: str, port: int) -> None:
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        raise cannot_listen(error, host, port, "GATEWAY_PORT") from None


def _port(value: str) -> int:
    if not (value.isascii() and value.isdigit() and int(value) <= HIGHEST_PORT):
        raise argparse.ArgumentTypeError(f"has to be a number from 0, which takes a free one, to {HIGHEST_PORT}")
    return int(value)


def main() -> None:
    """The entry point."""
    parser = argparse.ArgumentParser(prog="gateway", description="Webhooks of edna and amoCRM into Kafka")
    parser.add_argument("--port", type=_port, help="wins over GATEWAY_PORT")
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
