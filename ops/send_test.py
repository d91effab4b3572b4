"""`edna-amocrm send-test`: a message through the running gateway, followed through Kafka to its end."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit

import typer

from bridge.errors import TransportError
from bridge.http import HttpTransport, parsed
from bridge.kafka.reading import Reader, reading
from bridge.phones import e164
from bridge.settings import Settings
from bridge.topics import INBOUND, OUTBOUND, dead_letters_of, receipts_of
from ops.output import Failed, note, printable
from ops.records import Fact, fact_of, places_of
from ops.sandbox_world import settings_beside_the_sandbox
from ops.webhooks import Webhook, from_client, from_operator

To = Literal["operator", "client", "both"]

SANDBOX_PHONE = "79001234567"
GREETINGS = {"ru": "Проверка связи", "en": "Connection test"}
SENDERS = {INBOUND: from_client, OUTBOUND: from_operator}
DIRECTIONS_TO: dict[To, tuple[str, ...]] = {
    "operator": (INBOUND,),
    "client": (OUTBOUND,),
    "both": (INBOUND, OUTBOUND),
}
TITLES = {INBOUND: "client → operator (edna's webhook → amojo)", OUTBOUND: "operator → client (amojo's webhook → edna)"}
LOCAL_NAMES = ("localhost", "host.docker.internal")
GATEWAY_WITHIN_S = 10.0


@dataclass
class Followed:
    """What has been seen of one test message."""

    webhook: Webhook
    started: float = field(default_factory=time.monotonic)
    stored: Fact | None = None
    ending: Fact | None = None

    def take(self, fact: Fact) -> None:
        """See whether a record is of this message, and say what it tells."""
        if self.ending is not None or fact.direction != self.webhook.direction:
            return
        if fact.text("event_id") != self.webhook.event_id:
            return
        if fact.kind == "message":
            self.stored = fact
            self.say(f"in {fact.place}")
        elif fact.kind == "dead letter":
            reason = fact.headers.get("dlq-reason", "")
            self.say(f"dead letter {fact.place}: {fact.headers.get('dlq-class', '')}: {reason}")
        elif fact.text("outcome") != "refused":
            self.ending = fact
            ids = ", ".join(
                f"{name.replace('_', ' ')} {value}"
                for name in ("edna_id", "amojo_id", "request_id")
                if (value := fact.text(name))
            )
            self.say(f"{fact.text('outcome')} after {fact.text('attempts')} attempt(s){f': {ids}' if ids else ''}")

    def say(self, what: str) -> None:
        """One step, with the time since the webhook was sent."""
        typer.echo(f"  {(time.monotonic() - self.started) * 1000:7.0f} ms  {printable(what)}")


def send(to: To, phone: str | None, text: str | None, channel: str | None, gateway: str | None, wait_s: float) -> None:
    """Send and follow.

    Raises Failed when a message does not arrive in time, BadParameter, ConfigurationError, KafkaUnavailable.
    """
    settings, sandbox = settings_beside_the_sandbox()
    if sandbox:
        note("no credentials are set: this uses the sandbox that `make run` has started in this folder")
    if phone is None and not (sandbox or vendors_are_here(settings)):
        raise Failed("send-test writes to a real person here: say to whom with --phone")
    address = SANDBOX_PHONE if phone is None else _address_of(phone, settings.phone_region)
    said = text or f"{GREETINGS[settings.operator_language]}, {datetime.now().astimezone():%H:%M:%S}"
    chosen = channel or settings.edna_im_type
    webhooks = [SENDERS[direction](settings, chosen, address, said) for direction in DIRECTIONS_TO[to]]
    asyncio.run(_send_all(settings, gateway or settings.url_of("gateway"), webhooks, wait_s))


def _address_of(phone: str, region: str) -> str:
    """A phone as edna names a client: digits alone. Raises BadParameter."""
    found = e164(phone.strip(), region)
    if found is None:
        raise typer.BadParameter(f"--phone is no phone, neither with a country code nor in {region} (PHONE_REGION)")
    return found.removeprefix("+")


def vendors_are_here(settings: Settings) -> bool:
    """Whether both vendors are stand-ins: on this machine, or on the host of the sandbox."""
    return all(_is_here(url, settings) for url in (settings.edna_base_url, settings.amocrm_amojo_base_url))


def _is_here(url: str, settings: Settings) -> bool:
    host = urlsplit(url).hostname or ""
    if host in LOCAL_NAMES or (settings.sandbox_host and host == settings.sandbox_host):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def _send_all(settings: Settings, gateway: str, webhooks: Sequence[Webhook], wait_s: float) -> None:
    topics = [
        name
        for webhook in webhooks
        for name in (webhook.direction, receipts_of(webhook.direction), dead_letters_of(webhook.direction))
    ]
    places = await places_of(settings, topics)
    transport = HttpTransport(answer_within_s=GATEWAY_WITHIN_S)
    try:
        async with reading(settings) as reader:
            await reader.follow(places)
            for webhook in webhooks:
                typer.echo(f"{TITLES[webhook.direction]}: {webhook.event_id}")
                followed = Followed(webhook)
                await _post(transport, gateway, followed)
                await _follow(settings, reader, followed, wait_s)
    finally:
        await transport.close()


async def _post(transport: HttpTransport, gateway: str, followed: Followed) -> None:
    webhook = followed.webhook
    try:
        answer = await transport.send("POST", parsed(gateway.rstrip("/") + webhook.path), webhook.headers, webhook.body)
    except TransportError as error:
        raise Failed(
            f"the gateway at {gateway} does not answer ({error}): start it, or name it with --gateway"
        ) from None
    if answer.status != 200:
        raise Failed(f"the gateway at {gateway} answered {answer.status}: {_detail(answer.body)}")
    followed.say("accepted by the gateway")


def _detail(body: bytes) -> str:
    try:
        return printable(str(json.loads(body)["detail"]))
    except (ValueError, KeyError, TypeError):
        return "it is no gateway of this project"


async def _follow(settings: Settings, reader: Reader, followed: Followed, wait_s: float) -> None:
    deadline = time.monotonic() + wait_s
    while followed.ending is None:
        for record in await reader.more():
            followed.take(fact_of(settings, record))
        if time.monotonic() > deadline:
            raise Failed(_why_not(followed, wait_s))
    if followed.ending.text("outcome") != "delivered":
        raise Failed(f"{followed.webhook.event_id} ended as {followed.ending.text('outcome')}, not delivered")


def _why_not(followed: Followed, wait_s: float) -> str:
    direction = followed.webhook.direction
    if followed.stored is None:
        return (
            f"not in {direction} within {wait_s:g} s: the gateway may set it aside (quarantine), or use another "
            "TOPIC_PREFIX or KAFKA_BOOTSTRAP_SERVERS than this command"
        )
    return (
        f"no receipt within {wait_s:g} s: no {direction} agent runs (`edna-amocrm lag`), or it retries at the vendor "
        "(see its log)"
    )
