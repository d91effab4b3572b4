"""What amojo demands of its JSON: tables of fields, and one reader of them (amojo.md §1-5). Pure.

Types are strict: ids are JSON strings, sizes are integers, and true is no integer (amojo.md §3.2).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

Type = Literal["string", "text", "int", "number", "bool", "object", "list"]  # text: a string that is not empty

KINDS: dict[Type, tuple[type, ...]] = {
    "string": (str,),
    "text": (str,),
    "int": (int,),
    "number": (int, float),
    "bool": (bool,),
    "object": (dict,),
    "list": (list,),
}


@dataclass(frozen=True, slots=True)
class Field:
    """One row of a table. The path has dots; a required field inside an optional object counts when that is there."""

    path: str
    type: Type
    required: bool = True


def optional(path: str, kind: Type) -> Field:
    """A field that may be absent or null."""
    return Field(path, kind, required=False)


CONNECT = (
    Field("account_id", "text"),
    optional("title", "string"),
    optional("hook_api_version", "string"),
    optional("is_time_window_disabled", "bool"),
)
DISCONNECT = (Field("account_id", "text"),)
CHAT = (
    Field("conversation_id", "text"),
    optional("source", "object"),
    optional("source.external_id", "string"),
    Field("user", "object"),
    Field("user.id", "text"),
    Field("user.name", "text"),
    optional("user.avatar", "string"),
    optional("user.profile", "object"),
    optional("user.profile.phone", "string"),
    optional("user.profile.email", "string"),
)
ENVELOPE = (Field("event_type", "text"), Field("payload", "object"))
PAYLOAD = (
    Field("timestamp", "int"),
    Field("msec_timestamp", "int"),
    Field("msgid", "text"),
    optional("conversation_id", "text"),
    optional("conversation_ref_id", "text"),
    optional("silent", "bool"),
    optional("source", "object"),
    optional("source.external_id", "string"),
    Field("sender", "object"),
    optional("sender.id", "text"),
    optional("sender.ref_id", "text"),
    Field("sender.name", "string"),
    optional("sender.avatar", "string"),
    optional("sender.profile_link", "string"),
    optional("sender.profile", "object"),
    optional("sender.profile.phone", "string"),
    optional("sender.profile.email", "string"),
    optional("receiver", "object"),
    optional("receiver.id", "text"),
    optional("receiver.ref_id", "text"),
    optional("receiver.name", "string"),
    optional("receiver.avatar", "string"),
    optional("receiver.profile", "object"),
    optional("receiver.profile.phone", "string"),
    optional("receiver.profile.email", "string"),
    Field("message", "object"),
    Field("message.type", "text"),
    optional("message.text", "string"),
    optional("message.media", "string"),
    optional("message.file_name", "string"),
    optional("message.file_size", "int"),
    optional("message.media_duration", "int"),
    optional("message.sticker_id", "string"),
    optional("message.callback_data", "string"),
    optional("message.shared_post", "object"),
    Field("message.shared_post.url", "text"),
    optional("message.post", "object"),
    Field("message.post.id", "text"),
    Field("message.post.url", "text"),
    optional("reply_to", "object"),
    Field("reply_to.message", "object"),
    optional("forwards", "object"),
    Field("forwards.messages", "list"),
)
EDIT = (
    optional("timestamp", "int"),
    optional("msec_timestamp", "int"),
    optional("msgid", "text"),
    optional("id", "text"),
    Field("conversation_id", "text"),
    Field("message", "object"),
    Field("message.type", "text"),
    optional("message.text", "string"),
    optional("message.media", "string"),
    optional("message.file_name", "string"),
    optional("message.file_size", "int"),
)
# A message inside another: one id is enough, else what it was (amojo.md §3.6).
EMBEDDED = (
    Field("type", "text"),
    optional("text", "string"),
    Field("timestamp", "int"),
    Field("msec_timestamp", "int"),
    Field("sender", "object"),
)
EMBEDDED_IDS = (optional("id", "text"), optional("msgid", "text"))
REACT = (
    optional("conversation_id", "text"),
    optional("conversation_ref_id", "text"),
    optional("id", "text"),
    optional("msgid", "text"),
    Field("user", "object"),
    optional("user.id", "text"),
    optional("user.ref_id", "text"),
    Field("type", "text"),
    optional("emoji", "text"),
)
MEDIA = (Field("message.media", "text"),)
MESSAGE_TYPES: dict[str, tuple[Field, ...]] = {
    "text": (Field("message.text", "text"),),
    "picture": MEDIA,
    "file": MEDIA,
    "video": MEDIA,
    "voice": MEDIA,
    "audio": MEDIA,
    "sticker": MEDIA,
    "location": (
        Field("message.location", "object"),
        Field("message.location.lon", "number"),
        Field("message.location.lat", "number"),
    ),
    "contact": (
        Field("message.contact", "object"),
        Field("message.contact.name", "string"),
        Field("message.contact.phone", "text"),
    ),
}
STATUS = (
    optional("msgid", "text"),
    optional("status_code", "int"),
    optional("delivery_status", "int"),
    optional("error_code", "int"),
    optional("error", "string"),
)
TYPING = (
    Field("conversation_id", "text"),
    Field("sender", "object"),
    Field("sender.id", "text"),
    optional("duration_ms", "int"),
)

STATUS_CODES = frozenset({1, 2, -1})
ERROR_CODES = frozenset({901, 902, 903, 904, 905})
SOURCE_LIMIT = 40  # characters of source.external_id


def wrong(document: Any, fields: Iterable[Field]) -> str | None:
    """The first field that is missing or of the wrong type, as a sentence; None when all is well."""
    if not isinstance(document, dict):
        return "the body must be a JSON object"
    for field in fields:
        parent, _, name = field.path.rpartition(".")
        holder = at(document, parent) if parent else document
        if not isinstance(holder, dict):
            continue  # absent: required objects have a row of their own, which was read before
        value = holder.get(name)
        if value is None:
            if field.required:
                return f"{field.path}: required"
        elif not isinstance(value, KINDS[field.type]) or (isinstance(value, bool) and field.type != "bool"):
            return f"{field.path}: must be {field.type}"
        elif field.type == "text" and not value:
            return f"{field.path}: must not be empty"
    return None


def wrong_chat(document: Any) -> str | None:
    """What is wrong with a chat that is made in advance."""
    return wrong(document, CHAT) or _wrong_source(document)


def wrong_message(document: Any) -> str | None:
    """What is wrong with the payload of a `new_message`."""
    problem = wrong(document, PAYLOAD)
    if problem is not None:
        return problem
    if not document.get("conversation_id") and not document.get("conversation_ref_id"):
        return "conversation_id: required"
    for name in ("sender", "receiver"):
        if document.get(name) is not None and not any(at(document, f"{name}.{one}") for one in ("id", "ref_id")):
            return f"{name}.id: required"
    problem = _wrong_source(document)
    if problem is not None:
        return problem
    table = MESSAGE_TYPES.get(document["message"]["type"])
    if table is None:
        return "message.type: unknown"
    return wrong(document, table) or _wrong_embedded(document)


def wrong_edit(document: Any) -> str | None:
    """What is wrong with the payload of an `edit_message`; the file may be left out (amojo.md §3.4)."""
    problem = wrong(document, EDIT)
    if problem is not None:
        return problem
    if not document.get("msgid") and not document.get("id"):
        return "msgid: required"
    kind = document["message"]["type"]
    table = MESSAGE_TYPES.get(kind)
    if table is None:
        return "message.type: unknown"
    return None if table is MEDIA else wrong(document, table)


def wrong_reaction(document: Any) -> str | None:
    """What is wrong with a `react`."""
    problem = wrong(document, REACT)
    if problem is not None:
        return problem
    for either in (("conversation_id", "conversation_ref_id"), ("id", "msgid")):
        if not any(document.get(name) for name in either):
            return f"{either[0]}: required"
    if not document["user"].get("id") and not document["user"].get("ref_id"):
        return "user.id: required"
    if document["type"] not in ("react", "unreact"):
        return "type: react or unreact"
    return "emoji: required" if document["type"] == "react" and not document.get("emoji") else None


def _wrong_source(document: dict[str, Any]) -> str | None:
    source = at(document, "source.external_id") or ""
    if len(source) > SOURCE_LIMIT or not all(" " <= each <= "~" for each in source):
        return f"source.external_id: at most {SOURCE_LIMIT} printable ASCII characters"
    return None


def _wrong_embedded(document: dict[str, Any]) -> str | None:
    quoted = at(document, "reply_to.message")
    passed_on = at(document, "forwards.messages") or []
    if len(passed_on) > 1:
        return "forwards.messages: at most 1"
    for one in [*([] if quoted is None else [quoted]), *passed_on]:
        problem = wrong(one, EMBEDDED_IDS)
        if problem is None and not one.get("id") and not one.get("msgid"):
            problem = wrong(one, EMBEDDED)
        if problem is not None:
            return f"embedded message: {problem}"
    return None


def wrong_status(document: Any, message_id: str) -> str | None:
    """What is wrong with a `delivery_status`, in either dialect (amojo.md §4)."""
    problem = wrong(document, STATUS)
    if problem is not None:
        return problem
    if document.get("msgid", message_id) != message_id:
        return "msgid: not the one of the path"
    code = status_code(document)
    if code not in STATUS_CODES:
        return "status_code: one of 1, 2, -1"
    error_code, error = document.get("error_code"), document.get("error")
    if code == -1:
        if error_code not in ERROR_CODES:
            return "error_code: one of 901 to 905 with status -1"
        return None if error else "error: required with status -1"
    return "error: only with status -1" if error_code or error else None


def status_code(document: dict[str, Any]) -> int | None:
    """The status of either dialect; `status_code` wins."""
    value = document.get("status_code")
    return value if value is not None else document.get("delivery_status")


def at(document: Any, path: str) -> Any:
    """The value at a dotted path, or None."""
    for name in path.split("."):
        document = document.get(name) if isinstance(document, dict) else None
    return document
