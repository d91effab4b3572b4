"""Whether a refusal was one of the message: only then does the vendor perhaps know its id (I4)."""

from __future__ import annotations

import json

import pytest

from bridge.edna.client import judged
from bridge.http import Answer
from bridge.outcome import Outcome

JSON, HTML = {"Content-Type": "application/json"}, {"Content-Type": "text/html; charset=utf-8"}


def answer(status: int, title: str = "", *, page: str = "") -> Answer:
    """What a vendor answers: JSON with a title or without, or a page."""
    body = page or json.dumps({"title": title} if title else {})
    return Answer(status, HTML if page else JSON, body.encode())


@pytest.mark.parametrize(
    ("given", "outcome", "of_message"),
    [
        (answer(200), Outcome.DELIVERED, False),
        (answer(503, "busy"), Outcome.TRANSIENT, False),
        (answer(429, "slower"), Outcome.THROTTLED, False),
        (answer(400, "text-not-specified"), Outcome.PERMANENT, True),
        (answer(400), Outcome.PERMANENT, True),
        (answer(400, "cascade-not-found"), Outcome.REFUSED, True),
        (answer(402, "insufficient funds"), Outcome.REFUSED, True),
        (answer(425, "credit expired"), Outcome.REFUSED, True),
        (answer(401, "auth-error"), Outcome.REFUSED, False),
        (answer(403, "forbidden"), Outcome.REFUSED, False),
        (answer(404, "Not Found"), Outcome.REFUSED, False),
        (answer(405, "no such method"), Outcome.REFUSED, False),
        (answer(302, "moved"), Outcome.REFUSED, False),
        (answer(402), Outcome.REFUSED, False),
        (answer(200, page="<h1>Maintenance</h1>"), Outcome.REFUSED, False),
        (answer(400, page="<h1>Bad Request</h1>"), Outcome.REFUSED, False),
    ],
    ids=lambda value: f"{value.status} {value.body.decode()}" if isinstance(value, Answer) else None,
)
def test_who_refuses_at_the_door_has_not_looked_at_the_message(
    given: Answer, outcome: Outcome, of_message: bool
) -> None:
    verdict = judged(given)
    assert (verdict.outcome, verdict.of_message) == (outcome, of_message)
