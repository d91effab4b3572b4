"""The API as a document and a page, with nothing from outside."""

from __future__ import annotations

import re

import pytest

from bridge.amojo import webhooks as amojo
from bridge.edna import webhooks as edna
from bridge.events import Event
from gateway.forms import AMOCRM_FORMS, EDNA_FORMS, Ready
from gateway.openapi import document
from tests.gateway.server import Gateway

pytestmark = pytest.mark.broker


async def test_every_route_of_the_document_answers(gateway: Gateway) -> None:
    made = (await gateway.ask("GET", "/openapi.json")).json
    assert made["openapi"].startswith("3.1")
    assert {"/health", "/ready", "/metrics", "/webhooks/edna", "/webhooks/amocrm/{scope_id}"} <= made["paths"].keys()
    for path, methods in made["paths"].items():
        for method in methods:
            answer = await gateway.ask(method.upper(), path.replace("{", "").replace("}", ""), b"")
            assert answer.status not in (404, 405), (method, path)


async def test_ready_says_what_the_document_says_of_it(gateway: Gateway) -> None:
    said = (await gateway.ask("GET", "/ready")).json
    ready = Ready.model_validate(said)
    assert said == ready.model_dump()
    responses = document()["paths"]["/ready"]["get"]["responses"]
    assert all("Ready" in str(responses[status]["content"]) for status in ("200", "503"))


async def test_the_page_and_all_that_it_loads_come_from_here(gateway: Gateway) -> None:
    page = await gateway.ask("GET", "/docs")
    assert page.status == 200
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert b"://" not in page.body
    assets = re.findall(r'(?:src|href)="([^"]+)"', page.body.decode())
    assert len(assets) == 4
    for asset in [*assets, "/docs/openapi.json"]:
        assert (await gateway.ask("GET", asset)).status == 200, asset
    assert (await gateway.ask("GET", "/docs/assets/..%2F..%2F__init__.py")).status == 404


async def test_the_root_points_to_the_page(gateway: Gateway) -> None:
    assert (await gateway.ask("GET", "/")).json["docs"] == "/docs"


def test_every_example_is_an_event_and_fits_its_own_model() -> None:
    paths = document()["paths"]
    for path, forms, parse in (
        ("/webhooks/edna", EDNA_FORMS, lambda example: edna.parse(example, edna.Reading("whatsapp", "RU"))),
        ("/webhooks/amocrm", AMOCRM_FORMS, lambda example: amojo.parse(example, amojo.Reading("whatsapp", "RU"))),
    ):
        examples = paths[path]["post"]["requestBody"]["content"]["application/json"]["examples"]
        assert list(examples) == [form.__name__ for form in forms]
        for form in forms:
            value = examples[form.__name__]["value"]
            form.model_validate(value)
            assert isinstance(parse(value), Event)
