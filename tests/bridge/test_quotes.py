"""An operator's quote on its way to a client: no method of edna takes one (edna.md §2, §7)."""

from __future__ import annotations

import json

import pytest

from tests.bridge.edna_forms import calls
from tests.bridge.edna_rows import TABLE, Row

TEXTS = [row for row in TABLE if row.name == "text"]


@pytest.mark.row(
    "operator → client", "edna: {row.channel}", "any type with `reply_to`", "the same: the client sees no quote"
)
@pytest.mark.parametrize("row", TEXTS, ids=lambda row: row.channel)
def test_what_quotes_a_message_goes_as_what_quotes_none(row: Row) -> None:
    assert [json.loads(one.body) for one in calls(row.content, row.channel, reply_to="q-1")] == row.bodies
