"""The media relay is no way into the private network: judged by address, at every redirect, looked up once."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import threading
from pathlib import Path

import pytest
from aiohttp import web

from bridge.errors import SourceError
from gateway import relay_lookup
from gateway.relay_lookup import SystemLookup
from tests.broker.agents import eventually
from tests.gateway.relaying import OTHER_PUBLIC, PUBLIC, Behaviour, Names, World


async def fine(_request: web.Request) -> web.StreamResponse:
    return web.Response(body=b"abc", content_type="image/png")


HOSTS = [
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "0",
    "0.0.0.0",  # noqa: S104 - asked for, not bound to
    "localhost",
    "localhost.",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "10.0.0.1",
    "169.254.169.254",
    "metadata.google.internal",
    "user:password@shop.ru",
    "shop.ru:8080",
]


@pytest.mark.parametrize("host", HOSTS)
async def test_no_spelling_of_a_private_host_is_asked_or_even_looked_up(host: str) -> None:
    async with World(names=Names([PUBLIC])) as world:
        await world.relay(allow="")
        assert (await world.ask(f"http://{host}/file")).status == 502
        assert world.names.looked_up == []


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["10.1.2.3"],
        ["169.254.169.254"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["fe80::1%lo"],
        [PUBLIC, "127.0.0.1"],
    ],
    ids=str,
)
async def test_a_public_name_with_any_private_address_is_refused(addresses: list[str]) -> None:
    async with World(names=Names(addresses)) as world:
        files = await world.files(fine)
        world.dialled = dict.fromkeys([PUBLIC, *addresses], files)
        await world.relay(allow="")
        assert (await world.ask("http://files.shop.ru/file")).status == 502
        assert world.names.looked_up == ["files.shop.ru"]
        assert files.asked == []


async def test_a_name_is_looked_up_once_and_the_connection_goes_to_the_address_that_was_judged() -> None:
    async with World(names=Names([PUBLIC], ["127.0.0.1"])) as world:
        public, private = await world.files(fine, "127.0.0.2"), await world.files(fine)
        world.dialled = {PUBLIC: public, "127.0.0.1": private}
        await world.relay(allow="")
        assert (await world.ask("http://files.shop.ru/file")).status == 200
        assert world.names.looked_up == ["files.shop.ru"]
        assert public.asked[0].headers["Host"] == "files.shop.ru"
        # Bound anew to a private address, the same name is refused.
        assert (await world.ask("http://files.shop.ru/file")).status == 502
        assert len(public.asked) == 1
        assert private.asked == []


async def test_the_next_address_is_tried_when_the_first_one_refuses() -> None:
    async with World(names=Names([OTHER_PUBLIC, PUBLIC])) as world:
        gone, files = await world.files(fine), await world.files(fine)
        world.dialled = {OTHER_PUBLIC: gone, PUBLIC: files}
        await world.relay(allow="")
        await gone.server.close()
        assert (await world.ask("http://files.shop.ru/file")).status == 200


def leading(*targets: str) -> Behaviour:
    """Redirects from target to target, then the file."""

    async def behaviour(request: web.Request) -> web.StreamResponse:
        step = int(request.query.get("step", "0"))
        if step < len(targets):
            return web.Response(status=302, headers={"Location": targets[step]})
        return await fine(request)

    return behaviour


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1/x",
        "http://169.254.169.254/latest/meta-data",
        "http://2130706433/x",
        "http://[::ffff:127.0.0.1]/x",
        "//localhost/x",
        "http://files.shop.ru:22/x",
        "https://user:password@files.shop.ru/x",
        "file:///etc/passwd",
        "ftp://files.shop.ru/x",
        "http://[",
        "",
    ],
)
async def test_a_redirect_to_a_private_place_or_to_none_is_refused(target: str) -> None:
    async with World(names=Names([PUBLIC])) as world:
        files = await world.files(leading(target))
        world.dialled = dict.fromkeys([PUBLIC, "127.0.0.1", "169.254.169.254", "::1"], files)
        await world.relay(allow="")
        assert (await world.ask("http://files.shop.ru/file")).status == 502
        assert len(files.asked) == 1


async def test_a_redirect_is_looked_up_and_judged_like_the_first_address() -> None:
    async with World(names=Names([PUBLIC], ["10.0.0.1"])) as world:
        files = await world.files(leading("http://inside.shop.ru/file?step=1"))
        world.dialled = dict.fromkeys([PUBLIC, "10.0.0.1"], files)
        await world.relay(allow="")
        assert (await world.ask("http://files.shop.ru/file")).status == 502
        assert world.names.looked_up == ["files.shop.ru", "inside.shop.ru"]
        assert len(files.asked) == 1


@pytest.mark.parametrize(("count", "status"), [(3, 200), (4, 502)])
async def test_three_redirects_are_followed_and_a_fourth_is_not(count: int, status: int) -> None:
    async with World(names=Names([PUBLIC])) as world:
        files = await world.files(leading(*(f"/file?step={step}" for step in range(1, count + 1))))
        world.dialled = {PUBLIC: files}
        await world.relay(allow="")
        assert (await world.ask("http://files.shop.ru/file")).status == status
        assert len(files.asked) == 4


async def test_an_allowed_host_is_reached_on_its_port_alone() -> None:
    async with World() as world:
        files, other = await world.files(fine), await world.files(fine)
        await world.relay(allow=f"127.0.0.1:{files.server.port}")
        assert (await world.ask(files.url())).status == 200
        assert (await world.ask(other.url())).status == 502
        assert other.asked == []


@pytest.mark.parametrize(("name", "status"), [("files.shop.ru", 200), ("other.shop.ru", 502)])
async def test_tls_asks_for_the_name_though_an_address_is_dialled(tmp_path: Path, name: str, status: int) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    made = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=files.shop.ru"
    extension = ["-addext", "subjectAltName=DNS:files.shop.ru", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*made.split(), *extension], check=True, capture_output=True)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate, key)
    async with World(names=Names([PUBLIC])) as world:
        world.trusted = ssl.create_default_context(cafile=certificate)
        files = await world.files(fine, tls=tls)
        world.dialled = {PUBLIC: files}
        await world.relay(allow="")
        assert (await world.ask(f"https://{name}/file")).status == status
        assert len(files.asked) == (status == 200)


async def test_lookups_that_hang_hold_up_nothing_but_further_lookups(monkeypatch: pytest.MonkeyPatch) -> None:
    go, started = threading.Event(), []

    def hanging(host: str, port: int) -> list[str]:
        started.append(host)
        go.wait(20)
        return [PUBLIC]

    monkeypatch.setattr(relay_lookup, "_addresses", hanging)
    lookup = SystemLookup()
    waiting = [asyncio.create_task(lookup(f"{number}.ru", 80)) for number in range(relay_lookup.AT_ONCE + 2)]
    await eventually("every thread is taken", lambda: len(started) == relay_lookup.AT_ONCE)
    waiting[0].cancel()  # whoever asked has gone; the thread is still busy
    await asyncio.sleep(0)
    assert len(started) == relay_lookup.AT_ONCE
    go.set()
    assert await asyncio.gather(*waiting[1:]) == [[PUBLIC]] * (relay_lookup.AT_ONCE + 1)


async def test_the_systems_resolver_finds_this_machine_and_says_when_there_is_nothing() -> None:
    assert "127.0.0.1" in await SystemLookup()("localhost", 80)
    with pytest.raises(SourceError):
        await SystemLookup()("no..name", 80)
