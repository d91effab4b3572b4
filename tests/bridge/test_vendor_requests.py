"""Events as the vendors' JSON, and the vendors' answers as outcomes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bridge.amojo import client as amojo
from bridge.amojo.requests import delivery_status, new_message
from bridge.edna import client as edna
from bridge.edna.channels import NOTHING_TOLD
from bridge.edna.requests import SendRequest, check_path, send_path_trouble, send_requests
from bridge.errors import CannotCarry, ConfigurationError
from bridge.events import Content, ContentType, InboundMessage, MessageStatus, OutboundMessage, Person, StatusUpdate
from bridge.http import Answer
from bridge.outcome import Outcome
from bridge.settings import Settings

UUID = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"


def given(**values: Any) -> Settings:
    return Settings(_env_file=None, **values)


def inbound(**changes: Any) -> InboundMessage:
    values: dict[str, Any] = {
        "event_id": "edna.default.345.9",
        "channel": "345",
        "address": "79001234567",
        "conversation_id": "v1.default.345.79001234567",
        "accepted_at": 1_700_000_000_123,
        "message_id": "9",
        "content": Content(type=ContentType.TEXT, text="Привет & <b>"),
    }
    return InboundMessage(**values | changes)


def outbound(**changes: Any) -> OutboundMessage:
    values: dict[str, Any] = {
        "event_id": f"amojo.default.{UUID}",
        "channel": "345",
        "address": "79001234567",
        "conversation_id": "v1.default.345.79001234567",
        "accepted_at": 1,
        "message_id": UUID,
        "content": Content(type=ContentType.TEXT, text="Добрый день"),
    }
    return OutboundMessage(**values | changes)


def the_request(event: OutboundMessage, settings: Settings) -> SendRequest:
    """The one call of a message where edna does not tell its channels."""
    route = NOTHING_TOLD.route(event.channel, settings)
    assert route is not None
    [request] = send_requests(event, route)
    return request


def test_a_client_message_names_chat_and_sender_by_our_conversation_id() -> None:
    body = json.loads(new_message(inbound(sender=Person(name="Анна", phone="+79001234567", avatar="https://a/b.jpg"))))
    payload = body["payload"]
    assert body["event_type"] == "new_message"
    assert payload["msgid"] == "edna.default.345.9"
    assert payload["conversation_id"] == payload["sender"]["id"] == "v1.default.345.79001234567"
    assert payload["sender"]["name"] == "Анна"
    assert payload["sender"]["profile"] == {"phone": "+79001234567"}
    assert payload["sender"]["avatar"] == "https://a/b.jpg"
    assert payload["msec_timestamp"] == 1_700_000_000_123
    assert payload["timestamp"] == 1_700_000_000
    assert "receiver" not in payload


def test_an_unknown_client_is_shown_by_the_number_and_has_no_empty_avatar() -> None:
    sender = json.loads(new_message(inbound()))["payload"]["sender"]
    assert sender == {"id": "v1.default.345.79001234567", "name": "+79001234567"}


def test_a_repeat_is_the_same_to_the_byte() -> None:
    assert new_message(inbound()) == new_message(inbound())


def test_the_cascade_form_carries_the_amojo_id_as_request_id() -> None:
    request = the_request(outbound(), given(edna_send_path="/api/cascade/schedule", edna_cascade_id="111"))
    assert json.loads(request.body) == {
        "requestId": UUID,
        "cascadeId": 111,
        "subscriberFilter": {"address": "79001234567", "type": "PHONE"},
        "content": {"whatsappContent": {"contentType": "TEXT", "text": "Добрый день"}},
    }


@pytest.mark.parametrize(("channel", "im_type"), [("345", "viber"), ("whatsapp", "whatsapp")])
def test_the_readme_form_has_the_client_as_subject(channel: str, im_type: str) -> None:
    request = the_request(outbound(channel=channel), given(edna_im_type="viber"))
    assert json.loads(request.body) == {"imType": im_type, "subject": "79001234567", "text": "Добрый день"}
    assert request.request_id is None


def test_a_message_without_a_client_address_cannot_be_carried() -> None:
    with pytest.raises(CannotCarry, match="no client address"):
        the_request(outbound(address=""), given())


def test_a_send_path_that_no_form_serves_is_named() -> None:
    with pytest.raises(ConfigurationError, match="EDNA_SEND_PATH=/api/nowhere"):
        check_path(given(edna_send_path="/api/nowhere"))


def status(**changes: Any) -> StatusUpdate:
    values: dict[str, Any] = {
        "event_id": "s", "channel": "345", "address": "", "conversation_id": "", "accepted_at": 1,
        "message_id": UUID, "request_id": UUID, "status": MessageStatus.READ,
    }  # fmt: skip
    return StatusUpdate(**values | changes)


def test_delivered_and_read_have_codes_and_no_error() -> None:
    assert json.loads(delivery_status(status(status=MessageStatus.DELIVERED)) or b"") == {"status_code": 1}
    assert json.loads(delivery_status(status()) or b"") == {"status_code": 2}


@pytest.mark.row("status", "amojo `delivery_status`", "{said}", "no call")
@pytest.mark.parametrize("said", [MessageStatus.ENQUEUED, MessageStatus.SENT, MessageStatus.UNKNOWN])
def test_what_amojo_assumes_or_has_no_word_for_needs_no_call(said: MessageStatus) -> None:
    assert delivery_status(status(status=said)) is None


def test_a_failure_tells_the_operator_why() -> None:
    body = json.loads(delivery_status(status(status=MessageStatus.FAILED, reason="not-whatsapp-user")) or b"")
    assert body["status_code"] == -1
    assert body["error_code"] == 904
    assert "WhatsApp" in body["error"]
    other = json.loads(delivery_status(status(status=MessageStatus.FAILED, reason="x" * 500)) or b"")
    assert other["error_code"] == 905
    assert len(other["error"]) <= 200


def answer(code: int, body: Any = None, content_type: str = "application/json", **headers: str) -> Answer:
    return Answer(code, {"Content-Type": content_type, **headers}, json.dumps(body or {}).encode())


@pytest.mark.parametrize(
    ("given_answer", "outcome"),
    [
        (answer(200, {"requestId": UUID}), Outcome.DELIVERED),
        (answer(400, {"title": "requestId-is-not-unique"}), Outcome.DELIVERED),
        (answer(400, {"title": "text-not-specified"}), Outcome.PERMANENT),
        (answer(400, {"title": "cascade-not-found"}), Outcome.REFUSED),
        (answer(400, {"detail": "insufficient funds"}), Outcome.REFUSED),
        (answer(401, {"title": "auth-error"}), Outcome.REFUSED),
        (answer(404), Outcome.REFUSED),
        (answer(425), Outcome.REFUSED),
        (answer(302), Outcome.REFUSED),
        (answer(200, content_type="text/html"), Outcome.REFUSED),
        (answer(429), Outcome.THROTTLED),
        (answer(500), Outcome.TRANSIENT),
        (answer(503, content_type="text/html"), Outcome.TRANSIENT),
    ],
)
def test_edna_answers_are_classified(given_answer: Answer, outcome: Outcome) -> None:
    assert edna.judged(given_answer).outcome is outcome


def test_a_refusal_that_speaks_only_in_its_detail_has_looked_at_the_message_as_well() -> None:
    verdict = edna.judged(answer(400, {"detail": "insufficient funds"}))
    assert verdict.code == "insufficient funds"
    assert verdict.of_message


@pytest.mark.parametrize(
    ("code", "outcome"),
    [(200, Outcome.DELIVERED), (204, Outcome.DELIVERED), (400, Outcome.PERMANENT), (403, Outcome.REFUSED),
     (404, Outcome.REFUSED), (429, Outcome.THROTTLED), (502, Outcome.TRANSIENT)],
)  # fmt: skip
def test_amojo_answers_are_classified_by_status_alone(code: int, outcome: Outcome) -> None:
    assert amojo.judged(Answer(code, {}, b"not json")).outcome is outcome


def test_an_empty_answer_is_no_page_in_html_whatever_it_says_of_itself() -> None:
    html = {"Content-Type": "text/html; charset=utf-8"}
    assert amojo.judged(Answer(200, html, b"")).outcome is Outcome.DELIVERED
    assert amojo.judged(Answer(200, html, b"\n")).outcome is Outcome.DELIVERED
    assert amojo.judged(Answer(400, html, b"")).outcome is Outcome.PERMANENT
    assert amojo.judged(Answer(200, html, b"<html>")).outcome is Outcome.REFUSED


def test_retry_after_is_passed_on_in_seconds_and_bounded() -> None:
    assert edna.judged(answer(429, **{"Retry-After": "3"})).retry_after_s == 3.0
    assert edna.judged(answer(429, **{"Retry-After": "99999"})).retry_after_s == 300.0
    assert edna.judged(answer(503, **{"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"})).retry_after_s is None
    assert edna.judged(answer(429, **{"Retry-After": "²"})).retry_after_s is None


@pytest.mark.parametrize(
    "base", ["https://app.edna.ru", "https://app.edna.io", "https://APP.edna.by/", "https://edna.kz"]
)
def test_the_readme_path_at_real_edna_is_said_loudly(base: str) -> None:
    trouble = send_path_trouble(given(edna_base_url=base))
    assert trouble is not None
    assert "EDNA_SEND_PATH=/api/cascade/schedule" in trouble


@pytest.mark.parametrize(
    ("base", "path"),
    [
        ("https://app.edna.ru", "/api/cascade/schedule"),
        ("http://127.0.0.1:28081", "/api/messages/send"),
        ("https://edna.ru.example.com", "/api/messages/send"),
        ("https://notedna.ru", "/api/messages/send"),
    ],
)
def test_a_path_that_fits_its_host_is_not_complained_of(base: str, path: str) -> None:
    assert send_path_trouble(given(edna_base_url=base, edna_send_path=path)) is None
