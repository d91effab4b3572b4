"""Who may send: edna by key or path, amojo by signature; nothing of a stranger becomes an event."""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Callable

import pytest

from bridge.amojo.signature import hook_signature
from gateway.authenticity import AmojoProof, EdnaProof
from tests.gateway.forms import README_ANSWER, SCOPE_ID, hook, pulse
from tests.gateway.server import Gateway, MakeSettings, encoded

pytestmark = pytest.mark.broker

SECRET = "demosecretdemosecretdemosecretdemosecret"


@pytest.mark.parametrize("header", ["Token k-1", "token k-1", "Bearer k-1", "k-1", " Token  k-1 ", "Token k-0"])
def test_edna_is_known_by_its_key_and_by_the_previous_one(make_settings: MakeSettings, header: str) -> None:
    proof = EdnaProof(make_settings(edna_webhook_key="k-1", edna_webhook_key_previous="k-0"))
    assert proof.accepts(header, None)


@pytest.mark.parametrize("header", [None, "", "Token", "Token k-2", "Basic k-1", "Token k-1x", "Token \udcff"])
def test_another_key_is_not_ednas(make_settings: MakeSettings, header: str | None) -> None:
    assert not EdnaProof(make_settings(edna_webhook_key="k-1")).accepts(header, None)


def test_one_proof_suffices_of_key_and_path(make_settings: MakeSettings) -> None:
    proof = EdnaProof(
        make_settings(edna_webhook_key="k-1", edna_webhook_secret="s-1", edna_webhook_secret_previous="s-0")
    )
    assert proof.accepts("Token k-1", None)
    assert proof.accepts(None, "s-1")
    assert proof.accepts("Token wrong", "s-0")
    assert proof.accepts("Token k-1", "wrong")
    assert not proof.accepts(None, None)
    assert not proof.accepts("Token s-1", "k-1")


@pytest.mark.parametrize(("header", "path"), [("Token wrong", "wrong"), ("Token k-1", "s-1"), (None, None)])
def test_every_secret_is_compared_in_constant_time_whatever_is_given(
    make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch, header: str | None, path: str | None
) -> None:
    given = {"edna_webhook_key": "k-1", "edna_webhook_secret": "s-1"}
    before = {f"{name}_previous": f"{value}-old" for name, value in given.items()}
    proof, compare, compared = EdnaProof(make_settings(**given, **before)), hmac.compare_digest, []

    def noted(known: bytes, other: bytes) -> bool:
        compared.append(known)
        return compare(known, other)

    monkeypatch.setattr("gateway.authenticity.hmac.compare_digest", noted)
    proof.accepts(header, path)
    assert compared == [b"k-1", b"k-1-old", b"s-1", b"s-1-old"]


def test_without_key_and_secret_anybody_is_edna(make_settings: MakeSettings) -> None:
    proof = EdnaProof(make_settings())
    assert proof.open
    assert proof.accepts(None, "whatever")


def test_amojo_may_sign_with_the_previous_secret(make_settings: MakeSettings) -> None:
    proof = AmojoProof(make_settings(amocrm_channel_secret="new", amocrm_channel_secret_previous="old"))
    assert proof.accepts(b"{}\n", hook_signature("old", b"{}"))
    assert proof.accepts(b"{}\n", hook_signature("new", b"{}"))
    assert not proof.accepts(b"{}\n", hook_signature("other", b"{}"))


async def test_a_wrong_edna_proof_is_401_and_no_event(make_settings: MakeSettings, topics: None) -> None:
    async with Gateway(make_settings(edna_webhook_key="k-1", edna_webhook_secret="s-1")) as gateway:
        await gateway.becomes_ready()
        for answer in (
            await gateway.edna(pulse()),
            await gateway.edna(pulse(), Authorization="Token wrong"),
            await gateway.edna(pulse(), "/webhooks/edna/wrong"),
        ):
            assert answer.status == 401
            assert answer.json["detail"]
        assert set((await gateway.everything_stored()).values()) == {0}
        assert (await gateway.edna(pulse(1), Authorization="Token k-1")).status == 200
        assert (await gateway.edna(pulse(2), "/webhooks/edna/s-1")).status == 200
        assert (await gateway.edna({"odd": 1}, "/webhooks/edna/s-1")).status == 200
        assert (await gateway.everything_stored())["inbound"] == 2
        (kept,) = await gateway.stored("quarantine")
        assert "s-1" not in json.dumps(kept.value)


async def test_one_changed_byte_is_401_no_event_and_is_kept(gateway: Gateway) -> None:
    body = encoded(hook(text="pay 100"))
    signature = hook_signature(SECRET, body)
    changed = body.replace(b"pay 100", b"pay 900")
    assert (await gateway.ask("POST", "/webhooks/amocrm", body, X_Signature=signature)).status == 200
    answer = await gateway.ask("POST", "/webhooks/amocrm", changed, X_Signature=signature)
    assert answer.status == 401
    assert len(await gateway.stored("outbound")) == 1
    (kept,) = await gateway.stored("quarantine")
    assert kept.value["reason"] == "unauthentic"
    assert kept.value["body"].encode() == changed
    assert kept.value["headers"]["X-Signature"] == signature


@pytest.mark.parametrize("body", [b"{", b'{"hello":1}', b"[" * 200_000])
async def test_what_does_not_look_like_amojo_is_401_and_is_not_kept(gateway: Gateway, body: bytes) -> None:
    assert (await gateway.ask("POST", "/webhooks/amocrm", body)).status == 401
    assert set((await gateway.everything_stored()).values()) == {0}


async def test_a_forged_hook_for_another_scope_is_401_and_is_not_kept(gateway: Gateway) -> None:
    assert (await gateway.amocrm(hook(), "/webhooks/amocrm/other_scope", X_Signature="0" * 40)).status == 401
    assert (await gateway.amocrm(hook(account_id="other"), X_Signature="0" * 40)).status == 401
    assert set((await gateway.everything_stored()).values()) == {0}


async def test_forged_hooks_cannot_fill_the_quarantine(gateway: Gateway) -> None:
    for number in range(30):
        assert (await gateway.amocrm(hook(f"x-{number}"), X_Signature="0" * 40)).status == 401
    assert 10 <= len(await gateway.stored("quarantine")) <= 12


async def test_an_authentic_hook_of_another_scope_or_account_is_foreign(gateway: Gateway) -> None:
    assert (await gateway.amocrm(hook(), "/webhooks/amocrm/other_scope")).status == 200
    assert (await gateway.amocrm(hook(account_id="other"), f"/webhooks/amocrm/{SCOPE_ID}")).status == 200
    assert [kept.value["reason"] for kept in await gateway.stored("quarantine")] == ["foreign", "foreign"]
    assert await gateway.stored("outbound") == []


@pytest.mark.parametrize(("ours", "theirs"), [(str.upper, str.lower), (str.lower, str.upper)])
async def test_ids_in_the_other_case_are_the_same_ids(
    make_settings: MakeSettings, topics: None, ours: Callable[[str], str], theirs: Callable[[str], str]
) -> None:
    channel_id, account_id = SCOPE_ID.split("_")
    given = make_settings(amocrm_channel_id=ours(channel_id), amocrm_account_id=ours(account_id))
    hooks = [hook(f"x-{number}", account_id=theirs(account_id)) for number in range(2)]
    async with Gateway(given) as gateway:
        await gateway.becomes_ready()
        assert (await gateway.amocrm(hooks[0])).status == 200
        assert (await gateway.amocrm(hooks[1], f"/webhooks/amocrm/{theirs(SCOPE_ID)}")).status == 200
        assert len(await gateway.stored("outbound")) == 2
        forged = await gateway.amocrm(hook(), f"/webhooks/amocrm/{theirs(SCOPE_ID)}", X_Signature="0" * 40)
        assert forged.status == 401
        assert [kept.value["reason"] for kept in await gateway.stored("quarantine")] == ["unauthentic"]


async def test_an_authentic_hook_of_the_day_before_yesterday_is_stale(gateway: Gateway) -> None:
    now = int(time.time())
    assert (await gateway.amocrm(hook("x-1", time=now - 86_500))).status == 200
    assert (await gateway.amocrm(hook("x-2", time=now - 86_000))).status == 200
    (kept,) = await gateway.stored("quarantine")
    assert kept.value["reason"] == "stale"
    assert [record.value["message_id"] for record in await gateway.stored("outbound")] == ["x-2"]


async def test_the_account_of_the_readme_form_is_not_compared(gateway: Gateway) -> None:
    assert (await gateway.amocrm(README_ANSWER)).status == 200
    assert len(await gateway.stored("outbound")) == 1
