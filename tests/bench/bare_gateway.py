"""The bare pair of the gateway: an aiohttp handler that reads, parses and awaits a bare producer.

It writes a record of the same size, with the same key and as many header bytes, to a topic with as many partitions,
idempotent and with acks=all; it checks no proof, knows no shape and remembers nothing. BENCH_BROKER, BENCH_TOPIC and
BENCH_RECORD_BYTES say where and how large.
"""

from __future__ import annotations

import asyncio
import json
import os

import uvloop
from aiohttp import web
from aiokafka import AIOKafkaProducer

from tests.bench.children import announce

OK = b'{"code":"ok"}'
HEADERS = [
    ("ce_id", b"edna.default.345.1764075600000000000"),
    ("ce_type", b"inbound.message"),
    ("ce_sequence", b"12345"),
    ("ce_time", b"2026-01-01T10:00:00.000Z"),
    ("ce_specversion", b"1.0"),
    ("ce_source", b"bench/1764075600000"),
    ("content-type", b"application/json"),
]


class BareGateway:
    """See the module."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer
        self._topic = os.environ["BENCH_TOPIC"]
        self._record_bytes = int(os.environ["BENCH_RECORD_BYTES"])

    async def take(self, request: web.Request) -> web.Response:
        """One webhook."""
        body = await request.read()
        document = json.loads(body)
        if "subscriber" in document:
            key = f"v1.default.{document['subjectId']}.{document['subscriber']['identifier']}"
        else:
            key = document["message"]["conversation"]["id"]
        value = body.ljust(self._record_bytes)[: self._record_bytes]
        await self._producer.send_and_wait(self._topic, value, key=key.encode(), headers=HEADERS)
        return web.Response(body=OK, content_type="application/json")


async def serve() -> None:
    """Listen on a free port, say which, and serve until killed."""
    producer = AIOKafkaProducer(bootstrap_servers=os.environ["BENCH_BROKER"], enable_idempotence=True, acks="all")
    await producer.start()
    app = web.Application()
    app.router.add_post("/webhooks/{rest:.*}", BareGateway(producer).take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    announce(runner.addresses[0][1])
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve())
