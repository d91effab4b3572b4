"""What edna refuses in a send, in its order (edna.md §2.1, §2.6, §12). Pure.

Each check looks at the document and returns a problem or None; the first problem is the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from typing import Any

NAME_LIMIT = 70  # characters of attachment.name
REQUEST_ID_LIMIT = 36  # known of the legacy API only; the fake is as strict as the strictest

ADDRESS_TYPES = frozenset(
    {
        "PHONE",
        "EMAIL",
        "UTM",
        "COOKIE_ID",
        "INSTAGRAM_ID",
        "FACEBOOK_ID",
        "TELEGRAM_ID",
        "GOOGLE_ID",
        "APPLE_ID",
        "YANDEX_ID",
        "EXT_USER_ID",
        "EDNA_ID",
    }
)
CONTENT_KEYS = {"whatsapp": "whatsappContent", "viber": "viberContent", "sms": "smsContent", "push": "pushContent"}

# contentType → what must be there, and the error when it is not.
ATTACHMENT = (("attachment.url", "attachmentUrl-not-specified"),)
REQUIRED_FIELDS: dict[str, tuple[tuple[str, str], ...]] = {
    "TEXT": (("text", "text-not-specified"),),
    "IMAGE": ATTACHMENT,
    "VIDEO": ATTACHMENT,
    "AUDIO": ATTACHMENT,
    "DOCUMENT": (*ATTACHMENT, ("attachment.name", "attachmentName-not-specified")),
    "LOCATION": (
        ("location.latitude", "latitude-not-specified"),
        ("location.longitude", "longitude-not-specified"),
    ),
    "BUTTON": (
        ("text", "text-not-specified"),
        ("caption", "caption-not-specified"),
        ("action", "action-not-specified"),
    ),
    "AUTHENTICATION": (("text", "text-not-specified"), ("messageMatcherId", "messageMatcherId-not-specified")),
    "FLOW": (("flowId", "flowId-not-specified"), ("text", "text-not-specified"), ("caption", "caption-not-specified")),
}
ONE_FORM = (CONTENT_KEYS["sms"], CONTENT_KEYS["push"])
NUMBERS = ("messageMatcherId", "flowId")
NOT_UNIQUE = "requestId-is-not-unique"
NO_STAGE = "request-doesn't-contain-content-for-all-cascade-stages"
NOT_VALID = "cascade-scheduling-request-not-valid"


@dataclass(frozen=True, slots=True)
class Problem:
    """A refusal: edna's slug, a sentence, and whether the id was taken before."""

    title: str
    detail: str
    duplicate: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What the account has: the request ids taken so far, those used up by a refusal, the channel types of its
    cascades' stages."""

    request_ids: Container[str]
    refused_ids: Container[str]
    im_types: Mapping[str, tuple[str, ...]]


Check = Callable[[dict[str, Any], Known], Problem | None]


def schedule_problem(document: dict[str, Any], known: Known) -> Problem | None:
    """The first thing that edna would refuse in a cascade send, or None."""
    for check in ORDER:
        problem = check(document, known)
        if problem is not None:
            return problem
    return None


def readme_problem(document: dict[str, Any]) -> str | None:
    """The field that a README form send lacks, or None."""
    for name in ("imType", "subject", "text"):
        value = document.get(name)
        if not isinstance(value, str) or not value:
            return name
    return None


def _request_id(document: dict[str, Any], known: Known) -> Problem | None:
    value = document.get("requestId")
    if not isinstance(value, str) or not value:
        return Problem(NOT_VALID, "requestId must be a non-empty string")
    if len(value) > REQUEST_ID_LIMIT:
        return Problem(NOT_VALID, f"requestId is longer than {REQUEST_ID_LIMIT} characters")
    taken = value in known.request_ids
    if taken or value in known.refused_ids:
        return Problem(NOT_UNIQUE, "requestId is not unique", duplicate=taken)
    return None


def _cascade(document: dict[str, Any], known: Known) -> Problem | None:
    fits = cascade_of(document) in known.im_types
    return None if fits else Problem("cascade-not-found", "Cascade template not found")


def _content(document: dict[str, Any], known: Known) -> Problem | None:
    content = document.get("content")
    if not isinstance(content, dict) or not any(isinstance(value, dict) for value in content.values()):
        return Problem("content-not-specified", "content is not specified")
    wanted = _content_keys(document, known)
    stray = [name for name, value in content.items() if name not in wanted and value is not None]
    if stray:
        return Problem(NOT_VALID, f"the cascade template stage was not found for the content [{stray[0]}]")
    if not all(isinstance(content.get(name), dict) for name in wanted):
        return Problem(NO_STAGE, "request doesn't contain content for all cascade stages")
    return None


def _of_stages(check: Callable[[str, dict[str, Any]], Problem | None]) -> Check:
    """A check of each stage's content: its key and what is under it."""

    def judge(document: dict[str, Any], known: Known) -> Problem | None:
        for name in _content_keys(document, known):
            problem = check(name, document["content"][name])
            if problem is not None:
                return problem
        return None

    return judge


def _content_type(name: str, stage: dict[str, Any]) -> Problem | None:
    # An SMS has one form only, a push another (edna.md §2.1).
    value = stage.get("contentType", "TEXT" if name in ONE_FORM else None)
    if value is None:
        return Problem("contentType-not-specified", "contentType is not specified")
    return (
        None if isinstance(value, str) and value in REQUIRED_FIELDS else Problem(NOT_VALID, "contentType is not known")
    )


def _fields(name: str, stage: dict[str, Any]) -> Problem | None:
    if name == CONTENT_KEYS["push"]:
        return None
    for path, title in REQUIRED_FIELDS[stage.get("contentType", "TEXT")]:
        value = _at(stage, path)
        if value is None or value == "":
            return Problem(title, f"{path} is not specified")
        number = path.startswith("location") or path in NUMBERS
        if not isinstance(value, int | float if number else str):
            return Problem(NOT_VALID, f"{path} has the wrong type")
    return None


def _name_length(_name: str, stage: dict[str, Any]) -> Problem | None:
    name = _at(stage, "attachment.name")
    if isinstance(name, str) and len(name) > NAME_LIMIT:
        return Problem("attachmentName-is-too-long", f"attachment.name is longer than {NAME_LIMIT} characters")
    return None


def _subscriber(document: dict[str, Any], _known: Known) -> Problem | None:
    kind = _at(document, "subscriberFilter.type")
    address = _at(document, "subscriberFilter.address")
    if not isinstance(kind, str) or kind not in ADDRESS_TYPES:
        return Problem(NOT_VALID, "subscriberFilter.type is not known")
    if not isinstance(address, str) or not address:
        return Problem(NOT_VALID, "subscriberFilter.address must be a non-empty string")
    if kind == "PHONE" and not address.removeprefix("+").isdigit():
        return Problem(NOT_VALID, "subscriberFilter.address is not a phone")
    return None


def cascade_of(document: Any) -> str:
    """The cascade that a send names, by a number or its digits; empty when it names none."""
    value = document.get("cascadeId") if isinstance(document, dict) else None
    return str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""


ORDER: tuple[Check, ...] = (
    _request_id,
    _cascade,
    _content,
    _of_stages(_content_type),
    _of_stages(_fields),
    _of_stages(_name_length),
    _subscriber,
)


def _content_keys(document: dict[str, Any], known: Known) -> list[str]:
    """Under which keys the contents of a cascade's stages stand; MAX has none: it has methods of its own."""
    im_types = known.im_types[cascade_of(document)]
    return [CONTENT_KEYS[one] for one in im_types] if all(one in CONTENT_KEYS for one in im_types) else []


def _at(document: Any, path: str) -> Any:
    for name in path.split("."):
        document = document.get(name) if isinstance(document, dict) else None
    return document
