"""Whatever is in a body, the answer is the right 4xx or a quarantine, and never a 5xx."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
from typing import Any

import pytest

from bridge.amojo.signature import hook_signature
from bridge.settings import secret
from tests.gateway.forms import README_MESSAGE, hook, pulse
from tests.gateway.server import Gateway, MakeSettings, encoded

pytestmark = pytest.mark.broker


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"id": NaN}',
        b"\xff\xfe\x00",
        b"[" * 200_000,
        b'{"a":' * 30_000,
        b"[" * 301 + b"]" * 301,
        b"hello",
        b"\x1f\x8b\x08\x00",
    ],
    ids=["empty", "open", "NaN", "no UTF-8", "200 KB of [", "deep objects", "a level too deep", "a word", "gzip"],
)
async def test_what_is_not_json_is_400_with_a_detail(gateway: Gateway, body: bytes) -> None:
    answer = await gateway.edna(body)
    assert answer.status == 400
    assert answer.json["detail"]
    assert set((await gateway.everything_stored()).values()) == {0}


@pytest.mark.parametrize(
    "body",
    [
        b'{"id":"a","id":"b"}',
        b'{"id":' + b"9" * 5000 + b"}",
        b'{"id":1e999,"status":1e999,"requestId":-1e999}',
        json.dumps(pulse(text="\ud800")).encode(),
        json.dumps({**pulse(), "subscriber": {"identifier": "\ud800\udfff\udc00"}}).encode(),
        json.dumps({**pulse(), "receivedAt": "0001-01-01T00:00:00+14:00"}).encode(),
        b"\xef\xbb\xbf" + json.dumps(pulse()).encode(),
        b"[" * 300 + b"]" * 300,
        b"null",
    ],
    ids=["same key", "5000 digits", "infinite", "surrogate", "surrogates", "year 1", "byte order mark", "deep", "null"],
)
async def test_strange_json_is_stored_or_set_aside(gateway: Gateway, body: bytes) -> None:
    assert (await gateway.edna(body)).status == 200
    assert sum((await gateway.everything_stored()).values()) <= 1


@pytest.mark.parametrize("depth", [300, 600, 900, 950, 980])
async def test_a_hook_that_is_nested_as_deeply_as_can_be_read_is_no_fault_of_the_gateway(
    gateway: Gateway, depth: int
) -> None:
    body = b'{"receiver":"u-1","conversation_id":"c-1","msec_timestamp":1,"more":%s}' % (b"[" * depth + b"]" * depth)
    forged = await gateway.ask("POST", "/webhooks/amocrm", body)
    assert forged.status == 401
    authentic = await gateway.amocrm(body)
    assert authentic.status == 400
    assert "nested too deeply" in authentic.json["detail"]


async def test_a_body_over_the_limit_is_413_however_it_comes(make_settings: MakeSettings, topics: None) -> None:
    async with Gateway(make_settings(max_webhook_bytes=2048)) as gateway:
        await gateway.becomes_ready()
        exact = json.dumps(pulse()).encode().ljust(2048)
        assert (await gateway.edna(exact)).status == 200
        answer = await gateway.edna(exact + b" ")
        assert answer.status == 413
        assert "MAX_WEBHOOK_BYTES" in answer.json["detail"]
        assert await _chunked_status(gateway.port, b"x" * 4096) == 413
        assert len(await gateway.stored("inbound")) == 1


async def _chunked_status(port: int, body: bytes) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST /webhooks/edna HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    writer.write(b"%x\r\n%s\r\n" % (len(body), body))  # and never the last chunk: it must answer before
    line = await asyncio.wait_for(reader.readline(), 5)
    writer.close()
    return int(line.split()[1])


async def test_a_body_that_does_not_come_in_time_is_408_in_words(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.body.READ_WITHIN_S", 0.2)
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    writer.write(b'POST /webhooks/edna HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"id":')
    answer = await asyncio.wait_for(reader.read(), 5)  # to the end: what is left of the body is not waited for
    writer.close()
    head, body = answer.split(b"\r\n\r\n", 1)
    assert head.split()[1] == b"408"
    assert json.loads(body)["detail"] == "the body did not come in time"


async def test_a_body_is_proven_as_it_was_sent_and_is_not_unpacked(gateway: Gateway) -> None:
    packed = gzip.compress(encoded(hook()))
    signature = hook_signature(secret(gateway.settings.amocrm_channel_secret), packed)
    headers = {"Content_Encoding": "gzip", "X_Signature": signature}
    answer = await gateway.ask("POST", "/webhooks/amocrm", packed, **headers)
    assert (answer.status, "not JSON" in answer.json["detail"]) == (400, True)


async def test_a_body_that_stops_half_way_stores_nothing(gateway: Gateway) -> None:
    body = json.dumps(pulse()).encode()
    _reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    writer.write(b"POST /webhooks/edna HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (len(body) + 10))
    writer.write(body)
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    assert (await gateway.edna(pulse(2))).status == 200
    assert [record.value["message_id"] for record in await gateway.stored("inbound")] == ["2"]


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({**pulse(), "id": None}, "id"),
        ({**pulse(), "subscriber": {}}, "subscriber.identifier"),
        ({**README_MESSAGE, "subject": ""}, "subject"),
        ([{**pulse(), "subjectId": None, "subject": None}, {"id": "", "status": "read"}], "subjectId"),
    ],
)
async def test_a_known_shape_without_what_it_needs_is_422_names_the_field_and_is_kept(
    gateway: Gateway, document: Any, field: str
) -> None:
    answer = await gateway.edna(document)
    assert answer.status == 422
    assert answer.json["detail"].startswith(field)
    (kept,) = await gateway.stored("quarantine")
    assert kept.value["reason"] == "unusable"
    assert json.loads(kept.value["body"]) == document


async def test_refused_webhooks_cannot_fill_the_quarantine(gateway: Gateway) -> None:
    for _ in range(30):
        assert (await gateway.edna({**pulse(), "id": None})).status == 422
    assert 10 <= len(await gateway.stored("quarantine")) <= 12


async def test_of_an_array_with_one_bad_element_the_good_are_stored_and_the_bad_is_set_aside(gateway: Gateway) -> None:
    bad = {**pulse(), "id": None}
    assert (await gateway.edna([pulse(1), bad, pulse(3)])).status == 200
    assert [record.value["message_id"] for record in await gateway.stored("inbound")] == ["1", "3"]
    (kept,) = await gateway.stored("quarantine")
    assert kept.value["reason"] == "unusable"
    assert "element 1" in kept.value["detail"]
    assert json.loads(kept.value["body"]) == [bad]


async def test_a_long_array_of_rubbish_is_one_record(gateway: Gateway) -> None:
    body = json.dumps([1] * 50_000, separators=(",", ":")).encode()
    started = time.monotonic()
    assert (await gateway.edna(body)).status == 200
    assert time.monotonic() - started < 2
    (kept,) = await gateway.stored("quarantine")
    assert kept.value["reason"] == "unknown"


async def test_what_no_chat_can_show_is_carried_all_the_same_and_nothing_is_set_aside(gateway: Gateway) -> None:
    poll = {**pulse(), "messageContent": {"type": "DOCUMENT", "attachment": {"url": None, "name": None}}}
    assert (await gateway.edna(poll)).status == 200
    assert (await gateway.amocrm({"receiver": "u-1", "conversation_id": "c-1", "msec_timestamp": 1})).status == 200
    (inbound,) = await gateway.stored("inbound")
    (outbound,) = await gateway.stored("outbound")
    assert inbound.value["content"] == {"type": "unsupported", "kind": "document"}
    assert (outbound.value["conversation_id"], outbound.value["address"]) == ("c-1", "")
    assert await gateway.stored("quarantine") == []


async def test_what_is_not_understood_is_200_and_set_aside_whole(gateway: Gateway) -> None:
    assert (await gateway.edna({"hello": "world"}, Content_Type="application/json")).status == 200
    assert (await gateway.amocrm({"action": {"waving": {}}})).status == 200
    edna, amojo = await gateway.stored("quarantine")
    assert (edna.value["reason"], edna.value["path"]) == ("unknown", "/webhooks/edna")
    assert json.loads(edna.value["body"]) == {"hello": "world"}
    assert edna.value["headers"] == {"Content-Type": "application/json"}
    assert edna.headers["ce_type"] == "webhook.quarantined"
    assert edna.key is None
    assert set(amojo.value["headers"]) == {"Content-Type", "X-Signature"}


async def test_an_unknown_shape_is_200_and_set_aside(gateway: Gateway) -> None:
    assert (await gateway.edna({"hello": "world"})).status == 200
    assert (await gateway.amocrm([hook()])).status == 200
    assert [kept.value["reason"] for kept in await gateway.stored("quarantine")] == ["unknown", "unknown"]


async def test_an_event_larger_than_kafka_takes_is_413(make_settings: MakeSettings, topics: None) -> None:
    async with Gateway(make_settings(max_webhook_bytes=3_000_000)) as gateway:
        await gateway.becomes_ready()
        assert (await gateway.edna(pulse(text="x" * 2_000_000))).status == 413
        assert (await gateway.edna(pulse(2))).status == 200


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nowhere", 404), ("PUT", "/webhooks/edna", 405)])
async def test_other_errors_are_json_with_a_detail_too(gateway: Gateway, method: str, path: str, status: int) -> None:
    answer = await gateway.ask(method, path)
    assert answer.status == status
    assert answer.json["detail"]
