"""What becomes of an accepted message, and how a chat reads afterwards (amojo.md §3.3, §3.9, §5, §6.7)."""

from __future__ import annotations

import time
import uuid
from typing import Any

from sandbox.amojo.content import EMPTY
from sandbox.amojo.state import Chat, Message, Scope, User

PAGE_LIMIT = 50


def accept_message(scope: Scope, payload: dict[str, Any]) -> tuple[dict[str, Any], bool] | str:
    """Put a message into its chat, once for each msgid.

    Returns the answer and whether the msgid was known, or what is wrong, in words.
    `conversation_ref_id` wins over `conversation_id`; what was not bound yet is bound (amojo.md §6.7).
    """
    earlier = scope.messages_by_msgid.get(payload["msgid"])
    if earlier is not None:
        return _answer(earlier), True
    given = payload["sender"]
    outgoing = "receiver" in payload and payload["receiver"] is not None
    sender = _sender(scope, given, outgoing=outgoing)
    if sender is None:
        return "sender: user not found"
    receiver = _receiver(scope, payload["receiver"]) if outgoing else None
    if outgoing and receiver is None:
        return "receiver: user not found"
    chat = _chat(scope, payload, receiver or sender)
    if chat is None:
        return "conversation_ref_id: unknown"
    if not outgoing:
        chat.heard_s = time.monotonic()
    content = payload["message"]
    message = Message(
        id=str(uuid.uuid4()),
        chat_id=chat.id,
        msgid=payload["msgid"],
        sender=sender,
        receiver=receiver,
        ms=payload["msec_timestamp"],
        content={**EMPTY, **given_content(content)},
    )
    scope.add(chat, message)
    return _answer(message), False


def quotes_unknown(scope: Scope, payload: dict[str, Any]) -> bool:
    """Whether a new message answers one, by an id, that its chat does not have (amojo.md §3.6)."""
    quoted = (payload.get("reply_to") or {}).get("message") or {}
    if not (quoted.get("id") or quoted.get("msgid")) or payload["msgid"] in scope.messages_by_msgid:
        return False
    ref_id, client_id = payload.get("conversation_ref_id"), payload.get("conversation_id")
    chat = scope.chats.get(ref_id) if ref_id else scope.chats_by_client_id.get(client_id or "")
    message = _named(scope, quoted)
    return message is None or chat is None or message.chat_id != chat.id


def edit_message(scope: Scope, payload: dict[str, Any]) -> dict[str, Any] | None:
    """Change a message that is named by either id; None when there is no such message (amojo.md §3.8)."""
    message = _named(scope, payload)
    if message is None:
        return None
    if payload.get("msgid") and message.msgid is None:  # both ids together: from now on it has this one
        message.msgid = payload["msgid"]
        scope.messages_by_msgid[message.msgid] = message
    # A file stays when the edit has none.
    kept = {name: message.content[name] for name in ("media", "file_name", "file_size")}
    message.content = {**EMPTY, **kept, **given_content(payload["message"])}
    message.edited = True
    answer = _answer(message)
    del answer["sender_id"]
    return answer


def react(scope: Scope, document: dict[str, Any]) -> bool:
    """Put a reaction on a message, or take it back; whether there is such a message (amojo.md §5)."""
    message = _named(scope, document)
    if message is None:
        return False
    user = document["user"].get("id") or document["user"]["ref_id"]
    if document["type"] == "react":
        message.reactions[user] = document.get("emoji") or ""
    else:
        message.reactions.pop(user, None)
    return True


def given_content(content: dict[str, Any]) -> dict[str, Any]:
    """What is given of a message; absent and null are the same."""
    return {name: value for name, value in content.items() if value is not None}


def shown(payload: dict[str, Any]) -> dict[str, Any]:
    """What the operator sees of a message (`Entry.shown`)."""
    content = given_content(payload["message"])
    told = {"type": content["type"], "text": content.get("text"), "url": content.get("media")}
    more = {name: content.get(name) for name in ("file_name", "location", "contact", "callback_data")}
    quoted = payload.get("reply_to") or {}
    return {name: value for name, value in {**told, **more, "reply_to": quoted.get("message")}.items() if value}


def history(chat: Chat, offset: int, limit: int) -> list[dict[str, Any]]:
    """A page of a chat, newest first."""
    # Of those with the same time the one that came later is the newer one.
    newest_first = sorted(chat.messages, key=lambda message: message.ms)[::-1]
    return [_described(message) for message in newest_first[offset : offset + min(limit, PAGE_LIMIT)]]


def _named(scope: Scope, given: dict[str, Any]) -> Message | None:
    """The message that `id` (amojo's) or `msgid` (the integration's) names."""
    return scope.messages.get(given.get("id") or "") or scope.messages_by_msgid.get(given.get("msgid") or "")


def _sender(scope: Scope, given: dict[str, Any], *, outgoing: bool) -> User | None:
    ref_id = given.get("ref_id")
    if ref_id:
        user = scope.known_user(ref_id)
        if user is not None and not outgoing and given.get("id") and not scope.employs(user):
            scope.bind_user(user, given["id"])
    else:
        user = None if outgoing else scope.user(given["id"], given["name"])
    if user is not None and not scope.employs(user):
        _learn(user, given)
    return user


def _receiver(scope: Scope, given: dict[str, Any]) -> User | None:
    ref_id = given.get("ref_id")
    user = scope.known_user(ref_id) if ref_id else scope.user(given["id"], given.get("name") or "")
    if user is not None and not scope.employs(user):
        if given.get("id") and user.client_id is None:
            scope.bind_user(user, given["id"])
        _learn(user, given)
    return user


def _learn(user: User, given: dict[str, Any]) -> None:
    """What the integration tells of a client; what it leaves out stays."""
    profile = given.get("profile") or {}
    user.name = given.get("name") or user.name
    user.phone = profile.get("phone") or user.phone
    user.email = profile.get("email") or user.email
    user.avatar = given.get("avatar") or user.avatar


def _chat(scope: Scope, payload: dict[str, Any], client: User) -> Chat | None:
    ref_id, client_id = payload.get("conversation_ref_id"), payload.get("conversation_id")
    if ref_id:
        chat = scope.chats.get(ref_id)
        if chat is not None and chat.client_id is None and client_id:
            scope.bind_chat(chat, client_id)
    else:
        chat = scope.chat(str(client_id), client)
    if chat is not None:
        chat.source = (payload.get("source") or {}).get("external_id") or chat.source
    return chat


def _answer(message: Message) -> dict[str, Any]:
    answer = {
        "conversation_id": message.chat_id,
        "sender_id": message.sender.id,
        "msgid": message.id,
        "ref_id": message.msgid,
    }
    if message.receiver is not None:
        answer["receiver_id"] = message.receiver.id
    return answer


def _described(message: Message) -> dict[str, Any]:
    content: dict[str, Any] = {"id": message.id, **message.content}
    del content["markup"], content["tag"]
    if message.msgid is not None:
        content["client_id"] = message.msgid
    entry: dict[str, Any] = {
        "timestamp": message.ms // 1000,
        "msec_timestamp": message.ms,
        "sender": message.sender.told(),
        "message": content,
    }
    if message.receiver is not None:
        entry["receiver"] = message.receiver.told()
    return entry
