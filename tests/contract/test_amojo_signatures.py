"""Signatures: known vectors against the fake's checks and against the bridge's (amojo.md §2.3, §6.2)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import aiohttp
import pytest

from bridge.amojo import signature as bridge_signature
from sandbox.amojo import AmojoFake
from sandbox.amojo import signature as fake_signature
from tests.contract.amojo_caller import CHANNEL, SCOPE, call, connect, message, signed

SECRET = "demosecret" * 4
DATE = "Tue, 03 Jun 2025 10:20:30 +0000"
NOW = datetime(2025, 6, 3, 10, 20, 30, tzinfo=UTC)
DEMO_CHANNEL = "/v2/origin/custom/11111111-2222-4333-8444-555555555555"
DEMO_SCOPE = f"{DEMO_CHANNEL}_aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"

# method, path, body, Content-MD5, X-Signature
VECTORS = [
    (
        "POST",
        f"{DEMO_CHANNEL}/connect",
        b'{"account_id":"aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee","title":"Demo","hook_api_version":"v2"}',
        "18600c31d3999f9570babd845cdfedec",
        "5a9c3915f8e8bcbc15e2f2becc9b13d7144bc899",
    ),
    (
        "POST",
        DEMO_SCOPE,
        (
            '{"event_type":"new_message","payload":{"timestamp":1748946030,"msec_timestamp":1748946030123,"msgid":"m-1",'
            '"conversation_id":"c-1","sender":{"id":"u-1","name":"Анна"},"message":{"type":"text",'
            '"text":"Привет & <b>"},"silent":false}}'
        ).encode(),
        "80502d6527177a17abd7111e70bbed5d",
        "fba2feccac0d1e0e93b1df0545bcdc6c1beb6c00",
    ),
    (
        "GET",
        f"{DEMO_SCOPE}/chats/99999999-8888-4777-8666-555555555555/history",
        b"",
        "d41d8cd98f00b204e9800998ecf8427e",
        "633f5a85b3cc8e037ec8ac13b07321522b1e5966",
    ),
]
HOOK = (
    '{"account_id":"aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee","time":1748946031,"message":{"receiver":{"id":"r-1",'
    '"name":"Анна","client_id":"u-1"},"sender":{"id":"s-1","name":"Олег"},"conversation":{"id":"k-1","client_id":"c-1"},'
    '"timestamp":1748946031,"msec_timestamp":1748946031456,"message":{"id":"x-1","type":"text","text":"ok",'
    '"markup":null,"tag":"","media":"","thumbnail":"","file_name":"","file_size":0}}}'
).encode()
HOOK_SIGNATURE = "0ea137e585a1714a7b15db81471ea654e5f3ece3"


@pytest.mark.parametrize(("method", "path", "body", "md5", "signature"), VECTORS)
def test_a_known_request_passes_the_fakes_check_and_is_what_the_bridge_signs(
    method: str, path: str, body: bytes, md5: str, signature: str
) -> None:
    headers = {"Date": DATE, "Content-Type": "application/json", "Content-MD5": md5, "X-Signature": signature}
    assert fake_signature.refusal(SECRET, method, path, headers, body, NOW) is None
    assert bridge_signature.signed_headers(SECRET, method, path, body, NOW) == headers


@pytest.mark.parametrize(("method", "path", "body", "md5", "signature"), VECTORS)
def test_a_known_request_changed_in_one_place_is_refused(
    method: str, path: str, body: bytes, md5: str, signature: str
) -> None:
    right = {"Date": DATE, "Content-Type": "application/json", "Content-MD5": md5, "X-Signature": signature}
    wrong = [
        (method, path, {**right, "X-Signature": signature.upper()}, body),
        (method, path, {**right, "X-Signature": "0" * 40}, body),
        (method, path, {**right, "Content-MD5": md5.upper()}, body),
        (method, path, {**right, "Content-Type": "application/json; charset=utf-8"}, body),
        (method, path, right, body + b" "),
        (method, path + "?offset=0", right, body),
        ("PUT", path, right, body),
        *((method, path, {k: v for k, v in right.items() if k != name}, body) for name in right),
    ]
    for each_method, each_path, headers, each_body in wrong:
        assert fake_signature.refusal(SECRET, each_method, each_path, headers, each_body, NOW) is not None


def test_the_secret_is_used_as_text_and_a_hook_is_signed_without_its_newline() -> None:
    assert fake_signature.hook_signature(SECRET, HOOK) == HOOK_SIGNATURE
    assert bridge_signature.hook_signature(SECRET, HOOK) == HOOK_SIGNATURE
    assert fake_signature.hook_signature(SECRET, HOOK + b"\n").startswith("0afe9010")
    assert bridge_signature.hook_is_authentic([SECRET], HOOK + b"\n", HOOK_SIGNATURE)
    assert not bridge_signature.hook_is_authentic([SECRET], HOOK[:-1] + b" }\n", HOOK_SIGNATURE)


def test_hooks_are_compact_json_in_raw_utf_8_with_three_escapes() -> None:
    assert fake_signature.hook_bytes({"text": "Анна & <b>😀"}) == '{"text":"Анна \\u0026 \\u003cb\\u003e😀"}'.encode()


@pytest.mark.parametrize("minutes", [-14, 0, 14])
@pytest.mark.parametrize("gmt", [True, False])
async def test_a_date_within_fifteen_minutes_is_taken_in_either_spelling(
    session: aiohttp.ClientSession, amojo: AmojoFake, minutes: int, gmt: bool
) -> None:
    await connect(session, amojo)
    date = format_datetime(datetime.now(UTC) + timedelta(minutes=minutes), usegmt=gmt)
    headers = signed("POST", SCOPE, b"{}", date=date)
    assert (await call(session, amojo, SCOPE, body=b"{}", headers=headers))[0] == 400  # authentic, then invalid


@pytest.mark.parametrize("date", [-16, 16, "yesterday", "Tue, 03 Jun 2025 10:20:30 -0000"])
async def test_any_other_date_is_refused(session: aiohttp.ClientSession, amojo: AmojoFake, date: int | str) -> None:
    await connect(session, amojo)
    written = date if isinstance(date, str) else format_datetime(datetime.now(UTC) + timedelta(minutes=date))
    headers = signed("POST", SCOPE, b"{}", date=written)
    assert (await call(session, amojo, SCOPE, body=b"{}", headers=headers))[0] == 403


async def test_a_wrong_secret_is_403_and_an_unknown_scope_404_before_any_signature_is_looked_at(
    session: aiohttp.ClientSession, amojo: AmojoFake
) -> None:
    await connect(session, amojo)
    wrong = signed("POST", SCOPE, b"{}", secret="f" * 40)
    assert (await call(session, amojo, SCOPE, body=b"{}", headers=wrong))[0] == 403
    for path in (f"{SCOPE}0", CHANNEL, f"{SCOPE}/connect", f"{SCOPE}/nothing", "/v2/origin/custom"):
        assert await call(session, amojo, path, body=b"{}", headers={}) == (404, b"")


async def test_the_content_type_is_exact_even_when_it_was_signed_so(
    session: aiohttp.ClientSession, amojo: AmojoFake
) -> None:
    import hashlib
    import hmac

    await connect(session, amojo)
    headers = signed("POST", SCOPE, b"{}")
    headers["Content-Type"] = "application/json; charset=utf-8"
    words = "\n".join(("POST", headers["Content-MD5"], headers["Content-Type"], headers["Date"], SCOPE))
    secret = amojo.config.channel_secret
    headers["X-Signature"] = hmac.new(secret.encode(), words.encode(), hashlib.sha1).hexdigest()
    status, body = await call(session, amojo, SCOPE, body=b"{}", headers=headers)
    assert status == 400
    assert b"Content-Type" in body


async def test_the_query_of_the_history_is_not_signed(session: aiohttp.ClientSession, amojo: AmojoFake) -> None:
    await connect(session, amojo)
    await call(session, amojo, SCOPE, message())
    chat = next(iter(amojo.vendor.scope.chats))
    path = f"{SCOPE}/chats/{chat}/history?offset=0&limit=50"
    assert (await call(session, amojo, path, method="GET"))[0] == 200
    with_query = signed("GET", path, b"")
    assert (await call(session, amojo, path, method="GET", headers=with_query))[0] == 403
