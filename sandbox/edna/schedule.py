"""Sends through a cascade, and those of the README form (edna.md §2.1, §0)."""

from __future__ import annotations

from typing import Any

from sandbox.edna.account import Account, problem
from sandbox.edna.checks import (
    CONTENT_KEYS,
    NOT_UNIQUE,
    REQUEST_ID_LIMIT,
    Known,
    cascade_of,
    readme_problem,
    schedule_problem,
)
from sandbox.edna.config import Channel
from sandbox.edna.messages import Sent, shown
from sandbox.edna.templates import looks_like_one, matched
from sandbox.vendor import Call, Outline, Reply, reply, text

SCHEDULE_PATH = "/api/cascade/schedule"
README_PATH = "/api/messages/send"
NO_MATCH = "matched-template-not-found"


def schedule_outline(account: Account, document: Any) -> Outline:
    """The conversation is channel/address as far as a send tells it."""
    address = text(document, "subscriberFilter", "address").removeprefix("+")
    channel = str(first_channel(account, document).subject_id)
    return Outline("schedule", f"{channel}/{address}", text(document, "requestId"), channel, _words(document))


def readme_outline(_account: Account, document: Any) -> Outline:
    """The channel is the type of the messenger."""
    channel = text(document, "imType")
    return Outline("send", f"{channel}/{text(document, 'subject')}", channel=channel, text=text(document, "text"))


def schedule(account: Account, call: Call, document: dict[str, Any]) -> Reply:
    """Accept a send through a cascade, once for each requestId."""
    wrong = schedule_problem(document, Known(account.sent, account.refused, account.im_types))
    if wrong is not None:
        if wrong.title != NOT_UNIQUE:
            remember_refused(account, document)
        return problem(400, wrong.title, wrong.detail, duplicate=wrong.duplicate)
    sent = _sent(account, call, document)
    content = document["content"][CONTENT_KEYS[sent.im_type]]
    no_match = looks_like_one(content) and not sent.template and sent.im_type == "whatsapp"
    if no_match or (account.config.window == "reject" and account.deliveries.out_of_window(sent)):
        remember_refused(account, document)
        return problem(400, NO_MATCH, "the message does not match an allowed template")
    account.take(sent)
    return reply(200, {"requestId": sent.request_id}, shown=sent.shown)


def remember_refused(account: Account, document: Any) -> None:
    """A requestId that was refused counts as used, if edna is told to behave so."""
    request_id = text(document, "requestId")
    if account.config.remember_refused and 0 < len(request_id) <= REQUEST_ID_LIMIT:
        account.refused.add(request_id)


def readme(account: Account, call: Call, document: dict[str, Any]) -> Reply:
    """Accept a send of the README form; the id is edna's own."""
    missing = readme_problem(document)
    if missing is not None:
        return problem(400, f"{missing}-not-specified", f"{missing} must be a non-empty string")
    number = account.fresh_id()
    url, name = text(document, "attachment", "url"), text(document, "attachment", "name")
    sent = Sent(
        request_id=f"msg-{number}",
        message_id=number,
        cascade_id="",
        subject=account.config.subject,
        subject_id=account.config.subject_id,
        conversation=call.outline.conversation,
        form="readme",
        im_type=document["imType"].lower(),
        address=document["subject"],
        content={"type": "TEXT", "text": document["text"], "attachment": document.get("attachment")},
        url=url,
        shown=shown("TEXT", document["text"], url, name),
    )
    account.take(sent)
    return reply(200, {"id": sent.request_id}, shown=sent.shown)


def first_channel(account: Account, document: Any) -> Channel:
    """The channel of a cascade's first stage; the account's own when there is no such cascade."""
    return account.stages.get(cascade_of(document), (account.config.channel,))[0]


def _sent(account: Account, call: Call, document: dict[str, Any]) -> Sent:
    channel = first_channel(account, document)
    content = document["content"][CONTENT_KEYS[channel.im_type]]
    kind = content.get("contentType", "TEXT")
    request_id, cascade_id = document["requestId"], cascade_of(document)
    found = matched(content, account.templates(channel))
    url = text(content, "attachment", "url")
    return Sent(
        request_id=request_id,
        message_id=account.fresh_id(),
        cascade_id=cascade_id,
        subject=channel.subject,
        subject_id=channel.subject_id,
        conversation=call.outline.conversation,
        comment=document.get("comment"),
        im_type=channel.im_type,
        address=document["subscriberFilter"]["address"],
        content={"type": kind, **{name: value for name, value in content.items() if name != "contentType"}},
        kind=kind,
        url=url,
        template=found is not None or kind == "AUTHENTICATION",
        stage_uuid=f"{request_id}-1" if len(account.stages[cascade_id]) > 1 else None,
        shown=_shown(kind, content, url),
    )


def _shown(kind: str, content: dict[str, Any], url: str) -> dict[str, Any]:
    """Beside an attachment the text is ignored (edna.md §2.1)."""
    words = "" if url else text(content, "text")
    more = {name: content.get(name) for name in ("location", "keyboard", "header", "footer")}
    return shown(kind, words, url, text(content, "attachment", "name"), **more)


def _words(document: Any) -> str:
    """The text of a cascade send, of whichever stage has one."""
    content = document.get("content") if isinstance(document, dict) else None
    stages = content.values() if isinstance(content, dict) else ()
    return "\n".join(filter(None, (text(stage, "text") for stage in stages)))
