"""edna: the key, the channels it may use, and a cascade for each, as far as edna tells (edna.md §1, §9).

Channels are named by number and type only: their names and attributes are phones.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from bridge.edna.account import EdnaAccount
from bridge.edna.channels import TYPE_PATHS
from bridge.edna.channels import cascades as parsed_cascades
from bridge.errors import TransportError
from bridge.http import Answer
from bridge.settings import CASCADE_PATH, Settings
from ops.checks.check import Check, Patient, Verdict
from ops.checks.clock import clock

KEY = "edna's key"
CHANNELS = "edna's channels"
CASCADES = "edna's cascades"
MAKE_CASCADE = "make a cascade of this one channel at edna and switch it on"

# What the answer to the question for channels means: verdict, what is so, what to do.
MEANS: dict[int, tuple[Verdict, str, str]] = {
    200: ("ok", "edna accepts the key", ""),
    401: ("wrong", "edna does not accept the key", "check EDNA_API_KEY: its spelling and its expiry"),
    403: (
        "warning",
        "edna accepts the key and does not tell it the channels",
        "allow the key the method groups channels and cascades, and the channels that it is to send in",
    ),
    404: ("wrong", "nothing of edna's API answers", "check EDNA_BASE_URL: https://app.edna.ru or https://app.edna.io"),
}


async def examine(patient: Patient) -> list[Check]:
    """See the module."""
    if patient.settings.edna_api_key is None:
        return [Check(KEY, "skipped", "needs EDNA_API_KEY")]
    account = EdnaAccount(patient.settings, patient.transport)
    try:
        answer = await account.profiles()
        now = datetime.now(UTC)
        listed = await account.cascades()
    except TransportError as error:
        return [Check(KEY, "wrong", f"edna cannot be reached: {error}", "check EDNA_BASE_URL, DNS and the firewall")]
    rows = [_key(answer), clock("edna", answer, now)]
    if rows[0].verdict != "ok":
        return rows
    profiles = objects(answer)
    rows += channels(patient.settings, profiles)
    if patient.settings.edna_send_path == CASCADE_PATH:
        rows += _cascades(patient.settings, profiles, listed)
    return rows


def _key(answer: Answer) -> Check:
    is_list = isinstance(document(answer), list)
    if answer.status == 200 and not is_list:
        return Check(KEY, "wrong", "what answers is not edna's API", MEANS[404][2])
    if answer.status not in MEANS:
        again = answer.status == 429 or answer.status >= 500
        remedy = "edna is in trouble, or asks for patience: try again in a minute" if again else MEANS[404][2]
        return Check(KEY, "wrong", f"edna answered {answer.status}", remedy)
    verdict, detail, remedy = MEANS[answer.status]
    return Check(KEY, verdict, detail, remedy)


def channels(settings: Settings, profiles: list[dict[str, Any]]) -> Iterator[Check]:
    """A row for each channel that is not ready, and one for those that are."""
    if not profiles:
        yield Check(CHANNELS, "wrong", "the key sees no channel", "link a channel to the key, or register one at edna")
        return
    ready = [each for each in profiles if is_ready(each)]
    for each in profiles:
        if not is_ready(each):
            state = str(each.get("registrationStatus") or "unknown")
            detail = f"{in_words(each)} is not active (registration: {state})"
            yield Check(CHANNELS, "warning", detail, "finish its registration at edna, or switch it on there")
    if not ready:
        yield Check(CHANNELS, "wrong", "no channel is active", "switch one on at edna")
        return
    yield Check(CHANNELS, "ok", f"{', '.join(map(in_words, ready))}")
    wanted = settings.edna_im_type.upper()
    if wanted not in {str(each.get("type")).upper() for each in ready}:
        detail = f"no active channel is of EDNA_IM_TYPE={settings.edna_im_type}"
        yield Check(CHANNELS, "warning", detail, "set EDNA_IM_TYPE to the type of your channel")


def _cascades(settings: Settings, profiles: list[dict[str, Any]], listed: Answer) -> Iterator[Check]:
    if not isinstance(document(listed), list):
        detail = f"edna answered {listed.status} to the question for cascades"
        yield Check(CASCADES, "warning", detail, "allow the key the method group cascades")
        return
    yield from cascades(settings, [each for each in profiles if is_ready(each)], objects(listed))


def cascades(settings: Settings, ready: list[dict[str, Any]], listed: list[dict[str, Any]]) -> Iterator[Check]:
    """Whether EDNA_CASCADE_ID can be used, and whether each channel that needs a cascade has one."""
    known = {str(each.get("id")) for each in listed}
    usable = {each.id: each.channels[0] for each in parsed_cascades(listed) if each.usable}
    chosen = settings.edna_cascade_id
    if chosen is not None and chosen not in known:
        detail = f"EDNA_CASCADE_ID={chosen} is not among the cascades of the account"
        yield Check(CASCADES, "wrong", detail, f"take one of: {', '.join(sorted(known)) or 'none is there'}")
    elif chosen is not None and chosen not in usable:
        detail = f"EDNA_CASCADE_ID={chosen} is not active, has several stages, or a locked channel"
        yield Check(CASCADES, "wrong", detail, "take an active cascade of one stage")
    through = [each for each in ready if str(each.get("type")).upper() not in TYPE_PATHS]
    for each in through:
        if str(each.get("subjectId")) not in usable.values():
            yield Check(CASCADES, "warning", f"{in_words(each)} has no active cascade of one stage", MAKE_CASCADE)
    served = [in_words(each) for each in through if str(each.get("subjectId")) in usable.values()]
    if served:
        yield Check(CASCADES, "ok", f"an active cascade of one stage for {', '.join(served)}")


def is_ready(profile: dict[str, Any]) -> bool:
    """Only what is registered and active has a number."""
    return profile.get("active") is not False and profile.get("subjectId") is not None


def in_words(profile: dict[str, Any]) -> str:
    """A channel without its name, which may be a phone."""
    return f"{profile.get('subjectId') or 'one without a number'} ({profile.get('type') or 'no type'})"


def document(answer: Answer) -> Any:
    """The JSON of an answer of 200; None for any other."""
    try:
        return json.loads(answer.body) if answer.status == 200 else None
    except (ValueError, RecursionError):
        return None


def objects(answer: Answer) -> list[dict[str, Any]]:
    """The objects in a list."""
    found = document(answer)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
