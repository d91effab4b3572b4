"""The calls on a scope: what each demands, does and answers (amojo.md §1.5, §3-5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.amojo import shapes
from sandbox.amojo.config import AmojoConfig
from sandbox.amojo.media import Media
from sandbox.amojo.messages import accept_message, edit_message, history, quotes_unknown, react, shown
from sandbox.amojo.refusals import error, invalid
from sandbox.amojo.routes import Route
from sandbox.amojo.state import Scope
from sandbox.vendor import Call, Reply, reply


@dataclass(frozen=True, slots=True)
class Calls:
    """Carries calls out, once they are known to be authentic. `config` is asked each time, because it may change."""

    config: Callable[[], AmojoConfig]
    media: Media

    def act(self, scope: Scope, found: Route, call: Call) -> Reply:
        """Judge the fields of a call, and carry it out."""
        return ACTS[found.kind](self, scope, found, call)

    def _chats(self, scope: Scope, _found: Route, call: Call) -> Reply:
        problem = shapes.wrong_chat(call.document)
        if problem is not None:
            return invalid(problem)
        if not scope.connected:
            return self._not_connected()
        given = call.document["user"]
        user = scope.user(given["id"], given["name"])
        user.phone = shapes.at(given, "profile.phone") or user.phone
        user.email = shapes.at(given, "profile.email") or user.email
        user.avatar = given.get("avatar") or user.avatar
        chat = scope.chat(call.document["conversation_id"], user)
        chat.source = shapes.at(call.document, "source.external_id") or chat.source
        return reply(200, {"id": chat.id, "user": user.told()})

    def _message(self, scope: Scope, _found: Route, call: Call) -> Reply:
        problem = shapes.wrong(call.document, shapes.ENVELOPE)
        if problem is not None:
            return invalid(problem)
        wrong = PAYLOADS.get(call.document["event_type"])
        payload = call.document["payload"]
        problem = wrong(payload) if wrong else "event_type: new_message or edit_message"
        if problem is not None:
            return invalid(problem)
        if not scope.connected:
            return self._not_connected()
        if call.document["event_type"] == "edit_message":
            return self._edit(scope, payload)
        if self.config().unknown_quoted == "http_400" and quotes_unknown(scope, payload):
            return invalid("reply_to.message: not found in this chat")
        accepted = accept_message(scope, payload)
        if isinstance(accepted, str):
            return invalid(accepted)
        answer, repeated = accepted
        if repeated and self.config().duplicate_msgid == "http_400":
            return error(400, "msgid: not unique", duplicate=True)
        seen = shown(payload)
        if not repeated and self.config().fetch_media:
            self.media.read(payload, call.outline.conversation, seen)
        return reply(200, {"new_message": answer}, "duplicate" if repeated else "new", shown=seen)

    def _edit(self, scope: Scope, payload: dict[str, Any]) -> Reply:
        answer = edit_message(scope, payload)
        if answer is None:
            return error(self.config().unknown_edited, "msgid: unknown")
        return reply(200, {"new_message": answer}, shown=shown(payload))

    def _delivery_status(self, scope: Scope, found: Route, call: Call) -> Reply:
        problem = shapes.wrong_status(call.document, found.target)
        if problem is not None:
            return invalid(problem)
        if not scope.connected:
            return self._not_connected()
        message = scope.messages.get(found.target)
        if message is None:
            return reply(404)
        told = (shapes.status_code(call.document), call.document.get("error_code") or None)
        repeated = message.status == told
        message.status = told
        return reply(200, None, "duplicate" if repeated else "new")

    def _react(self, scope: Scope, _found: Route, call: Call) -> Reply:
        problem = shapes.wrong_reaction(call.document)
        if problem is not None:
            return invalid(problem)
        if not scope.connected:
            return self._not_connected()
        return reply(200 if react(scope, call.document) else 404)

    def _typing(self, scope: Scope, _found: Route, call: Call) -> Reply:
        problem = shapes.wrong(call.document, shapes.TYPING)
        if problem is not None:
            return invalid(problem)
        return reply(204) if scope.connected else self._not_connected()

    def _history(self, scope: Scope, found: Route, call: Call) -> Reply:
        if not scope.connected:
            return self._not_connected()
        chat = scope.chats.get(found.target)
        page = [call.query.get("offset", "0"), call.query.get("limit", "50")]
        if not all(value.isascii() and value.isdecimal() for value in page):
            return invalid("offset, limit: whole numbers")
        messages = history(chat, *map(int, page)) if chat else []
        return reply(200, {"messages": messages}) if messages else reply(204)

    def _not_connected(self) -> Reply:
        return error(self.config().disconnected_status, "the account is not connected")


PAYLOADS: dict[str, Callable[[Any], str | None]] = {
    "new_message": shapes.wrong_message,
    "edit_message": shapes.wrong_edit,
}
ACTS: dict[str, Callable[[Calls, Scope, Route, Call], Reply]] = {
    "chats": Calls._chats,
    "message": Calls._message,
    "delivery_status": Calls._delivery_status,
    "typing": Calls._typing,
    "react": Calls._react,
    "history": Calls._history,
}
