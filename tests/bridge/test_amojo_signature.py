"""amojo's signatures against vectors of amojo.md §2.3 and §6.2, and against whatever a header may hold."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bridge.amojo.signature import hook_is_authentic, hook_signature, signed_headers

SECRET = "demosecretdemosecretdemosecretdemosecret"
DATE = datetime(2025, 6, 3, 10, 20, 30, tzinfo=UTC)
SIGNATURE = "0ea137e585a1714a7b15db81471ea654e5f3ece3"
BODY = (
    '{"account_id":"aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee","time":1748946031,"message":{"receiver":{"id":"r-1",'
    '"name":"Анна","client_id":"u-1"},"sender":{"id":"s-1","name":"Олег"},"conversation":{"id":"k-1",'
    '"client_id":"c-1"},"timestamp":1748946031,"msec_timestamp":1748946031456,"message":{"id":"x-1","type":"text",'
    '"text":"ok","markup":null,"tag":"","media":"","thumbnail":"","file_name":"","file_size":0}}}'
).encode()


def test_a_request_is_signed_over_method_headers_and_path() -> None:
    path = "/v2/origin/custom/11111111-2222-4333-8444-555555555555/connect"
    body = b'{"account_id":"aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee","title":"Demo","hook_api_version":"v2"}'
    assert signed_headers(SECRET, "post", path, body, DATE) == {
        "Date": "Tue, 03 Jun 2025 10:20:30 +0000",
        "Content-Type": "application/json",
        "Content-MD5": "18600c31d3999f9570babd845cdfedec",
        "X-Signature": "5a9c3915f8e8bcbc15e2f2becc9b13d7144bc899",
    }


def test_a_hook_is_signed_over_its_body_alone() -> None:
    assert hook_signature(SECRET, BODY) == SIGNATURE


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_a_hook_is_authentic_with_and_without_the_newline_that_is_not_signed(end: bytes) -> None:
    assert hook_is_authentic([SECRET], BODY + end, SIGNATURE)


def test_a_hook_whose_newline_is_signed_is_authentic_too() -> None:
    assert hook_is_authentic([SECRET], BODY + b"\n", hook_signature(SECRET, BODY + b"\n"))


def test_the_previous_secret_counts_during_a_rotation() -> None:
    assert hook_is_authentic(["new-secret", SECRET], BODY, SIGNATURE)
    assert not hook_is_authentic(["new-secret"], BODY, SIGNATURE)


@pytest.mark.parametrize("header", [f" {SIGNATURE} ", SIGNATURE.upper()])
def test_spaces_and_case_of_the_header_do_not_matter(header: str) -> None:
    assert hook_is_authentic([SECRET], BODY, header)


@pytest.mark.parametrize("header", [None, "", "x", SIGNATURE[:-1], SIGNATURE + "0", "подпись", "\udcff" * 40])
def test_any_other_header_is_not_authentic(header: str | None) -> None:
    assert not hook_is_authentic([SECRET], BODY, header)


def test_one_changed_byte_is_not_authentic() -> None:
    assert not hook_is_authentic([SECRET], BODY.replace(b"ok", b"oK"), SIGNATURE)


def test_without_secrets_nothing_is_authentic() -> None:
    assert not hook_is_authentic([], BODY, SIGNATURE)
