"""The webhook addresses as the vendors ask for them: HEAD and GET, without a proof, and 200 (edna.md §6)."""

from __future__ import annotations

import asyncio

from bridge.errors import TransportError
from bridge.http import Answer, parsed
from ops.checks.check import Check, Patient

PATHS = ("/webhooks/edna", "/webhooks/amocrm")
METHODS = ("HEAD", "GET")
OURS = b'{"code":"ok"}'
PROXY = "let the proxy pass /webhooks/ with every method to the gateway, over https on port 443"


async def examine(patient: Patient) -> list[Check]:
    """From this machine: that a vendor gets there as well is not proven by it."""
    if patient.public_url is None:
        return [Check("webhook addresses", "skipped", "neither PUBLIC_BASE_URL nor --url tells them")]
    if not patient.public_url.startswith("https://") and not patient.sandboxed:
        detail = "the address does not begin with https://"
        return [Check("webhook addresses", "wrong", detail, "edna and amoCRM send webhooks over TLS only")]
    return list(await asyncio.gather(*(_asked(patient, path) for path in PATHS)))


async def _asked(patient: Patient, path: str) -> Check:
    url = f"{patient.public_url}{path}"
    for method in METHODS:
        try:
            answer = await patient.transport.send(method, parsed(url), {}, b"")
        except TransportError as error:
            remedy = "check DNS, the certificate, the proxy and the firewall"
            return Check(url, "wrong", f"{method}: no answer: {error}", remedy)
        if (problem := _problem(method, answer)) is not None:
            return Check(url, "wrong", f"{method}: {problem}", PROXY)
    return Check(url, "ok", "HEAD and GET are answered 200, seen from this machine")


def _problem(method: str, answer: Answer) -> str | None:
    if 300 <= answer.status < 400:
        return f"{answer.status}, a redirect, which no vendor follows"
    if answer.status != 200:
        return f"{answer.status}, not 200"
    if method == "GET" and answer.body != OURS:
        return "200, but it is not this gateway that answers"
    return None
