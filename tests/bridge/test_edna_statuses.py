"""What edna says became of a message: every word of each dialect (edna.md §0, §5, §7)."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.edna.webhooks import Reading, Recognised, parse
from bridge.errors import Unusable
from bridge.events import MessageStatus, StatusUpdate
from bridge.shapes import Ignored
from tests.bridge.vendor_forms import REQUEST_ID, legacy_status, pulse_status

READING = Reading("whatsapp", "RU")


def read(document: Any) -> Recognised:
    return parse(document, READING)


def status(document: Any) -> StatusUpdate:
    found = read(document)
    assert isinstance(found, StatusUpdate), found
    return found


def test_a_pulse_status_finds_its_message_by_the_request_id() -> None:
    event = status(pulse_status())
    assert event.message_id == event.request_id == REQUEST_ID
    assert (event.channel, event.address, event.conversation_id) == ("2", "", "")
    assert event.status is MessageStatus.DELIVERED
    assert event.stage == "001-test001"
    assert event.timestamp == 1_738_235_275_000
    assert event.reason is None


def test_a_status_of_another_moment_is_another_event_and_a_repeat_is_not() -> None:
    first, again = status(pulse_status()), status(pulse_status(messageId=None, paymentData={}))
    assert first.event_id == again.event_id
    assert status(pulse_status(statusAt="2025-01-30T11:07:56Z")).event_id != first.event_id
    assert status(pulse_status(status="READ")).event_id != first.event_id


@pytest.mark.parametrize(
    ("said", "error", "expected", "reason"),
    [
        ("SENT", None, MessageStatus.SENT, None),
        ("DELIVERED", None, MessageStatus.DELIVERED, None),
        ("read", None, MessageStatus.READ, None),
        ("DELAYED", None, MessageStatus.ENQUEUED, None),
        ("FAILED", "error-subject-unknown", MessageStatus.FAILED, "error-subject-unknown"),
        ("CANCELLED", None, MessageStatus.FAILED, "cancelled"),
        ("EXPIRED", "", MessageStatus.FAILED, "expired"),
        ("error-system", None, MessageStatus.FAILED, "error-system"),
        ("ACCEPTED", None, MessageStatus.ENQUEUED, None),
        ("CANCELED", None, MessageStatus.FAILED, "canceled"),
        ("INVALID", None, MessageStatus.FAILED, "invalid"),
        ("not-template-match", None, MessageStatus.FAILED, "not-template-match"),
        ("not-whatsapp-user", None, MessageStatus.FAILED, "not-whatsapp-user"),
        ("not-viber-user", None, MessageStatus.FAILED, "not-viber-user"),
        ("user-blocked", None, MessageStatus.FAILED, "user-blocked"),
        ("TELEPORTED", None, MessageStatus.UNKNOWN, "teleported"),
        ("FAILED", {"code": "error-system", "title": "x"}, MessageStatus.FAILED, "error-system"),
        ("FAILED", [{"code": 131047, "title": "Re-engagement message"}], MessageStatus.FAILED, "Re-engagement message"),
        ("FAILED", {"message": "no route"}, MessageStatus.FAILED, "no route"),
        ("FAILED", {"detail": "no route"}, MessageStatus.FAILED, "no route"),
        ("FAILED", {"code": 131047, "at": {"x": 1}}, MessageStatus.FAILED, "code: 131047, at: x: 1"),
        ("FAILED", ["user-blocked"], MessageStatus.FAILED, "user-blocked"),
        ("FAILED", {"code": None}, MessageStatus.FAILED, "failed"),
    ],
)
@pytest.mark.row("status", "edna Pulse", "{said}, error {error}", "{expected}, reason {reason}")
def test_status_words_become_statuses(said: str, error: Any, expected: MessageStatus, reason: str | None) -> None:
    event = status(pulse_status(status=said, error=error))
    assert (event.status, event.reason) == (expected, reason)


@pytest.mark.parametrize(
    ("said", "error", "expected", "reason"),
    [
        ("enqueued", None, MessageStatus.ENQUEUED, None),
        ("delayed", None, MessageStatus.ENQUEUED, None),
        ("sent", None, MessageStatus.SENT, None),
        ("delivered", None, MessageStatus.DELIVERED, None),
        ("read", None, MessageStatus.READ, None),
        ("undelivered", "user-blocked", MessageStatus.FAILED, "user-blocked"),
        ("cancelled", None, MessageStatus.FAILED, "cancelled"),
        ("expired", None, MessageStatus.FAILED, "expired"),
        ("failed", "error-system", MessageStatus.FAILED, "error-system"),
        ("no-match-template", None, MessageStatus.FAILED, "no-match-template"),
        ("failed", {"code": "user-blocked"}, MessageStatus.FAILED, "user-blocked"),
        ("vanished", None, MessageStatus.UNKNOWN, "vanished"),
    ],
)
@pytest.mark.row("status", "edna legacy", "{said}, error {error}", "{expected}, reason {reason}")
def test_legacy_words_become_the_same_statuses(
    said: str, error: Any, expected: MessageStatus, reason: str | None
) -> None:
    event = status(legacy_status(dlvStatus=said, dlvError=error))
    assert (event.status, event.reason) == (expected, reason)


def test_a_legacy_status_finds_its_message_and_its_moment_in_a_zone_without_a_colon() -> None:
    event = status(legacy_status())
    assert event.message_id == event.request_id == REQUEST_ID
    assert event.timestamp == 1_578_672_232_355
    assert status(legacy_status(dlvStatusAt="odd")).timestamp is None
    assert read(legacy_status(imOutMessageId=None)) == Ignored("status without requestId")


@pytest.mark.row("status", "edna Pulse", "any without `requestId`", "counted")
def test_a_status_without_request_id_is_ignored_because_nothing_can_match_it() -> None:
    assert read(pulse_status(requestId=None)) == Ignored("status without requestId")
    assert read({"status": "READ", "messageId": 1}) == Ignored("status without requestId")


@pytest.mark.parametrize("beside", ["requestId", "statusAt", "cascadeId", "messageId", "subjectId"])
@pytest.mark.row("status", "edna Pulse", "any with {beside} alone", "what it is, whatever else stands beside it")
def test_any_key_of_a_pulse_status_tells_it_from_a_message_of_the_readme_form(beside: str) -> None:
    found = read({"status": "READ", beside: REQUEST_ID, "imType": "whatsapp", "subject": "79001234567"})
    if beside == "requestId":
        assert isinstance(found, StatusUpdate)
        assert found.status is MessageStatus.READ
    else:
        assert found == Ignored("status without requestId")


@pytest.mark.row("status", "edna README form", "`read`", "`read` of the message with its `id`")
def test_a_readme_status_is_about_its_id() -> None:
    event = status({"id": "msg-abcde", "status": "read"})
    assert (event.request_id, event.message_id, event.status) == ("msg-abcde", None, MessageStatus.READ)
    assert status({"id": REQUEST_ID, "status": "read"}).message_id == REQUEST_ID
    assert status({"id": REQUEST_ID, "status": "read", "error": None, "comment": ""}).message_id == REQUEST_ID


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"id": "", "status": "read"}, "id"),
        ({"id": "x", "status": None}, "status"),
        ({"requestId": "x"}, "status"),
        ({"imOutMessageId": "x"}, "dlvStatus"),
    ],
)
@pytest.mark.row("status", "edna, what lacks something", "{document}", "quarantine, reason `unusable`: {field}")
def test_a_status_without_what_it_needs_names_the_field(document: dict[str, Any], field: str) -> None:
    with pytest.raises(Unusable) as raised:
        read(document)
    assert raised.value.field == field
