"""`edna-amocrm connect|disconnect`: the account's connection to the channel at amojo (amojo.md §1.3, §1.4)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import typer

from bridge.amojo.account import AmojoAccount
from bridge.errors import ConfigurationError, TransportError
from bridge.http import Answer, HttpTransport
from bridge.settings import AMOJO_CREDENTIALS, Settings
from ops.output import Failed, agreed, printable
from ops.sandbox_world import settings_here

Call = Callable[[AmojoAccount], Awaitable[Answer]]

SIGNATURE = (
    "amojo does not take the signature, or this account is not on the channel's list: check AMOCRM_CHANNEL_SECRET, "
    "AMOCRM_ACCOUNT_ID and this machine's clock (`edna-amocrm doctor` tells them apart); support has the list"
)
REMEDIES: Mapping[int, str] = {
    400: "amojo does not take the data: AMOCRM_ACCOUNT_ID is the account's amojo id, a UUID and not its number, and "
    "the channel needs a hook URL of version AMOCRM_HOOK_API_VERSION",
    401: SIGNATURE,
    403: SIGNATURE,
    404: "amojo does not know the channel: check AMOCRM_CHANNEL_ID and AMOCRM_AMOJO_BASE_URL",
}
LATER = "amojo is in trouble, or asks for patience: try again in a minute"
ADDRESS = "check AMOCRM_AMOJO_BASE_URL: nothing of amojo's API answers there"


def connect() -> None:
    """Connect, or give the connection the title and hook version of the settings. Raises Failed, ConfigurationError."""
    settings = _settings()
    told = _told(asyncio.run(asked(settings, AmojoAccount.connect)))
    typer.echo(f"connected: scope {told.get('scope_id') or settings.scope_id}")
    typer.echo(f"title “{told.get('title') or settings.amocrm_connect_title}”, hooks {_version(settings, told)}")


def disconnect(yes: bool) -> None:
    """End the connection after a yes. Raises Failed, ConfigurationError, Abort."""
    settings = _settings()
    question = (
        f"Disconnect account {settings.amocrm_account_id} from the channel? Operators' messages do not come any more; "
        f"an inbound agent that starts connects again unless AMOCRM_AUTO_CONNECT=false."
    )
    if not yes and not agreed(question):
        raise Failed("nothing was done")
    asyncio.run(asked(settings, AmojoAccount.disconnect))
    typer.echo(f"disconnected: scope {settings.scope_id}")


def _settings() -> Settings:
    settings = settings_here()
    if missing := [name for name in AMOJO_CREDENTIALS if getattr(settings, name.lower()) is None]:
        raise ConfigurationError(f"{', '.join(missing)} not set: put what is missing into the environment or .env")
    return settings


async def asked(settings: Settings, call: Call) -> Answer:
    """The answer to a call that was carried out. Raises Failed with a remedy for any other."""
    transport = HttpTransport()
    try:
        answer = await call(AmojoAccount(settings, transport))
    except ValueError:  # of yarl and aiohttp; its words may hold the secret
        raise Failed("AMOCRM_AMOJO_BASE_URL or AMOCRM_CHANNEL_ID cannot be part of an address") from None
    except TransportError as error:
        raise Failed(f"amojo cannot be reached ({error}): check AMOCRM_AMOJO_BASE_URL, DNS and the firewall") from None
    finally:
        await transport.close()
    is_page = answer.headers.get("Content-Type", "").startswith("text/html")
    if 200 <= answer.status < 300 and not is_page:
        return answer
    remedy = LATER if answer.status == 429 or answer.status >= 500 else ADDRESS
    raise Failed(f"amojo answered {answer.status}: {remedy if is_page else REMEDIES.get(answer.status, remedy)}")


def _told(answer: Answer) -> dict[str, Any]:
    try:
        found = json.loads(answer.body)
    except ValueError:
        return {}
    strings = (
        {name: value for name, value in found.items() if isinstance(value, str)} if isinstance(found, dict) else {}
    )
    return {name: printable(value) for name, value in strings.items()}


def _version(settings: Settings, told: dict[str, Any]) -> str:
    return str(told.get("hook_api_version") or settings.amocrm_hook_api_version)
