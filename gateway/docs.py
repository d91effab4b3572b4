"""`/openapi.json` and `/docs`: the API as a document and as a page, all of it served from here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import swagger_ui_bundle
from aiohttp import web

from gateway.openapi import document, for_page

ASSETS = Path(swagger_ui_bundle.swagger_ui_path)
SERVED = ("swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png")
# The page styles its own elements, and has small pictures in its style sheet.
POLICY = (
    "default-src 'none'; connect-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"
)
PAGE_HEADERS = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff"}

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>edna-amocrm</title>
<link rel="icon" href="/docs/assets/favicon-32x32.png">
<link rel="stylesheet" href="/docs/assets/swagger-ui.css"></head>
<body><div id="page"></div>
<script src="/docs/assets/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body></html>
"""
START = "SwaggerUIBundle({url: '/docs/openapi.json', dom_id: '#page', supportedSubmitMethods: []});\n"


class Docs:
    """The routes of document, page and assets."""

    def __init__(self) -> None:
        made = document()
        self._document = _encoded(made)
        self._for_page = _encoded(for_page(made))

    def routes(self) -> list[web.RouteDef]:
        """The table of routes."""
        return [
            web.get("/", self.root),
            web.get("/openapi.json", self.openapi),
            web.get("/docs", self.page),
            web.get("/docs/start.js", self.start),
            web.get("/docs/openapi.json", self.openapi_for_page),
            web.get("/docs/assets/{name}", self.asset),
        ]

    async def root(self, _request: web.Request) -> web.Response:
        """What this is, for whoever comes by."""
        return web.json_response({"service": "edna-amocrm gateway", "docs": "/docs", "ready": "/ready"})

    async def openapi(self, _request: web.Request) -> web.Response:
        """The document."""
        return web.Response(body=self._document, content_type="application/json")

    async def openapi_for_page(self, _request: web.Request) -> web.Response:
        """The document in the version that the page can show."""
        return web.Response(body=self._for_page, content_type="application/json")

    async def page(self, _request: web.Request) -> web.Response:
        """The page."""
        return web.Response(text=PAGE, content_type="text/html", headers=PAGE_HEADERS)

    async def start(self, _request: web.Request) -> web.Response:
        """The page's own script; in a file, so that the policy can forbid scripts in the page."""
        return web.Response(text=START, content_type="text/javascript")

    async def asset(self, request: web.Request) -> web.FileResponse:
        """One of the page's assets."""
        name = request.match_info["name"]
        if name not in SERVED:
            raise web.HTTPNotFound
        return web.FileResponse(ASSETS / name)


def _encoded(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
