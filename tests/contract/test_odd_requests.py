"""Requests of no sensible shape are refused: a fake that fell over would look like a vendor's passing trouble."""

from __future__ import annotations

import asyncio
import hashlib
from email.utils import formatdate
from typing import Any

import aiohttp
import pytest

from sandbox import credentials
from sandbox.amojo import AmojoFake
from sandbox.edna import EdnaFake
from tests.contract.amojo_caller import SCOPE

TEXT = {"contentType": "TEXT", "text": "Здравствуйте"}


def cascade(**changes: Any) -> dict[str, Any]:
    """A cascade send, changed."""
    return {
        "requestId": "r-1",
        "cascadeId": credentials.EDNA_CASCADE_ID,
        "subscriberFilter": {"address": "79001234567", "type": "PHONE"},
        "content": {"whatsappContent": TEXT},
        **changes,
    }


@pytest.mark.parametrize(
    "document",
    [
        cascade(requestId=["r-1"]),
        cascade(requestId={}),
        cascade(cascadeId=[1]),
        cascade(content=[TEXT]),
        cascade(content={"whatsappContent": [TEXT]}),
        cascade(content={"whatsappContent": {**TEXT, "contentType": ["TEXT"]}}),
        cascade(content={"whatsappContent": {**TEXT, "text": ["a"]}}),
        cascade(content={"whatsappContent": {"contentType": "IMAGE", "attachment": ["url"]}}),
        cascade(subscriberFilter=["79001234567"]),
        cascade(subscriberFilter={"address": "79001234567", "type": ["PHONE"]}),
        cascade(subscriberFilter={"address": 79001234567, "type": "PHONE"}),
        [],
        "text",
        1,
    ],
)
async def test_a_send_of_wrong_types_is_400_with_a_problem_body(
    session: aiohttp.ClientSession, edna: EdnaFake, document: Any
) -> None:
    headers = {"X-API-KEY": credentials.EDNA_API_KEY}
    async with session.post(f"{edna.url}/api/cascade/schedule", json=document, headers=headers) as answer:
        assert answer.status == 400
        assert (await answer.json())["status"] == 400
    assert edna.journal.entries[0].outcome == "refused"


async def test_the_readme_form_without_the_key_is_401_with_a_code(
    session: aiohttp.ClientSession, edna: EdnaFake
) -> None:
    body = {"imType": "whatsapp", "subject": "79001234567", "text": "Здравствуйте"}
    async with session.post(f"{edna.url}/api/messages/send", json=body) as answer:
        assert (answer.status, await answer.json()) == (401, {"code": "auth-error"})


@pytest.mark.parametrize("name", ["X-Signature", "Content-MD5", "Content-Type", "Date"])
async def test_a_header_that_is_no_text_is_403(session: aiohttp.ClientSession, amojo: AmojoFake, name: str) -> None:
    body = b"{}"
    headers = {
        "Date": formatdate(usegmt=True),
        "Content-Type": "application/json",
        "Content-MD5": hashlib.md5(body).hexdigest(),  # noqa: S324 - what amojo demands
        "X-Signature": "0" * 40,
    }
    headers[name] = "\udcff\udcfe"
    sent = [(key.encode(), value.encode("utf-8", "surrogateescape")) for key, value in headers.items()]
    assert await answered(amojo.url, SCOPE, sent, body) == 403


async def answered(url: str, path: str, headers: list[tuple[bytes, bytes]], body: bytes) -> int:
    """The status of a request whose headers are bytes, which no client library sends."""
    host, _, port = url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    lines = [f"POST {path} HTTP/1.1".encode(), b"Host: fake", b"Content-Length: %d" % len(body)]
    lines += [name + b": " + value for name, value in headers]
    writer.write(b"\r\n".join([*lines, b"", body]))
    status = int((await reader.readline()).split()[1])
    writer.close()
    await writer.wait_closed()
    return status
