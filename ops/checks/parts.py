"""The running parts: whether each is ready, and what its `/ready` says that a person should do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from bridge.errors import TransportError
from bridge.http import Answer, parsed
from ops.checks.check import Check, Patient, Verdict

Running = Literal["gateway", "inbound", "outbound", "status"]
PARTS: tuple[Running, ...] = ("gateway", "inbound", "outbound", "status")

BREAKER_REMEDIES: Mapping[str, str] = {
    "transient": "the vendor does not answer well: it is asked again by itself, and everything waits in Kafka",
    "parked": "most messages of the channel cannot be delivered: see `edna-amocrm dead-letters list`",
}


async def examine(patient: Patient) -> list[Check]:
    """One row a part, and one for each breaker that is open.

    A part that is silent may be on another machine, unless its URL is told or no part answers at all.
    """
    answers = await asyncio.gather(*(_answer(patient, part) for part in PARTS))
    nothing = not any(answers)
    found = []
    for part, answer in zip(PARTS, answers, strict=True):
        found += _silent(patient, part, nothing) if answer is None else _judged(patient, part, answer)
    return found


async def _answer(patient: Patient, part: Running) -> Answer | None:
    try:
        return await patient.transport.send("GET", parsed(f"{patient.settings.url_of(part)}/ready"), {}, b"")
    except TransportError:
        return None


def _silent(patient: Patient, part: Running, nothing_answers: bool) -> list[Check]:
    command = "python -m gateway" if part == "gateway" else f"python -m streams {part}"
    remedy = f"start it (`{command}`), or tell where it is: {part.upper()}_URL"
    told = getattr(patient.settings, f"{part}_url") is not None
    verdict: Verdict = "wrong" if told or nothing_answers else "warning"
    return [Check(part, verdict, f"nothing answers at {patient.settings.url_of(part)}", remedy)]


def _judged(patient: Patient, part: Running, answer: Answer) -> list[Check]:
    url = patient.settings.url_of(part)
    facts = facts_of(answer)
    if "ready" not in facts:
        remedy = f"set {part.upper()}_PORT or {part.upper()}_URL to where the {part} listens"
        return [Check(part, "wrong", f"what answers at {url} is no part of this bridge", remedy)]
    return list(_gateway(facts) if part == "gateway" else _agent(part, facts))


def _gateway(facts: dict[str, Any]) -> Iterator[Check]:
    detail, mode = str(facts.get("detail") or ""), str(facts.get("mode"))
    if facts["ready"] is not True:
        yield Check("gateway", "wrong", f"it can store no webhook: {detail}", "mend Kafka or the disk of SPOOL_DIR")
    elif mode != "direct" or detail:
        waits = facts.get("spool")
        count = waits.get("records", 0) if isinstance(waits, dict) else 0
        said = f"mode {mode}, {count} wait in the spool{f': {detail}' if detail else ''}"
        yield Check("gateway", "warning", said, "see the rows of Kafka; what waits goes there by itself")
    else:
        yield Check("gateway", "ok", "it is ready, and stores in Kafka")


def _agent(part: str, facts: dict[str, Any]) -> Iterator[Check]:
    if facts["ready"] is not True:
        why = facts.get("waiting_for") or ("it stops" if facts.get("stopping") else "it has not joined its group yet")
        remedy = "wait some seconds and look again; then see its log"
        yield Check(part, "wrong", f"it is not ready: {why if isinstance(why, str) else 'it does not say why'}", remedy)
    else:
        partitions = facts.get("partitions")
        count = len(partitions) if isinstance(partitions, list) else 0
        yield Check(part, "ok", f"it is ready and works on {count} partitions")
    breakers = facts.get("breakers")
    for each in breakers if isinstance(breakers, list) else []:
        if isinstance(each, dict):
            yield _breaker(part, each)


def _breaker(part: str, facts: dict[str, Any]) -> Check:
    trouble = str(facts.get("trouble"))
    detail = (
        f"channel {facts.get('channel')}: open for {facts.get('open_s')} s, {facts.get('waiting')} wait, "
        f"{trouble}: {facts.get('reason')}"
    )
    remedy = str(facts.get("remedy") or BREAKER_REMEDIES.get(trouble, "see its log"))
    return Check(f"{part}: breaker", "warning" if trouble == "transient" else "wrong", detail, remedy)


def facts_of(answer: Answer) -> dict[str, Any]:
    """What `/ready` says; empty when it is none of ours."""
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
