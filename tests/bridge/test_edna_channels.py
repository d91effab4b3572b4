"""Each channel's answers go through that channel, by what edna tells of channels and cascades (edna.md §9)."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.edna.channels import NOTHING_KNOWN, NOTHING_TOLD, Directory, Route, cascades, profiles
from bridge.settings import README_PATH, Settings

SCHEDULE = "/api/cascade/schedule"


def profile(number: int | None, kind: str, subject: str, **more: Any) -> dict[str, Any]:
    told: dict[str, Any] = {"id": 0, "name": subject, "subject": subject, "active": True, "type": kind, **more}
    return told if number is None else told | {"subjectId": number}


def stage(number: int, inner: list[Any] | None = None, **more: Any) -> dict[str, Any]:
    subject = {"id": number, "subject": f"s{number}", "type": "WHATSAPP", "locked": False} | more
    return {"order": 1, "uuid": "u", "decision": None, "subject": subject, "stages": inner or []}


def cascade(number: int | str, *stages: dict[str, Any], status: str = "ACTIVE") -> dict[str, Any]:
    return {"id": number, "name": "c", "status": status, "stagesCount": 1, "stages": list(stages)}


CHANNELS = [
    profile(345, "WHATSAPP", "RETAIL_WA"),
    profile(346, "VIBER", "RETAIL_VB"),
    profile(347, "MAX_BOT", "my_bot"),
    profile(348, "MAX", "79620000000_max_xx"),
    profile(350, "SMS", "RETAIL_SMS"),
    profile(None, "SMS", "not registered yet"),
]
CASCADES = [
    cascade(31634, stage(345)),
    cascade(31635, stage(345)),
    cascade(40000, stage(345), status="DISABLED"),
    cascade(40001, stage(345, locked=True)),
    cascade("40002", stage(345, [stage(350)])),
    cascade(112, stage(346)),
    cascade(3, stage(347)),
]
KNOWN = Directory.of(profiles(CHANNELS), cascades(CASCADES))


def settings(path: str = SCHEDULE, cascade_id: str | None = None, im_type: str = "whatsapp") -> Settings:
    return Settings(_env_file=None, edna_send_path=path, edna_cascade_id=cascade_id, edna_im_type=im_type)


@pytest.mark.parametrize(
    ("channel", "configured", "route"),
    [
        ("345", None, Route(SCHEDULE, "WHATSAPP", "RETAIL_WA", "31635")),
        ("345", "31634", Route(SCHEDULE, "WHATSAPP", "RETAIL_WA", "31634")),
        ("345", "40002", Route(SCHEDULE, "WHATSAPP", "RETAIL_WA", "40002")),
        ("345", "40000", Route(SCHEDULE, "WHATSAPP", "RETAIL_WA", "31635")),
        ("346", "31634", Route(SCHEDULE, "VIBER", "RETAIL_VB", "112")),
        ("346", "777", Route(SCHEDULE, "VIBER", "RETAIL_VB", "112")),
        ("347", "31634", Route("/api/v1/out-messages/max-bot", "MAX_BOT", "my_bot")),
        ("348", None, Route("/api/v1/out-messages/max", "MAX", "79620000000_max_xx")),
        ("350", None, None),
        ("350", "31634", None),
        ("350", "40002", Route(SCHEDULE, "SMS", "RETAIL_SMS", "40002")),
        ("350", "777", Route(SCHEDULE, "SMS", "RETAIL_SMS", "777")),
        ("999", "31634", None),
        ("999", "40002", None),
        ("999", "777", Route(SCHEDULE, "WHATSAPP", "", "777")),
        ("telegram", "31634", Route(SCHEDULE, "TELEGRAM", "", "31634")),
        ("999", None, None),
        ("viber", None, Route(SCHEDULE, "VIBER", "RETAIL_VB", "112")),
        ("RETAIL_VB", None, Route(SCHEDULE, "VIBER", "RETAIL_VB", "112")),
    ],
)
def test_the_way_follows_the_channel_and_a_configured_cascade_serves_no_other(
    channel: str, configured: str | None, route: Route | None
) -> None:
    assert KNOWN.route(channel, settings(cascade_id=configured)) == route


def test_max_has_a_method_of_its_own_whatever_the_send_path() -> None:
    route = KNOWN.route("347", settings(README_PATH))
    assert route is not None
    assert route.path == "/api/v1/out-messages/max-bot"
    assert KNOWN.route("346", settings("/api/imOutMessage")) == Route("/api/imOutMessage", "VIBER", "RETAIL_VB")


@pytest.mark.parametrize("kind", ["MAX", "MAX_BOT"])
def test_a_channel_that_is_called_by_a_name_which_edna_does_not_tell_has_no_way(kind: str) -> None:
    nameless = Directory.of(profiles([{"subjectId": 348, "type": kind}]), [])
    assert nameless.route("348", settings(cascade_id="1")) is None
    assert "no name" in nameless.trouble("348")


def test_of_a_channel_that_edna_does_not_list_is_said_just_that() -> None:
    assert "switched off" in KNOWN.trouble("999")
    assert "cascade" in KNOWN.trouble("350")


def test_nothing_is_guessed_while_edna_cannot_be_asked_and_the_settings_do_where_it_does_not_tell() -> None:
    assert NOTHING_KNOWN.route("345", settings(cascade_id="1")) is None
    assert "EDNA_BASE_URL" in NOTHING_KNOWN.trouble("345")
    assert NOTHING_TOLD.route("345", settings(cascade_id="1")) == Route(SCHEDULE, "WHATSAPP", "", "1")
    assert NOTHING_TOLD.route("345", settings()) is None
    assert "EDNA_CASCADE_ID" in NOTHING_TOLD.trouble("345")
    assert NOTHING_TOLD.route("345", settings(README_PATH, im_type="viber")) == Route(README_PATH, "VIBER")


@pytest.mark.parametrize(
    ("configured", "word"),
    [("777", "not among"), ("40000", "not among"), ("40001", "locked"), ("40002", "several stages"), ("31634", None)],
)
def test_a_configured_cascade_that_will_not_do_is_said(configured: str, word: str | None) -> None:
    doubts = KNOWN.doubts(settings(cascade_id=configured))
    assert doubts is None if word is None else word in (doubts or "")


@pytest.mark.parametrize(
    "document",
    [None, {}, "x", [None], [{}], [{"id": 1, "status": "ACTIVE", "stages": None}], [cascade(1, {"subject": None})]],
)
def test_whatever_else_comes_tells_nothing(document: Any) -> None:
    assert cascades(document) == []
    assert profiles(document) == []
