"""`/openapi.json` and `/docs`: the API as a document and as a page, with nothing from outside."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import swagger_ui_bundle
from aiohttp import web

ASSETS = Path(swagger_ui_bundle.swagger_ui_path)
POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; script-src 'self'"

EDNA_EXAMPLES: dict[str, Any] = {
    "README form, message": {
        "id": "msg-12345", "imType": "whatsapp", "subject": "79001234567", "text": "Здравствуйте, у меня вопрос!",
        "fromClient": True,
    },
    "README form, status": {"id": "msg-abcde", "status": "read"},
    "edna Pulse, message": {
        "id": 14558923001, "subject": "shop_wa", "subjectId": 345,
        "subscriber": {"id": 202, "identifier": "79001234567"}, "userInfo": {"userName": "Анна"},
        "messageContent": {"type": "TEXT", "text": "Здравствуйте"}, "receivedAt": "2026-01-01T10:00:00Z",
    },
    "edna Pulse, status": {
        "requestId": "2c2dd5f1-5ad8-449d-9c38-b6bdf288f1e5", "messageId": 8681748, "subjectId": 345,
        "status": "DELIVERED", "statusAt": "2026-01-01T10:00:05Z", "error": None,
    },
}  # fmt: skip
AMOJO_EXAMPLES: dict[str, Any] = {
    "README form": {
        "message": {"id": "chat-msg-67890", "text": "Здравствуйте, чем могу помочь?", "date": 1678886400},
        "sender": {"id": "user-1", "name": "Иван Петров"}, "conversation": {"id": "v1.default.345.79001234567"},
        "account": {"id": "acc-123", "subdomain": "youraccount"},
    },
    "hook v2": {
        "account_id": "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee", "time": 1748946031,
        "message": {
            "receiver": {"id": "r-1", "name": "Анна"}, "sender": {"id": "s-1", "name": "Олег"},
            "conversation": {"id": "k-1", "client_id": "v1.default.345.79001234567"},
            "timestamp": 1748946031, "msec_timestamp": 1748946031456,
            "message": {"id": "x-1", "type": "text", "text": "Добрый день"},
        },
    },
}  # fmt: skip

ANSWERS = {
    "200": "Stored in Kafka, set aside in quarantine, or nothing to carry",
    "400": "Not JSON",
    "401": "Not authentic",
    "413": "Larger than MAX_WEBHOOK_BYTES",
    "422": "A known shape without what it needs; `detail` names the field",
    "503": "Not stored: Kafka did not confirm; send it again after `Retry-After` seconds",
}

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>edna-amocrm</title>
<link rel="stylesheet" href="/docs/assets/swagger-ui.css"></head><body><div id="page"></div>
<script src="/docs/assets/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body></html>"""
START = "SwaggerUIBundle({url: '/openapi.json', dom_id: '#page', supportedSubmitMethods: []});"


def document() -> dict[str, Any]:
    """The OpenAPI document."""
    code = {"type": "object", "properties": {"code": {"const": "ok"}}, "required": ["code"]}
    detail = {"type": "object", "properties": {"detail": {"type": "string"}}, "required": ["detail"]}
    schemas = {"Accepted": code, "Refused": detail}
    webhook = {"edna": EDNA_EXAMPLES, "amocrm": AMOJO_EXAMPLES}
    paths: dict[str, Any] = {}
    for vendor, parameter, header in (("edna", "secret", "Authorization"), ("amocrm", "scope_id", "X-Signature")):
        for path in (f"/webhooks/{vendor}", f"/webhooks/{vendor}/{{{parameter}}}"):
            parameters = [{"name": header, "in": "header", "required": False, "schema": {"type": "string"}}]
            if "{" in path:
                parameters.append({"name": parameter, "in": "path", "required": True, "schema": {"type": "string"}})
            paths[path] = {
                "post": {
                    "summary": f"A webhook of {vendor}", "parameters": parameters,
                    "requestBody": {"required": True, "content": {"application/json": {
                        "schema": {"type": ["object", "array"]},
                        "examples": {name: {"value": value} for name, value in webhook[vendor].items()},
                    }}},
                    "responses": {status: _response(status, text) for status, text in ANSWERS.items()},
                },
                "get": {"summary": "A probe", "responses": {"200": _response("200", "The path is there")},
                        "parameters": parameters[1:]},
            }  # fmt: skip
    for path, summary in (("/health", "Alive"), ("/ready", "Able to store"), ("/metrics", "Prometheus")):
        paths[path] = {"get": {"summary": summary, "responses": {"200": {"description": summary}}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "edna-amocrm", "version": "0.1.0", "description": "Webhooks of edna Pulse and amoCRM chats"},
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _response(status: str, text: str) -> dict[str, Any]:
    name = "Accepted" if status == "200" else "Refused"
    schema = {"$ref": f"#/components/schemas/{name}"}
    return {"description": text, "content": {"application/json": {"schema": schema}}}


def add_docs(app: web.Application) -> None:
    """Register the document, the page and its assets."""
    rendered = json.dumps(document(), ensure_ascii=False).encode()

    async def openapi(_request: web.Request) -> web.Response:
        return web.Response(body=rendered, content_type="application/json")

    async def page(_request: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html", headers={"Content-Security-Policy": POLICY})

    async def start(_request: web.Request) -> web.Response:
        return web.Response(text=START, content_type="text/javascript")

    async def root(_request: web.Request) -> web.Response:
        return web.json_response({"service": "edna-amocrm gateway", "docs": "/docs", "ready": "/ready"})

    app.router.add_get("/openapi.json", openapi)
    app.router.add_get("/docs", page)
    app.router.add_get("/docs/start.js", start)
    app.router.add_static("/docs/assets", ASSETS)
    app.router.add_get("/", root)
