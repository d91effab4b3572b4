"""The OpenAPI 3.1 document, made of the models in `gateway.forms`. Pure."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from bridge import __version__
from gateway.forms import AMOCRM_FORMS, EDNA_FORMS, EVERY_FORM, Accepted, Ready, Refused

JSON = "application/json"
REF = "#/components/schemas/{model}"
PAGE_VERSION = "3.0.3"  # the newest that the page's assets can show; nothing in the document needs more

ANSWERS: dict[str, tuple[type[BaseModel], str]] = {
    "200": (
        Accepted,
        "Stored, in Kafka or in the spool; set aside in quarantine; or nothing to carry",
    ),
    "400": (Refused, "Not JSON"),
    "401": (Refused, "Not authentic"),
    "413": (Refused, "Larger than MAX_WEBHOOK_BYTES"),
    "422": (Refused, "A known shape without what it needs; `detail` names the field"),
    "503": (Refused, "Not stored, because neither Kafka nor the disk took it: again after `Retry-After` seconds"),
}
WEBHOOKS: tuple[tuple[str, str, str, tuple[type[BaseModel], ...]], ...] = (
    ("edna", "secret", "Authorization", EDNA_FORMS),
    ("amocrm", "scope_id", "X-Signature", AMOCRM_FORMS),
)
PROBES: tuple[tuple[str, str, type[BaseModel] | None], ...] = (
    ("/health", "Alive", None),
    ("/ready", "Able to store webhooks, in Kafka or in the spool", Ready),
    ("/metrics", "Prometheus metrics", None),
)

MEDIA = "/media/{token}/{name}"
MEDIA_ANSWERS = {
    "403": "Not a link of ours, or under another name",
    "404": "The file is not there any more",
    "410": "The link is older than 30 days",
    "413": "Larger than MEDIA_MAX_BYTES",
    "502": "The file's host refuses, breaks off, answers with a page, or is at an address that is not reached",
    "503": "Too many files at once: again after `Retry-After` seconds",
    "504": "The file's host is too slow",
}


def document() -> dict[str, Any]:
    """The document."""
    _, schemas = models_json_schema([(form, "validation") for form in EVERY_FORM], ref_template=REF)
    paths: dict[str, Any] = {}
    for vendor, parameter, header, forms in WEBHOOKS:
        proof = _parameter(header, "header", required=False)
        part = _parameter(parameter, "path", required=True)
        paths[f"/webhooks/{vendor}"] = _webhook(vendor, [proof], forms)
        paths[f"/webhooks/{vendor}/{{{parameter}}}"] = _webhook(vendor, [proof, part], forms)
    for path, summary, form in PROBES:
        responses: dict[str, Any] = {"200": {"description": "OK"}}
        if form is not None:
            responses = {"200": _answer(form, "Able"), "503": _answer(form, "Unable; `detail` says why")}
        paths[path] = {"get": {"tags": ["operation"], "summary": summary, "responses": responses}}
    paths[MEDIA] = _media()
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "edna-amocrm",
            "version": __version__,
            "description": "Webhooks of edna Pulse and amoCRM chats",
        },
        "paths": paths,
        "components": {"schemas": schemas["$defs"]},
    }


def for_page(made: dict[str, Any]) -> dict[str, Any]:
    """The same document for the page."""
    return {**made, "openapi": PAGE_VERSION}


def _webhook(vendor: str, parameters: list[dict[str, Any]], forms: tuple[type[BaseModel], ...]) -> dict[str, Any]:
    references = [{"$ref": REF.format(model=form.__name__)} for form in forms]
    one: dict[str, Any] = {"anyOf": references}
    schema = {"anyOf": [*references, {"type": "array", "items": one}]} if vendor == "edna" else one
    return {
        "post": {
            "tags": [vendor],
            "summary": f"A webhook of {vendor}",
            "parameters": parameters,
            "requestBody": {
                "required": True,
                "content": {JSON: {"schema": schema, "examples": {form.__name__: _example(form) for form in forms}}},
            },
            "responses": {status: _answer(*answer) for status, answer in ANSWERS.items()},
        },
        "get": {
            "tags": [vendor],
            "summary": "Is the address there? HEAD as well; no proof, no effect",
            "parameters": [each for each in parameters if each["in"] == "path"],
            "responses": {"200": _answer(*ANSWERS["200"])},
        },
    }


def _media() -> dict[str, Any]:
    file = {"description": "The file; 206 for a single `Range`", "content": {"*/*": {}}}
    return {
        "get": {
            "tags": ["media"],
            "summary": "A file of one vendor, as the other can fetch it; HEAD as well",
            "parameters": [_parameter(name, "path", required=True) for name in ("token", "name")],
            "responses": {
                "200": file,
                **{status: _answer(Refused, description) for status, description in MEDIA_ANSWERS.items()},
            },
        }
    }


def _example(form: type[BaseModel]) -> dict[str, Any]:
    extra = form.model_config.get("json_schema_extra")
    examples = extra["examples"] if isinstance(extra, dict) else []
    return {"summary": (form.__doc__ or "").strip(), "value": examples[0] if isinstance(examples, list) else None}


def _parameter(name: str, place: str, *, required: bool) -> dict[str, Any]:
    return {"name": name, "in": place, "required": required, "schema": {"type": "string"}}


def _answer(form: type[BaseModel], description: str) -> dict[str, Any]:
    return {
        "description": description,
        "content": {JSON: {"schema": {"$ref": REF.format(model=form.__name__)}}},
    }
