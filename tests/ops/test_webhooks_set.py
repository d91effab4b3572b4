"""`edna-amocrm webhooks set`: edna learns the whole address, people see it masked, a flaky edna is asked again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bridge.edna.account import STATUSES_URL
from ops import callbacks
from ops.callbacks import address_of
from ops.output import Failed
from sandbox.faults import Fault
from tests.ops.fakes import edna_fake
from tests.ops.patients import run, saying, settings_of
from tests.ops.process import Command, refused

SECRET = "a-secret-in-the-path"
HOST = "https://bridge.example.org"


@pytest.mark.parametrize(
    ("base", "changes", "url"),
    [
        (HOST, {}, f"{HOST}/webhooks/edna"),
        (f"{HOST}/", {}, f"{HOST}/webhooks/edna"),
        (f"{HOST}/bridge/", {}, f"{HOST}/bridge/webhooks/edna"),
        (f"{HOST}:8443/webhooks/edna", {}, f"{HOST}:8443/webhooks/edna"),
        (HOST, {"edna_webhook_secret": SECRET}, f"{HOST}/webhooks/edna/{SECRET}"),
        (f"{HOST}/webhooks/edna/", {"edna_webhook_secret": SECRET}, f"{HOST}/webhooks/edna/{SECRET}"),
        (f"{HOST}/webhooks/edna/{SECRET}", {"edna_webhook_secret": SECRET}, f"{HOST}/webhooks/edna/{SECRET}"),
        (
            f"{HOST}/webhooks/edna/{SECRET}",
            {"edna_webhook_secret": "new", "edna_webhook_secret_previous": SECRET},
            f"{HOST}/webhooks/edna/{SECRET}",
        ),
    ],
)
def test_the_address_gets_the_route_and_the_secret_and_is_shown_without_it(
    base: str, changes: dict[str, str], url: str
) -> None:
    address = address_of(base, settings_of(**changes))
    assert address.url == url
    assert address.shown == url.replace(SECRET, "…")


@pytest.mark.parametrize(
    ("base", "changes", "named"),
    [
        ("http://bridge.example.org", {}, "https://"),
        ("bridge.example.org", {}, "https://"),
        ("https://", {}, "https://HOST"),
        (f"{HOST}/?a=b", {}, "nothing else"),
        ("https://me:word@bridge.example.org", {}, "nothing else"),
        ("https://[", {}, "no address"),
        (f"{HOST}/webhooks/ednas", {}, "has to end in"),
        (f"{HOST}/webhooks/edna/other", {"edna_webhook_secret": SECRET}, "EDNA_WEBHOOK_SECRET"),
        (f"{HOST}/{'x' * 500}", {}, "characters"),
    ],
)
def test_an_address_that_edna_or_the_gateway_would_refuse_is_refused_here(
    base: str, changes: dict[str, str], named: str
) -> None:
    with pytest.raises(Failed, match=named) as failed:
        address_of(base, settings_of(**changes))
    assert SECRET not in str(failed.value)
    assert "word" not in str(failed.value)


@pytest.mark.parametrize("length", [500, 501])
def test_the_longest_address_has_500_characters(length: int) -> None:
    base = f"{HOST}/".ljust(length - len("/webhooks/edna"), "x")
    if length > callbacks.LONGEST:
        with pytest.raises(Failed):
            address_of(base, settings_of())
    else:
        assert len(address_of(base, settings_of()).url) == length


async def test_edna_sends_there_from_now_on_and_the_secret_is_not_shown(known_command: Command) -> None:
    async with edna_fake(plain_http=True) as fake, saying(200) as gateway:
        where = {"EDNA_BASE_URL": fake.url, "EDNA_WEBHOOK_SECRET": SECRET}
        done = await run(known_command, "webhooks", "set", gateway.url, "--channel", "345", "--messages", **where)
        assert done.returncode == 0, done
        assert done.stdout == f"edna sends messages of channel 345 to {gateway.url}/webhooks/edna/…\n"
        assert fake.callbacks.urls == {("incoming", 345): f"{gateway.url}/webhooks/edna/{SECRET}"}
        done = await run(known_command, "webhooks", "set", PUBLIC_BASE_URL=gateway.url, **where)
    assert (
        done.stdout == f"edna sends messages and statuses of all channels of the key to {gateway.url}/webhooks/edna/…\n"
    )
    assert SECRET not in done.stderr
    assert set(fake.callbacks.urls) == {("incoming", 345), ("incoming", None), ("status", None)}


async def test_an_address_that_edna_does_not_reach_at_once_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callbacks, "PAUSE_S", 0.01)
    async with edna_fake(plain_http=True) as fake, saying(200, first=[502, 405]) as gateway:
        await set_at(fake, f"{gateway.url}/webhooks/edna")
        assert fake.callbacks.urls == {("status", None): f"{gateway.url}/webhooks/edna"}


async def test_after_three_tries_the_remedy_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(callbacks, "PAUSE_S", 0.01)
    async with edna_fake(plain_http=True) as fake, saying(405) as gateway:
        with pytest.raises(Failed, match="let the proxy pass HEAD and GET"):
            await set_at(fake, f"{gateway.url}/webhooks/edna/{SECRET}")
    assert len(gateway.asked) == callbacks.TRIES
    told = capsys.readouterr().err
    assert [f"try {number} of 3" in told for number in (1, 2, 3)] == [True, True, False]
    assert SECRET not in told


@pytest.mark.parametrize(
    ("code", "named"),
    [
        ("callback-url-max-length", "500 characters"),
        ("error-callback-url-not-https", "https:// only"),
        ("subject-unknown", "does not know the channel"),
        ("error-subject-unknown", "does not know the channel"),
        ("auth-error", "EDNA_API_KEY"),
        ("url-not-specified", "saw no address"),
        ("something-new", "edna answered 400"),
    ],
)
async def test_ednas_words_become_a_sentence_whatever_stands_before_them(code: str, named: str) -> None:
    async with saying(400, json.dumps({"code": code}).encode()) as server:
        with pytest.raises(Failed, match=named):
            await set_at(server, HOST)
    assert len(server.asked) == 1  # asking again would not help


@pytest.mark.parametrize(
    ("fault", "named", "tries"),
    [
        (Fault(status=401), "EDNA_API_KEY", 1),
        (Fault(status=403), "method group webhooks", 1),
        (Fault(status=404, html=True), "EDNA_BASE_URL", 1),
        (Fault(status=200, html=True), "EDNA_BASE_URL", 1),
        (Fault(status=503), "try again", 3),
        (Fault(reset_share=1.0), "cannot be reached", 3),
    ],
)
async def test_whatever_else_edna_answers_there_is_a_remedy(
    monkeypatch: pytest.MonkeyPatch, fault: Fault, named: str, tries: int
) -> None:
    monkeypatch.setattr(callbacks, "PAUSE_S", 0.01)
    async with edna_fake() as fake:
        fake.faults.set(fault)
        with pytest.raises(Failed, match=named):
            await set_at(fake, HOST)
        assert len(fake.journal.entries) == tries


async def set_at(server: Any, url: str) -> None:
    await callbacks.set_callbacks(settings_of(edna_base_url=server.url), {STATUSES_URL: url}, None)


async def test_without_a_key_or_an_address_it_is_one_line(known_command: Command) -> None:
    line = refused(await run(known_command, "webhooks", "set", HOST, EDNA_API_KEY="your_edna_api_key"), 78)
    assert "EDNA_API_KEY" in line
    assert "PUBLIC_BASE_URL" in refused(await run(known_command, "webhooks", "set"), 2)


async def test_a_key_that_no_header_can_carry_is_a_line_that_does_not_show_it() -> None:
    async with saying(200) as server:
        settings = settings_of(edna_base_url=server.url, edna_api_key="a\nkey")
        with pytest.raises(Failed, match=r"^EDNA_API_KEY holds what no header can carry") as failed:
            await callbacks.set_callbacks(settings, {STATUSES_URL: HOST}, None)
    assert "a\nkey" not in str(failed.value)
