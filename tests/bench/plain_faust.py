"""Plain Faust, as its first page teaches it: one agent, one POST after another, everything at its default."""

from __future__ import annotations

import os
from typing import Any

import aiohttp
import faust

from tests.bench.payloads import EDNA_HEADERS

app = faust.App(os.environ["BENCH_GROUP"], broker=f"kafka://{os.environ['BENCH_BROKER']}")
messages = app.topic(os.environ["BENCH_TOPIC"])


@app.agent(messages)
async def send(stream: Any) -> None:
    """Send each message to edna."""
    async with aiohttp.ClientSession() as session:
        async for event in stream:
            body = {
                "requestId": event["message_id"],
                "cascadeId": 1,
                "subscriberFilter": {"address": event["address"], "type": "PHONE"},
                "content": {"whatsappContent": {"contentType": "TEXT", "text": event["content"]["text"]}},
            }
            async with session.post(os.environ["BENCH_URL"], json=body, headers=EDNA_HEADERS) as answer:
                answer.raise_for_status()
