"""`edna-amocrm webhooks set`: tell edna where its webhooks go (edna.md §6).

The address may hold EDNA_WEBHOOK_SECRET: it is shown masked, here and in every error.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import typer

from bridge.edna.account import MESSAGES_URL, STATUSES_URL, EdnaAccount
from bridge.errors import ConfigurationError, TransportError
from bridge.http import Answer, HttpTransport
from bridge.settings import Settings
from ops.checks.check import is_sandbox
from ops.output import Failed, note
from ops.sandbox_world import settings_here

PATH = "/webhooks/edna"
LONGEST = 500  # characters
TRIES = 3
PAUSE_S = 2.0  # edna's question to an address in another network is flaky (edna.md §10.9)
MASK = "…"

NOT_AVAILABLE = "url-not-available"
KEY_REMEDY = "check EDNA_API_KEY: its spelling, its expiry, and that it may use the method group webhooks"
# edna's codes by their ends (live ones lack `error-`): what is wrong, and what to do.
REFUSALS: Mapping[str, str] = {
    "url-max-length": f"the address is longer than {LONGEST} characters: take a shorter one",
    "url-not-https": "edna takes https:// only",
    NOT_AVAILABLE: (
        "edna asked the address with HEAD and did not get 200: let the proxy pass HEAD and GET of /webhooks/ to the "
        "gateway, on port 443 with a certificate that is trusted, and see `edna-amocrm doctor --url`"
    ),
    "subject-unknown": "edna does not know the channel: `edna-amocrm doctor` lists them by number",
    "url-not-specified": "edna saw no address: report this as a bug",
    "auth-error": KEY_REMEDY,
}
BY_STATUS: Mapping[int, str] = {
    401: KEY_REMEDY,
    403: KEY_REMEDY,
    404: "check EDNA_BASE_URL: nothing of edna's API answers there",
}


@dataclass(frozen=True, slots=True)
class Address:
    """Where webhooks are to go. `shown` is it without the secret."""

    url: str
    shown: str


def register(url: str | None, channel: int | None, messages: bool, statuses: bool) -> None:
    """Set the addresses of messages, of statuses, or of both (neither asked for). Raises Failed, ConfigurationError."""
    settings = settings_here()
    if settings.edna_api_key is None:
        raise ConfigurationError("EDNA_API_KEY not set: put it into the environment or .env")
    base = url or settings.public_base_url
    if base is None:
        raise typer.BadParameter("give the address, https://HOST, or set PUBLIC_BASE_URL")
    address = address_of(base, settings)
    chosen = {MESSAGES_URL: messages, STATUSES_URL: statuses}
    names = [name for name, wanted in chosen.items() if wanted] or list(chosen)
    asyncio.run(set_callbacks(settings, dict.fromkeys(names, address.url), channel))
    what = {MESSAGES_URL: "messages", STATUSES_URL: "statuses"}
    where = "all channels of the key" if channel is None else f"channel {channel}"
    typer.echo(f"edna sends {' and '.join(what[name] for name in names)} of {where} to {address.shown}")


def address_of(base: str, settings: Settings) -> Address:
    """The whole address: with the route, and the secret where one is configured and none is given.

    Raises Failed for what edna or the gateway would refuse.
    """
    try:
        parts = urlsplit(base)
    except ValueError:
        raise Failed("that is no address: https://HOST") from None
    if parts.scheme != "https" and not (parts.scheme == "http" and is_sandbox(settings)):
        raise Failed("the address must begin with https://: edna takes no other")
    if not parts.hostname or parts.query or parts.fragment or parts.username:
        raise Failed("the address is https://HOST, and a path if the gateway is not at its root; nothing else")
    before, _, behind = parts.path.partition(PATH)
    if behind and not behind.startswith("/"):
        raise Failed(f"the path has to end in {PATH}, or {PATH}/ and the secret")
    origin, given = f"{parts.scheme}://{parts.netloc}{before.rstrip('/')}{PATH}", behind.strip("/")
    known = [
        one.get_secret_value() for one in (settings.edna_webhook_secret, settings.edna_webhook_secret_previous) if one
    ]
    if given and known and given not in known:
        raise Failed(f"what stands behind {PATH}/ is not EDNA_WEBHOOK_SECRET: the gateway would refuse what edna sends")
    secret = given or (settings.edna_webhook_secret.get_secret_value() if settings.edna_webhook_secret else "")
    url = f"{origin}/{secret}" if secret else origin
    if len(url) > LONGEST:
        raise Failed(f"the address has {len(url)} characters, and edna takes {LONGEST}: take a shorter one")
    return Address(url, f"{origin}/{MASK}" if secret else origin)


async def set_callbacks(settings: Settings, urls: Mapping[str, str], channel: int | None) -> None:
    """Set them, asking up to TRIES times. Raises Failed with a remedy."""
    transport = HttpTransport()
    try:
        account = EdnaAccount(settings, transport)
        for left in range(TRIES - 1, -1, -1):
            again, problem = await _tried(account, urls, channel)
            if not problem:
                return
            if not again or not left:
                raise Failed(problem)
            note(f"try {TRIES - left} of {TRIES}: {problem.partition(':')[0]}; again in {PAUSE_S:.0f} s")
            await asyncio.sleep(PAUSE_S)
    finally:
        await transport.close()


async def _tried(account: EdnaAccount, urls: Mapping[str, str], channel: int | None) -> tuple[bool, str]:
    """Whether another try may help, and what is wrong; nothing when it is done."""
    try:
        answer = await account.set_callbacks(urls, channel)
    except ValueError:  # of aiohttp; its words may hold the key
        return False, "EDNA_API_KEY holds what no header can carry: a blank or a line end"
    except TransportError as error:
        return True, f"edna cannot be reached ({error}): check EDNA_BASE_URL, DNS and the firewall"
    code = code_of(answer)
    if answer.status == 200 and code == "ok":
        return False, ""
    for ending, sentence in REFUSALS.items():
        if code.endswith(ending):
            return ending == NOT_AVAILABLE, sentence
    said = f"edna answered {answer.status}"
    if answer.status == 429 or answer.status >= 500:
        return True, f"{said}: it is in trouble, or asks for patience: try again in a minute"
    return False, f"{said}: {BY_STATUS.get(answer.status, BY_STATUS[404])}"


def code_of(answer: Answer) -> str:
    """edna's word in an answer, in lower case; empty when it has none."""
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError):
        return ""
    found = (document.get("code") or document.get("title")) if isinstance(document, dict) else None
    return found.lower() if isinstance(found, str) else ""
