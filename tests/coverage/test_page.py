"""The page tells what the tests prove today, and no type that is known of is without a row."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from bridge.amojo.sentences import FAILURES
from bridge.edna.contents import READERS
from bridge.edna.statuses import STATUSES
from bridge.events import ContentType, MessageStatus
from sandbox.amojo.content import TYPES as OPERATORS_TYPES
from sandbox.edna.contents import TYPES as CLIENTS_TYPES
from tests.coverage.__main__ import PAGE
from tests.coverage.page import page
from tests.coverage.rows import Row, all_rows, rows_of

ROWS = all_rows()
IN, OUT, STATUS = "client → operator", "operator → client", "status"
SENT_THROUGH = ("whatsapp", "viber", "sms", "max", "max bot", "legacy", "readme")
SENT = ("text", "picture", "sticker", "video", "voice", "audio", "document", "place", "contact", "buttons", "list")
STAND_IN = {"UNSUPPORTED"}  # the fake's word for a DOCUMENT without its file; edna has none for it
REASONED = {MessageStatus.FAILED}  # in a row for each of its reasons

# What is known of each dialect elsewhere: in the tables of the bridge, and in the vendors' fakes.
KNOWN: list[tuple[str, str, Iterable[str]]] = [
    (IN, "edna Pulse", {*READERS, *CLIENTS_TYPES} - STAND_IN),
    (IN, "amojo `new_message`", ContentType),
    (OUT, "amojo hooks v2 and v1", OPERATORS_TYPES),
    *((OUT, f"edna: `{channel}`", SENT) for channel in SENT_THROUGH),
    (STATUS, "edna", STATUSES),
    (STATUS, "amojo `delivery_status`", {*MessageStatus} - REASONED),
    (STATUS, "amojo `delivery_status`", FAILURES),
]


def test_the_page_is_what_would_be_made_today() -> None:
    assert PAGE.read_text() == page(ROWS), "docs/coverage.md is old: python -m tests.coverage"


@pytest.mark.parametrize(("direction", "dialect", "known"), KNOWN)
def test_each_type_that_is_known_has_a_row(direction: str, dialect: str, known: Iterable[str]) -> None:
    types = [row.type.lower() for row in ROWS if row.direction == direction and row.dialect.startswith(dialect)]
    assert [each for each in known if not any(_names(said, each.lower()) for said in types)] == []


def _names(said: str, word: str) -> bool:
    return any(f"{quote}{prefix}{word}{quote}" in said for quote in '`"' for prefix in ("", "error-"))


@pytest.mark.row(IN, "edna Pulse", "{kind} {said}", "{becomes}")
@pytest.mark.parametrize(("kind", "becomes"), [("A", ContentType.TEXT), pytest.param("B", None)])
@pytest.mark.parametrize("said", [{"text": "a|b", "x": None}, [5]])
def two_tables(kind: str, becomes: str, said: object) -> None:
    """What a test looks like, and none."""


def test_a_row_is_made_of_each_set_of_parameters() -> None:
    cells = [(row.type, row.becomes) for row in rows_of(two_tables, "tests/test_x.py")]
    assert cells == [
        ('`A` `{"text": "a\\|b"}`', "`text`"),
        ('`B` `{"text": "a\\|b"}`', "`null`"),
        ("`A` `[5]`", "`text`"),
        ("`B` `[5]`", "`null`"),
    ]


@pytest.mark.parametrize(("direction", "dialect"), [("client to operator", "edna Pulse"), (IN, "Pulse of edna")])
def test_a_row_of_no_known_direction_or_vendor_is_refused_by_name(direction: str, dialect: str) -> None:
    with pytest.raises(ValueError, match="test_it: no direction or vendor"):
        page([Row(direction, dialect, "a", "b", "tests/test_x.py", "test_it")])
