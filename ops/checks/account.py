"""The account's amojo id, looked up through amoCRM's REST API. Nothing else needs that API: no token, no look."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from bridge.amojo.webhooks import is_foreign
from bridge.errors import TransportError
from bridge.http import Answer, parsed
from bridge.settings import PLACEHOLDER_MARKS, Settings
from ops.checks.check import Check, Patient

NAME = "the account's amojo id"
PATH = "/api/v4/account?with=amojo_id"
TOKEN_REMEDY = "check AMOCRM_TOKEN: spelling, expiry, and that it is of this account's integration"  # noqa: S105 - words
ADDRESS_REMEDY = "check AMOCRM_BASE_URL: https://SUBDOMAIN.amocrm.ru"


async def examine(patient: Patient) -> list[Check]:
    """Compare `amojo_id` with AMOCRM_ACCOUNT_ID, or tell what to put there."""
    settings, token = patient.settings, patient.settings.amocrm_token
    if token is None or not has_address(settings):
        return [Check(NAME, "skipped", "AMOCRM_TOKEN and AMOCRM_BASE_URL are not set; nothing else needs them")]
    headers = {"Authorization": f"Bearer {token.get_secret_value()}"}
    try:
        answer = await patient.transport.send("GET", parsed(settings.amocrm_base_url + PATH), headers, b"")
    except TransportError as error:
        return [Check(NAME, "warning", f"amoCRM cannot be reached: {error}", ADDRESS_REMEDY)]
    if answer.status in (401, 403):
        return [Check(NAME, "warning", f"amoCRM answered {answer.status} to the token", TOKEN_REMEDY)]
    found = amojo_id(answer)
    if found is None:
        return [Check(NAME, "warning", f"amoCRM answered {answer.status} and told no amojo_id", ADDRESS_REMEDY)]
    return [_compared(settings.amocrm_account_id, found)]


def _compared(known: str | None, found: str) -> Check:
    if known is None:
        return Check(NAME, "wrong", f"it is {found}", f"set AMOCRM_ACCOUNT_ID={found}")
    if is_foreign(found, known):
        detail = f"AMOCRM_ACCOUNT_ID is {known}, but the account of AMOCRM_TOKEN has {found}"
        return Check(NAME, "wrong", detail, f"set AMOCRM_ACCOUNT_ID={found}, or take the token of the other account")
    return Check(NAME, "ok", "AMOCRM_ACCOUNT_ID is that of the account of AMOCRM_TOKEN")


def has_address(settings: Settings) -> bool:
    """Whether AMOCRM_BASE_URL is more than the sample's `https://your_subdomain…`."""
    host = urlsplit(settings.amocrm_base_url).hostname or ""
    return bool(host) and not host.startswith(PLACEHOLDER_MARKS)


def amojo_id(answer: Answer) -> str | None:
    """The id in an answer; None when it holds none."""
    try:
        found = json.loads(answer.body)["amojo_id"]
    except (ValueError, KeyError, TypeError):
        return None
    return found if isinstance(found, str) and found else None
