"""amojo: the channel, its signature, the connection of the account. Asked by calls that change nothing."""

from __future__ import annotations

from datetime import UTC, datetime

from bridge.amojo.account import AmojoAccount
from bridge.errors import TransportError
from bridge.http import Answer
from bridge.settings import AMOJO_CREDENTIALS
from ops.checks.check import Check, Patient, Verdict
from ops.checks.clock import clock

ACCOUNT = "AMOCRM_ACCOUNT_ID"
CHANNEL = "amojo's channel"
SCOPE = "connection of the account"
TROUBLE = "amojo is in trouble, or asks for patience: try again in a minute"
ADDRESS = "check AMOCRM_AMOJO_BASE_URL: nothing of amojo's API answers there"
CONNECT = "run `edna-amocrm connect`: repeating it is harmless, and the inbound agent does it when it starts"

# What each answer means: verdict, what is so, what to do. To a `connect` without an account:
CHANNEL_MEANS: dict[int, tuple[Verdict, str, str]] = {
    400: ("ok", "amojo knows the channel and takes the signature", ""),
    403: (
        "wrong",
        "amojo does not take the signature",
        "check AMOCRM_CHANNEL_SECRET (used as text, without quotes or spaces) and this machine's clock",
    ),
    404: ("wrong", "amojo does not know the channel", "check AMOCRM_CHANNEL_ID and AMOCRM_AMOJO_BASE_URL"),
}
# To the history of a chat that does not exist, when the channel is well:
SCOPE_MEANS: dict[int, tuple[Verdict, str, str]] = {
    200: ("ok", "the account is connected", ""),
    204: ("ok", "the account is connected", ""),
    403: ("wrong", "the account is not connected", f"{CONNECT}; else check AMOCRM_ACCOUNT_ID"),
    404: ("warning", "the account seems not to be connected: amojo knows no such scope, or no such chat", CONNECT),
}


async def examine(patient: Patient) -> list[Check]:
    """See the module."""
    missing = [name for name in AMOJO_CREDENTIALS if getattr(patient.settings, name.lower()) is None]
    if not {ACCOUNT}.issuperset(missing):
        return [Check(CHANNEL, "skipped", f"needs {', '.join(missing)}")]
    account = AmojoAccount(patient.settings, patient.transport)
    try:
        answer = await account.ask_channel()
        now = datetime.now(UTC)
        rows = [meant(CHANNEL, answer, CHANNEL_MEANS), clock("amojo", answer, now)]
        if rows[0].verdict != "ok" or missing:
            rows.append(Check(SCOPE, "skipped", f"needs {ACCOUNT if missing else 'a channel that is well'}"))
        else:
            rows.append(meant(SCOPE, await account.ask_scope(), SCOPE_MEANS))
    except TransportError as error:
        return [Check(CHANNEL, "wrong", f"amojo cannot be reached: {error}", "check AMOCRM_AMOJO_BASE_URL, DNS, TLS")]
    return rows


def meant(name: str, answer: Answer, means: dict[int, tuple[Verdict, str, str]]) -> Check:
    """The row of an answer. A page in HTML is a proxy's, whatever its status (amojo.md §7)."""
    is_page = answer.headers.get("Content-Type", "").startswith("text/html")
    if is_page or answer.status not in means:
        again = answer.status == 429 or answer.status >= 500
        return Check(name, "wrong", f"amojo answered {answer.status}", TROUBLE if again else ADDRESS)
    verdict, detail, remedy = means[answer.status]
    return Check(name, verdict, detail, remedy)
