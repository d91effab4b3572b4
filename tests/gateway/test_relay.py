"""The media relay hands out whole files under links of ours, and nothing that is too much or no file."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from prometheus_client import REGISTRY
from yarl import URL

from bridge.media_hosts import AllowedHosts
from bridge.media_links import LIFE_S, MediaLinks
from tests.broker.agents import eventually
from tests.gateway.relaying import PICTURE, SECRET, Behaviour, World


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with World() as one:
        await one.relay()
        yield one


def giving(body: bytes = b"abc", status: int = 200, **headers: str) -> Behaviour:
    async def behaviour(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=body, status=status, headers={k.replace("_", "-"): v for k, v in headers.items()})

    return behaviour


async def picture(request: web.Request) -> web.StreamResponse:
    wanted = request.http_range
    headers = {"Content-Type": "image/png", "Set-Cookie": "a=b", "ETag": '"1"', "X-Private": "1"}
    if wanted.start is None and wanted.stop is None:
        return web.Response(body=PICTURE, headers=headers | {"Accept-Ranges": "bytes"})
    part = PICTURE[wanted]
    first = len(PICTURE) + wanted.start if wanted.start < 0 else wanted.start
    if not part:
        return web.Response(status=416, headers={"Content-Range": f"bytes */{len(PICTURE)}"})
    headers |= {"Content-Range": f"bytes {first}-{first + len(part) - 1}/{len(PICTURE)}"}
    return web.Response(body=part, status=206, headers=headers)


def relayed(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"edna_amocrm_gateway_{name}", labels or None) or 0.0


async def test_a_picture_of_3_mb_comes_through_byte_for_byte(world: World) -> None:
    files = await world.files(picture)
    before = relayed("relayed_bytes_total")
    answer = await world.ask(files.url("/a%2Fb?Signature=x%2By%3D&e=1"), "Фото 1.png", Cookie="c=1", Authorization="A")
    assert answer.status == 200
    assert answer.body == PICTURE
    assert answer.headers["Content-Length"] == str(len(PICTURE))
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")
    assert answer.headers["Cache-Control"].startswith("private, max-age=")
    assert answer.headers["Content-Disposition"] == (
        "inline; filename=\"____ 1.png\"; filename*=UTF-8''%D0%A4%D0%BE%D1%82%D0%BE%201.png"
    )
    assert not {"Set-Cookie", "ETag", "X-Private"} & answer.headers.keys()
    (asked,) = files.asked
    assert asked.raw_path == "/a%2Fb?Signature=x%2By%3D&e=1"
    assert not {"Cookie", "Authorization", "Referer", "X-Forwarded-For"} & asked.headers.keys()
    assert relayed("relayed_bytes_total") - before == len(PICTURE)
    assert relayed("relay_in_flight") == 0


async def test_head_says_what_get_would_and_asks_the_host_with_get(world: World) -> None:
    files = await world.files(picture)
    answer = await world.ask(files.url(), method="HEAD")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["Content-Length"] == str(len(PICTURE))
    assert answer.headers["Content-Type"] == "image/png"
    assert files.asked[0].method == "GET"


@pytest.mark.parametrize(
    ("wanted", "status", "body", "said"),
    [
        ("bytes=0-7", 206, PICTURE[:8], f"bytes 0-7/{len(PICTURE)}"),
        ("bytes=-4", 206, PICTURE[-4:], f"bytes {len(PICTURE) - 4}-{len(PICTURE) - 1}/{len(PICTURE)}"),
        ("bytes=99999999-", 416, b"", f"bytes */{len(PICTURE)}"),
        ("bytes=0-1,4-5", 200, PICTURE, None),
        ("lines=1-2", 200, PICTURE, None),
    ],
)
async def test_a_single_range_goes_on_and_any_other_is_ignored(
    world: World, wanted: str, status: int, body: bytes, said: str | None
) -> None:
    files = await world.files(picture)
    answer = await world.ask(files.url(), Range=wanted)
    assert (answer.status, answer.body, answer.headers.get("Content-Range")) == (status, body, said)


async def test_a_range_with_a_condition_is_ignored_because_we_give_out_nothing_to_compare(world: World) -> None:
    files = await world.files(picture)
    answer = await world.ask(files.url(), Range="bytes=0-7", If_Range='"1"')
    assert (answer.status, answer.body) == (200, PICTURE)


@pytest.mark.parametrize(
    ("said", "name", "kind", "how"),
    [
        ("audio/ogg", "v.ogg", "audio/ogg", "inline"),
        ("application/pdf", "a.pdf", "application/pdf", "attachment"),
        ("binary/octet-stream", "a.jpg", "image/jpeg", "inline"),
        ("image/svg+xml", "a.svg", "application/octet-stream", "attachment"),
        ("text/javascript", "a.js", "application/octet-stream", "attachment"),
        ("application/xml", "a.html", "application/octet-stream", "attachment"),
        ("text/plain; charset=utf-8", "a.html", "text/plain", "attachment"),
    ],
)
async def test_only_types_that_no_browser_runs_are_named(
    world: World, said: str, name: str, kind: str, how: str
) -> None:
    files = await world.files(giving(Content_Type=said))
    answer = await world.ask(files.url(), name)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == kind
    assert answer.headers["Content-Disposition"].startswith(how + ";")


@pytest.mark.parametrize(
    ("behaviour", "status", "reason"),
    [
        (giving(Content_Type="text/html"), 502, "page"),
        (giving(Content_Type="Application/XHTML+xml; q=1"), 502, "page"),
        (giving(Content_Encoding="gzip", Content_Type="image/png"), 502, "encoded"),
        (giving(status=404), 404, "gone"),
        (giving(status=410), 404, "gone"),
        (giving(status=403), 502, "source-status"),
        (giving(status=500), 502, "source-status"),
        (giving(status=206), 502, "source-status"),
        (giving(b"x" * 4_000_001), 413, "too-large"),
        (giving(X_Huge="x" * 100_000), 502, "bad-answer"),
    ],
)
async def test_what_is_no_file_is_refused_with_its_reason(
    world: World, behaviour: Behaviour, status: int, reason: str
) -> None:
    files = await world.files(behaviour)
    before = relayed("relay_refused_total", reason=reason)
    answer = await world.ask(files.url())
    assert answer.status == status
    assert b"detail" in answer.body
    assert b"127.0.0.1" not in answer.body
    assert answer.headers["Cache-Control"] == "no-store"
    assert relayed("relay_refused_total", reason=reason) == before + 1


async def test_forged_renamed_and_expired_links_never_reach_the_host(world: World) -> None:
    files = await world.files(picture)
    link = world.link(files.url())
    assert (await world.fetch(world.link(files.url(), key="other"))).status == 403
    assert (await world.fetch(link.replace("photo.png", "photo.html"))).status == 403
    assert (await world.fetch(link.replace("/media/", "/media/A"))).status == 403
    assert (await world.fetch(str(world.server.make_url("/media/token/name.png")))).status == 403
    old = MediaLinks(
        str(world.server.make_url("")).rstrip("/"),
        [SECRET],
        AllowedHosts.of(""),
        now_s=lambda: time.time() - LIFE_S - 2 * 86_400,
    )
    assert (await world.fetch(old.link(files.url(), "photo.png"))).status == 410
    assert files.asked == []


async def endless(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse(headers={"Content-Type": "image/png"})
    await answer.prepare(request)
    while True:
        await answer.write(b"x" * 100_000)


async def test_an_endless_body_is_cut_at_the_cap_and_the_reader_sees_that_it_is_not_whole(world: World) -> None:
    files = await world.files(endless)
    before = relayed("relayed_bytes_total")
    with pytest.raises(aiohttp.ClientPayloadError):
        await world.ask(files.url())
    assert 0 < relayed("relayed_bytes_total") - before <= 4_000_000
    await eventually("no transfer left", lambda: relayed("relay_in_flight") == 0)


async def test_a_body_that_ends_early_is_not_taken_for_whole(world: World) -> None:
    async def short(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "image/png", "Content-Length": "1000"})
        await answer.prepare(request)
        await answer.write(b"x" * 10)
        assert request.transport is not None
        request.transport.abort()
        return answer

    files = await world.files(short)
    with pytest.raises(aiohttp.ClientError):
        await world.ask(files.url())


async def test_a_host_that_sends_no_head_is_504_and_one_that_stops_half_way_is_broken_off(world: World) -> None:
    done = asyncio.Event()

    async def silent(_request: web.Request) -> web.StreamResponse:
        await done.wait()
        return web.Response()

    async def stopping(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "image/png"})
        await answer.prepare(request)
        await answer.write(b"x")
        await done.wait()
        return answer

    started = time.monotonic()
    assert (await world.ask((await world.files(silent)).url())).status == 504
    with pytest.raises(aiohttp.ClientPayloadError):
        await world.ask((await world.files(stopping)).url())
    assert time.monotonic() - started < 4
    done.set()


async def test_a_body_that_drips_is_ended_by_the_total_time() -> None:
    async def dripping(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "image/png"})
        await answer.prepare(request)
        while True:
            await answer.write(b"x")
            await asyncio.sleep(0.05)

    async with World(total_s=0.5) as world:
        await world.relay()
        files = await world.files(dripping)
        started = time.monotonic()
        with pytest.raises(aiohttp.ClientPayloadError):
            await world.ask(files.url())
        assert time.monotonic() - started < 3


async def test_a_reader_that_does_not_read_holds_back_the_host_and_is_ended() -> None:
    sent = 0

    async def counting(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        answer = web.StreamResponse(headers={"Content-Type": "image/png"})
        await answer.prepare(request)
        while True:
            await answer.write(b"x" * 65_536)
            sent += 65_536

    async with World(max_bytes=1_000_000_000, total_s=60) as world:
        await world.relay()
        files = await world.files(counting)
        link = URL(world.link(files.url()))
        _reader, writer = await asyncio.open_connection("127.0.0.1", world.server.port, limit=1024)
        writer.write(f"GET {link.raw_path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        await eventually("a transfer runs", lambda: relayed("relay_in_flight") == 1)
        await eventually("no transfer left", lambda: relayed("relay_in_flight") == 0, within_s=10)
        assert 0 < sent < 50_000_000  # what the sockets of this machine hold, and not what time would have let through
        writer.close()


async def test_more_files_at_once_than_the_cap_are_503_and_the_next_one_is_served(world: World) -> None:
    go = asyncio.Event()

    async def waiting(_request: web.Request) -> web.StreamResponse:
        await go.wait()
        return web.Response(body=b"abc", content_type="image/png")

    files = await world.files(waiting)
    running = [asyncio.create_task(world.ask(files.url())) for _ in range(3)]
    await eventually("three transfers run", lambda: len(files.asked) == 3)
    busy = await world.ask(files.url())
    assert busy.status == 503
    assert int(busy.headers["Retry-After"]) > 0
    go.set()
    assert [answer.status for answer in await asyncio.gather(*running)] == [200, 200, 200]
    assert (await world.ask(files.url())).status == 200
    assert len(files.asked) == 4


async def test_a_link_that_leads_back_to_the_relay_ends_at_once(world: World) -> None:
    async def back(_request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound(link)

    files = await world.files(back)
    link = world.link(files.url())
    assert (await world.fetch(link)).status == 502
    assert len(files.asked) == 1
