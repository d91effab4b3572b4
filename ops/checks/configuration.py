"""The settings by themselves: what is not given, still a placeholder, or does not fit together."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

from bridge.edna.requests import check_path
from bridge.errors import ConfigurationError
from bridge.settings import CASCADE_PATH, README_PATH, REQUIRED, Part
from ops.checks.check import Check, Patient
from ops.sandbox_world import read_environment

PARTS: tuple[Part, ...] = ("gateway", "inbound", "outbound", "status")
SAMPLE_REMEDY = "put it into the environment or .env: README, “First real message”"
AMOJO_ID = "it is amojo_id of /api/v4/account?with=amojo_id, a UUID; set AMOCRM_TOKEN and AMOCRM_BASE_URL to look it up"


async def examine(patient: Patient) -> list[Check]:
    """No network; see the module."""
    return [*_credentials(patient), *_amojo_ids(patient), *_sending(patient), *_webhooks(patient)]


def _credentials(patient: Patient) -> Iterator[Check]:
    settings, written = patient.settings, read_environment(Path(".env")) | os.environ
    needed = dict.fromkeys(name for part in PARTS for name in REQUIRED[part])
    missing = [name for name in needed if getattr(settings, name.lower()) is None]
    for name in missing:
        why = "still has the placeholder of .env.sample" if written.get(name) else "is not set"
        yield Check(name, "wrong", f"{name} {why}", AMOJO_ID if name == "AMOCRM_ACCOUNT_ID" else SAMPLE_REMEDY)
    if not missing:
        yield Check("credentials", "ok", f"{', '.join(needed)} are set")


def _amojo_ids(patient: Patient) -> Iterator[Check]:
    settings = patient.settings
    for name, remedy in (
        ("AMOCRM_ACCOUNT_ID", AMOJO_ID),
        ("AMOCRM_CHANNEL_ID", "it is the channel's id as amoCRM's support has sent it, a UUID"),
    ):
        value = getattr(settings, name.lower())
        if value is not None and not _is_uuid(value):
            yield Check(name, "wrong", f"{name} is no UUID", remedy)
    if settings.amocrm_hook_api_version == "v1":
        yield Check(
            "hook version",
            "warning",
            "AMOCRM_HOOK_API_VERSION=v1: its hooks carry no message id, so that operators see no statuses",
            "take v2 and run `edna-amocrm connect`",
        )


def _sending(patient: Patient) -> Iterator[Check]:
    settings = patient.settings
    if settings.edna_send_path == README_PATH and not patient.sandboxed:
        detail = f"EDNA_SEND_PATH={README_PATH} does not exist at edna: it belongs to the compatibility form"
        yield Check("form of sending", "wrong", detail, f"set EDNA_SEND_PATH={CASCADE_PATH}")
        return
    try:
        check_path(settings)
    except ConfigurationError as error:
        detail, _, remedy = str(error).partition(": ")
        yield Check("form of sending", "wrong", detail, remedy)
        return
    yield Check("form of sending", "ok", f"EDNA_SEND_PATH={settings.edna_send_path}")


def _webhooks(patient: Patient) -> Iterator[Check]:
    settings = patient.settings
    if settings.edna_webhook_key is None and settings.edna_webhook_secret is None:
        yield Check(
            "proof of edna's webhooks",
            "warning",
            "anybody who knows the address can send messages as a client",
            "switch on “Authenticate webhooks” at edna and set EDNA_WEBHOOK_KEY, or set EDNA_WEBHOOK_SECRET",
        )
    else:
        proofs = [name for name in ("EDNA_WEBHOOK_KEY", "EDNA_WEBHOOK_SECRET") if getattr(settings, name.lower())]
        yield Check("proof of edna's webhooks", "ok", f"{' or '.join(proofs)}")
    base = settings.public_base_url
    if base is None:
        detail = "PUBLIC_BASE_URL is not set: a file that the other vendor cannot fetch itself goes out as a bare link"
        yield Check("relay of files", "warning", detail, "set PUBLIC_BASE_URL=https://HOST of the gateway")
    elif not base.startswith("https://") and not patient.sandboxed:
        yield Check("relay of files", "wrong", "PUBLIC_BASE_URL is not https://", "both vendors fetch over TLS only")
    else:
        yield Check("relay of files", "ok", f"PUBLIC_BASE_URL={base}")


def _is_uuid(value: str) -> bool:
    try:
        uuid.UUID(value)
    except ValueError:
        return False
    return True
