"""The one screen of `make run`: what runs where, which broker and why, what to paste, where to look."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from bridge.settings import Settings


@dataclass(frozen=True, slots=True)
class Row:
    """One part that runs."""

    name: str
    pid: int
    url: str
    log: str


def show(console: Console, rows: Iterable[Row], broker: str, settings: Settings, fakes: bool, missing: str) -> None:
    """Print the screen. Commands are printed bare, so that they can be pasted as they are."""
    if fakes:
        print(f"Page:   {page_url(settings)}   a client's phone, the operator's card, and all that is between them\n")  # noqa: T201
    table = Table("part", "pid", "where", "log", title="edna-amocrm")
    for row in rows:
        table.add_row(row.name, str(row.pid or "–"), row.url, row.log)
    console.print(table)
    gateway = f"http://127.0.0.1:{settings.gateway_port}"
    lines = [f"Broker: {broker}", f"API:    {gateway}/docs", ""]
    lines += _with_fakes(settings, missing) if fakes else _with_accounts(settings, gateway)
    lines += ["", "Ctrl-C stops everything."]
    for line in lines:
        print(line)  # noqa: T201 - not through rich, which would wrap what is to be pasted


def page_url(settings: Settings) -> str:
    """Where the two-sided chat page is, with fakes."""
    return f"http://127.0.0.1:{settings.sandbox_page_port}"


def _with_fakes(settings: Settings, missing: str) -> list[str]:
    edna = f"http://127.0.0.1:{settings.edna_fake_port}"
    amojo = f"http://127.0.0.1:{settings.amojo_fake_port}"
    header = "-H 'Content-Type: application/json'"
    return [
        f"Vendors: fakes on this machine, with the cascade form, because these are not set: {missing}.",
        "",
        "A client writes:",
        (
            f"curl -X POST {edna}/client/messages {header} "
            """-d '{"channel":"345","address":"79001234567","name":"Анна","text":"Здравствуйте"}'"""
        ),
        "The operator answers:",
        (
            f"curl -X POST {amojo}/operator/messages {header} "
            """-d '{"conversation_id":"v1.default.345.79001234567","text":"Добрый день"}'"""
        ),
        "",
        "What arrived at the operator, and what became of the answer:",
        f"curl {amojo}/journal",
        "What arrived at the client:",
        f"curl {edna}/journal",
    ]


def _with_accounts(settings: Settings, gateway: str) -> list[str]:
    json_header = "-H 'Content-Type: application/json'"
    path, proof, needed = "/webhooks/edna", "", ["AMOCRM_CHANNEL_SECRET"]
    if settings.edna_webhook_key is not None:
        proof = '-H "Authorization: Token $EDNA_WEBHOOK_KEY" '
        needed.append("EDNA_WEBHOOK_KEY")
    elif settings.edna_webhook_secret is not None:
        path += "/$EDNA_WEBHOOK_SECRET"
        needed.append("EDNA_WEBHOOK_SECRET")
    return [
        "Vendors: the accounts of your configuration. Webhooks by hand; each paste is a new message to a real person.",
        "First let your shell know what proves them, unless it does:",
        *(f"""export {name}="${{{name}:-$(sed -n 's/^{name}=//p' .env)}}\"""" for name in needed),
        "",
        "A client writes:",
        (
            f"""curl -X POST "{gateway}{path}" {json_header} {proof}"""
            f"""-d '{{"id":"'$(date +%s%N)'","imType":"{settings.edna_im_type}","""
            """"subject":"79001234567","text":"Test"}'"""
        ),
        "The operator answers:",
        (
            """body='{"message":{"id":"'$(date +%s%N)'","text":"Test"},"conversation":{"id":"79001234567"}}'; """
            f"""printf %s "$body" | curl -X POST {gateway}/webhooks/amocrm {json_header} """
            """-H "X-Signature: $(printf %s "$body" """
            """| openssl dgst -sha1 -hmac "$AMOCRM_CHANNEL_SECRET" -r | cut -d' ' -f1)" """
            "--data-binary @-"
        ),
    ]
