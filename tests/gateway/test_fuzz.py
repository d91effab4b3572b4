"""Whatever comes in, no webhook is answered 5xx, and what is answered 200 is stored, set aside or counted (I1)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.generation.modes import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.gateway.forms import SCOPE_ID
from tests.gateway.ledger import Ledger
from tests.gateway.load import Starts
from tests.gateway.near_misses import AMOJO, EDNA, JSON, near_misses, written
from tests.gateway.server import MakeSettings

pytestmark = pytest.mark.broker

PROMISED: list[CheckFunction] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
# How many that fit the document, and how many that do not, go to each route.
ROUTES = {
    "/webhooks/edna": 18,
    "/webhooks/edna/{secret}": 4,
    "/webhooks/amocrm": 18,
    "/webhooks/amocrm/{scope_id}": 8,
}
PATHS: dict[str, Any] = {"secret": "whatever", "scope_id": SCOPE_ID}
SAMPLES = {"/webhooks/edna": EDNA, "/webhooks/amocrm": AMOJO}
PROVEN = st.integers(0, 9).map(bool)  # one in ten is not


def bounded(count: int) -> settings:
    """So many examples, and none to search for a smaller one: each is a webhook that a real gateway stores."""
    return settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture
async def ledger(start: Starts, make_settings: MakeSettings, topics: None) -> Ledger:
    """Of a gateway process of its own, which asks both vendors for their proof."""
    made = make_settings(edna_webhook_key="test-webhook-key")
    return Ledger(await start(made), made)


async def test_what_fits_the_document_and_what_does_not_has_its_answer_and_its_place(ledger: Ledger) -> None:
    document = schemathesis.openapi.from_url(f"{ledger.url}/openapi.json")

    def send(path: str, mode: GenerationMode, count: int) -> None:
        @given(document[path]["POST"].as_strategy(mode, path_parameters=PATHS), PROVEN)
        @bounded(count)
        def one(case: schemathesis.Case[Any], proven: bool) -> None:
            answer = case.call(ledger.url, ledger.session, auth=ledger.proof if proven else None)
            ledger.note(path, answer.request.body, answer.status_code)
            case.validate_response(answer, checks=PROMISED)

        one()

    for path, count in ROUTES.items():
        for mode in GenerationMode:
            await asyncio.to_thread(send, path, mode, count)
    assert min(ledger.answered[status] for status in (200, 400, 401, 422)) > 0
    await ledger.check()


async def test_any_json_and_whatever_nearly_is_a_webhook_has_its_answer_and_its_place(ledger: Ledger) -> None:
    def send(path: str) -> None:
        one_thing = near_misses(SAMPLES[path])

        @given(one_thing | one_thing | st.lists(one_thing | JSON, max_size=4) | JSON, st.booleans())
        @bounded(200)
        def one(document: Any, ascii_only: bool) -> None:
            body = written(document, ascii_only=ascii_only)
            answer = ledger.session.post(ledger.url + path, data=body, auth=ledger.proof)
            ledger.note(path, body, answer.status_code)

        one()

    for path in SAMPLES:
        await asyncio.to_thread(send, path)
    assert min(ledger.answered[status] for status in (200, 422)) > 0
    await ledger.check()
