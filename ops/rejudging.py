"""What a webhook in quarantine comes to with today's parsers and settings. Pure.

The gateway's order: who sent it, for whom, how old, and then what it says, element by element. What can be carried now
makes the same event ids as ever, so that what was stored meanwhile counts once (I4).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from pydantic_core import from_json

from bridge.amojo import webhooks as amojo
from bridge.amojo.signature import hook_is_authentic
from bridge.edna import webhooks as edna
from bridge.errors import Unusable
from bridge.events import Event, Quarantined, QuarantineReason
from bridge.settings import Settings
from bridge.shapes import Ignored, SetAside

EDNA_PATH = "/webhooks/edna"
AMOJO_PATH = "/webhooks/amocrm"
SIGNATURE = "X-Signature"

Parse = Callable[[Any], Event | Ignored | SetAside]


@dataclass(frozen=True, slots=True)
class Rules:
    """What today's settings say. `trust`: take what nobody can vouch for, unsigned or old."""

    edna: edna.Reading
    amojo: amojo.Reading
    secrets: tuple[str, ...]
    scope_id: str
    account_id: str
    trust: bool = False

    @classmethod
    def of(cls, settings: Settings, trust: bool) -> Rules:
        """The rules of the gateway's settings."""
        secrets = (settings.amocrm_channel_secret, settings.amocrm_channel_secret_previous)
        return cls(
            edna=edna.Reading.of(settings),
            amojo=amojo.Reading.of(settings),
            secrets=tuple(secret.get_secret_value() for secret in secrets if secret is not None),
            scope_id=settings.scope_id,
            account_id=settings.amocrm_account_id or "",
            trust=trust,
        )


@dataclass(slots=True)
class Rejudged:
    """The events that a webhook comes to, how much of it carries nothing, and why the rest stays."""

    events: list[Event] = field(default_factory=list)
    ignored: int = 0
    stays: list[str] = field(default_factory=list)


def body_of(webhook: Quarantined) -> bytes:
    """The bytes as they were received; none when what was written is no base64."""
    if webhook.encoding == "utf-8":
        return webhook.body.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(webhook.body, validate=True)
    except binascii.Error:
        return b""


def rejudge(webhook: Quarantined, rules: Rules) -> Rejudged:
    """Judge a webhook again."""
    body = body_of(webhook)
    of_amojo = _is_under(webhook.path, AMOJO_PATH)
    if not of_amojo and not _is_under(webhook.path, EDNA_PATH):
        return Rejudged(stays=["its path is of no vendor"])
    if of_amojo and (doubt := _unsigned(webhook, body, rules)):
        return Rejudged(stays=[doubt])
    document = document_of(body)
    if document is None:
        return Rejudged(stays=["it is no JSON"])
    if of_amojo:
        if doubt := _strange(webhook, document, rules):
            return Rejudged(stays=[doubt])
        return _each([document], partial(amojo.parse, reading=rules.amojo))
    elements = document if isinstance(document, list) else [document]
    return _each(elements, partial(edna.parse, reading=rules.edna))


def document_of(body: bytes) -> Any:
    """The JSON value of a body; None when it is none."""
    try:
        return from_json(body, allow_inf_nan=False)
    except ValueError:
        pass
    try:  # lone surrogates and the like, which the fast reader refuses
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _each(elements: Sequence[Any], parse: Parse) -> Rejudged:
    found = Rejudged()
    for element in elements:
        try:
            said = parse(element)
        except Unusable as error:
            found.stays.append(f"unusable: {error}")
            continue
        if isinstance(said, SetAside):
            found.stays.append(f"{said.reason.value}: {said.detail}")
        elif isinstance(said, Ignored):
            found.ignored += 1
        else:
            found.events.append(said)
    return found


def _unsigned(webhook: Quarantined, body: bytes, rules: Rules) -> str:
    # Of every other reason the gateway has checked the signature before it judged.
    if webhook.reason is not QuarantineReason.UNAUTHENTIC or rules.trust:
        return ""
    if hook_is_authentic(rules.secrets, body, webhook.headers.get(SIGNATURE)):
        return ""
    return "unauthentic: its signature fits neither AMOCRM_CHANNEL_SECRET nor _PREVIOUS (--trust takes it unproven)"


def _strange(webhook: Quarantined, document: Any, rules: Rules) -> str:
    scope_id = webhook.path.removeprefix(AMOJO_PATH).strip("/")
    if amojo.is_foreign(scope_id, rules.scope_id) or amojo.is_foreign(amojo.account_id(document), rules.account_id):
        return "foreign: for another scope or account than AMOCRM_CHANNEL_ID, AMOCRM_ACCOUNT_ID"
    # As old as it was when it came: that it has waited here since then says nothing against it.
    if not rules.trust and amojo.is_stale(document, webhook.accepted_at):
        return f"stale: it came more than {amojo.OLDEST_S // 3600} hours after it was sent (--trust takes it unproven)"
    return ""


def _is_under(path: str, beginning: str) -> bool:
    return path == beginning or path.startswith(f"{beginning}/")
