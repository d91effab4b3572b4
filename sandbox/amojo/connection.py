"""Accounts are connected to the channel, and disconnected (amojo.md §1.3, §1.4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.amojo import shapes
from sandbox.amojo.config import AmojoConfig
from sandbox.amojo.refusals import error, invalid
from sandbox.amojo.scopes import Scopes
from sandbox.vendor import Call, Reply, reply, text

VERSIONS = ("v1", "v2")
NOT_LISTED = "the channel is private and this account is not on its list"


@dataclass(frozen=True, slots=True)
class Connection:
    """The two calls whose path names the channel."""

    config: Callable[[], AmojoConfig]
    scopes: Scopes

    def calls(self) -> dict[str, Callable[[Call], Reply]]:
        """Kind of call → what carries it out."""
        return {"connect": self._connect, "disconnect": self._disconnect}

    def _connect(self, call: Call) -> Reply:
        problem = shapes.wrong(call.document, shapes.CONNECT)
        version = text(call.document, "hook_api_version") or "v1"  # amojo.md §1.3: the default is the old one
        if problem is None and version not in VERSIONS:
            problem = "hook_api_version: v1 or v2"
        if problem is not None:
            return invalid(problem)
        scope = self.scopes.connecting(call.document["account_id"])
        if scope is None:
            return error(self.config().refused_status, NOT_LISTED)
        if self.config().hook_url_of(version) == "":
            return invalid(f"hook_api_version: no URL is registered for hooks of {version}")
        scope.connected = True
        scope.version = version
        scope.title = text(call.document, "title") or self.config().channel_name
        scope.window_disabled = bool(call.document.get("is_time_window_disabled"))
        answer = {
            "account_id": scope.account_id,
            "scope_id": scope.id,
            "title": scope.title,
            "hook_api_version": version,
            "is_time_window_disabled": scope.window_disabled,
        }
        return reply(200, answer)

    def _disconnect(self, call: Call) -> Reply:
        problem = shapes.wrong(call.document, shapes.DISCONNECT)
        if problem is not None:
            return invalid(problem)
        scope = self.scopes.of(call.document["account_id"])
        if scope is None:
            return reply(404)
        scope.connected = False
        return reply(200)
