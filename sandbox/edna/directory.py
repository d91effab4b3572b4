"""What an account tells of itself: its channels, cascades and templates (edna.md §9)."""

from __future__ import annotations

import uuid
from typing import Any

from sandbox.edna.account import Account
from sandbox.edna.config import Channel, Template
from sandbox.edna.direct import INVALID
from sandbox.vendor import Call, Reply, reply

PROFILES_PATH = "/api/channel-profile"
CASCADES_PATH = "/api/cascade/get-all"
MATCHERS_PATH = "/api/message-matchers/get-by-request"


def profiles(account: Account, call: Call, _document: Any) -> Reply:
    """The channels, of the asked types only; an empty list when there are none."""
    types = {one.strip().upper() for one in call.query.get("types", "").split(",") if one.strip()}
    listed = [_profile(one) for one in account.channels.values() if not types or _type(one) in types]
    return reply(200, listed)


def cascades(account: Account, _call: Call, _document: Any) -> Reply:
    """All cascades; each stage stands inside the one before it."""
    listed = []
    for cascade_id, stages in account.stages.items():
        listed.append(
            {
                "id": int(cascade_id) if cascade_id.isdecimal() else cascade_id,
                "name": " → ".join(one.subject for one in stages),
                "status": "DISABLED" if cascade_id in account.config.disabled else "ACTIVE",
                "stagesCount": len(stages),
                "stages": _nested(cascade_id, stages, 1),
            }
        )
    return reply(200, listed)


def matchers(account: Account, _call: Call, document: Any) -> Reply:
    """The templates of a channel, whatever their state."""
    subject_id = document.get("subjectId")
    if subject_id not in account.channels:
        return reply(400, {"code": INVALID})
    listed = [described(account, one) for one in account.registered.values() if one.subject_id == subject_id]
    return reply(200, listed)


def described(account: Account, template: Template) -> dict[str, Any]:
    """A template as the account lists it, and as webhooks tell of it."""
    content = {name: getattr(template, name) for name in ("text", "header", "footer", "keyboard")}
    return {
        "id": template.id,
        "name": template.name,
        "channelType": _type(account.channels[template.subject_id]),
        "language": "RU",
        "content": content,
        "contentType": "TEXT",
        "category": template.category,
        "status": template.status,
        "locked": False,
        "type": "USER",
    }


def _type(channel: Channel) -> str:
    return channel.im_type.upper()


def _profile(channel: Channel) -> dict[str, Any]:
    told = {
        "id": channel.subject_id - 300,  # not the subjectId
        "name": channel.subject,
        "subjectId": channel.subject_id,
        "channelAttribute": f"7900000{channel.subject_id:04}",
        "subject": channel.subject,
        "active": channel.active,
        "registrationStatus": "DONE_BUSINESS_VERIFICATION" if channel.active else "NEED_VERIFY",
        "type": _type(channel),
    }
    if not channel.active:
        del told["subjectId"]  # only what is registered and active has one
    return told


def _nested(cascade_id: str, stages: tuple[Channel, ...], order: int) -> list[dict[str, Any]]:
    if not stages:
        return []
    channel, rest = stages[0], stages[1:]
    stage = {
        "order": order,
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{cascade_id}.{order}")),
        "decision": {"type": "TTL", "ttl": "00:01:00"} if rest else None,
        "subject": {
            "id": channel.subject_id,
            "name": channel.subject,
            "subject": channel.subject,
            "type": _type(channel),
            "tenantId": 1,
            "testing": False,
            "locked": not channel.active,
            "approveStatus": "APPROVED",
        },
        "stages": _nested(cascade_id, rest, order + 1),
    }
    return [stage]
