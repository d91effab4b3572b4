"""The `edna-amocrm` command: a table of what it can do. Each noun has a file of its own.

Errors are one line on stderr: exit 2 for arguments, 78 for configuration, 1 when Kafka is away or the answer is no, 130
after Ctrl-C. Never a traceback.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Annotated, Literal, NoReturn

import structlog
import typer

import bridge
from bridge.errors import ConfigurationError, KafkaUnavailable
from bridge.settings import exit_with
from ops import (
    callbacks,
    connection,
    dead_letters_command,
    doctor,
    lag,
    quarantine_command,
    send_test,
    spool,
    topics,
    trace,
)
from ops.arguments import Json, Since, Text, Yes
from ops.output import Failed

NAME = "edna-amocrm"
FAILED = 1
INTERRUPTED = 128 + signal.SIGINT

app = typer.Typer(
    help="Operate the bridge between edna Pulse and amoCRM chats.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
)
topics_app = typer.Typer(help="The topics at the broker.", no_args_is_help=True)
app.add_typer(topics_app, name="topics")
app.add_typer(dead_letters_command.app, name="dead-letters")
app.add_typer(quarantine_command.app, name="quarantine")
spool_app = typer.Typer(help="What gateways keep on disk because Kafka did not take it.", no_args_is_help=True)
app.add_typer(spool_app, name="spool")
webhooks_app = typer.Typer(help="Where edna sends its webhooks.", no_args_is_help=True)
app.add_typer(webhooks_app, name="webhooks")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"{NAME} {bridge.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    _version_wanted: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


@app.command("doctor", epilog="Example: edna-amocrm doctor --url https://bridge.example.org")
def _doctor(
    url: Annotated[
        str | None, typer.Option(metavar="URL", help="The gateway as vendors reach it; default: PUBLIC_BASE_URL.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Examine settings, clock, both accounts, webhook addresses, Kafka, parts and spool; exit 1 if something is wrong.

    Nothing is changed anywhere. Each row that is not ok says what to do.
    """
    doctor.show(url, as_json)


@app.command("connect", epilog="Example: edna-amocrm connect")
def _connect() -> None:
    """Connect the account to the channel in amoCRM, with AMOCRM_CONNECT_TITLE; repeating it is harmless."""
    connection.connect()


@app.command("disconnect", epilog="Example: edna-amocrm disconnect --yes")
def _disconnect(yes: Yes = False) -> None:
    """Disconnect the account from the channel in amoCRM: operators' messages do not come any more."""
    connection.disconnect(yes)


@webhooks_app.callback()
def _webhooks() -> None:
    pass


@webhooks_app.command("set", epilog="Example: edna-amocrm webhooks set https://bridge.example.org --channel 345")
def _webhooks_set(
    url: Annotated[
        str | None,
        typer.Argument(
            metavar="[URL]", help="https://HOST; the route and the secret are added. Default: PUBLIC_BASE_URL."
        ),
    ] = None,
    channel: Annotated[
        int | None, typer.Option(min=0, metavar="SUBJECT_ID", help="Of this channel only; default: all of the key.")
    ] = None,
    messages: Annotated[bool, typer.Option("--messages", help="Only those of messages.")] = False,
    statuses: Annotated[bool, typer.Option("--statuses", help="Only those of statuses.")] = False,
) -> None:
    """Tell edna where its webhooks go; edna asks the address first, so that the gateway has to run."""
    callbacks.register(url, channel, messages, statuses)


@topics_app.command("create", epilog="Example: TOPIC_PARTITIONS=24 edna-amocrm topics create")
def _topics_create(
    allow_waiting: Annotated[
        bool,
        typer.Option(
            "--allow-waiting",
            help="Add partitions although events wait; the order of those against newer ones is best effort.",
        ),
    ] = False,
) -> None:
    """Create what is missing; with a higher TOPIC_PARTITIONS, add partitions.

    Adding partitions needs stopped agents and a lag of 0; gateways go on. Interrupted, it is finished by another go.
    """
    topics.create(allow_waiting)


@topics_app.command("describe", epilog="Example: edna-amocrm topics describe")
def _topics_describe() -> None:
    """Show every topic; exit 1 when one is missing or differs in partitions."""
    topics.describe()


@app.command("lag", epilog="Example: edna-amocrm lag --json")
def _lag(as_json: Json = False) -> None:
    """Show what waits in each direction, and which agent works on which partition."""
    lag.show(as_json)


@app.command("trace", epilog="Example: edna-amocrm trace +79001234567 --since 2h")
def _trace(
    query: Annotated[
        str,
        typer.Argument(
            metavar="EVENT_ID|PHONE",
            help="Also a conversation id, an id of amojo's or edna's message, or edna's request id.",
        ),
    ],
    since: Since = None,
    text: Text = False,
    as_json: Json = False,
) -> None:
    """Show a conversation: its messages, statuses, receipts and dead letters in order of time; exit 1 for none."""
    trace.show(query, since, text, as_json)


@spool_app.command("status", epilog="Example: edna-amocrm spool status --json")
def _spool_status(as_json: Json = False) -> None:
    """Show each folder of SPOOL_DIR on this machine: what waits, how old it is, what was rejected."""
    spool.status(as_json)


@spool_app.command("drain", epilog="Example: edna-amocrm spool drain")
def _spool_drain(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[FOLDER]…", help="As `status` shows them; default: all.")
    ] = None,
) -> None:
    """Write what gateways have left into Kafka, in order; a running gateway's folder is refused."""
    spool.drain(names or [])


@app.command("send-test", epilog="Example: edna-amocrm send-test --to client --phone +79001234567")
def _send_test(
    to: Annotated[Literal["operator", "client", "both"], typer.Option(help="Who is to receive it.")] = "both",
    phone: Annotated[
        str | None, typer.Option(help="The client. Needed with real accounts: a real person will read it.")
    ] = None,
    text: Annotated[str | None, typer.Option(help="What it says.")] = None,
    channel: Annotated[
        str | None, typer.Option(help="edna's channel (subjectId) or type; default: EDNA_IM_TYPE.")
    ] = None,
    gateway: Annotated[str | None, typer.Option(metavar="URL", help="Default: GATEWAY_URL or GATEWAY_PORT.")] = None,
    wait: Annotated[float, typer.Option(min=0.1, max=3600, metavar="S", help="Seconds until it must be there.")] = 30.0,
) -> None:
    """Send a test message through the running gateway and follow it to its end; exit 1 when it does not arrive."""
    send_test.send(to, phone, text, channel, gateway, wait)


def run() -> NoReturn:
    """The console entry point."""
    # What failed is said once, below; nothing else may stand in the answer.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        code = app(prog_name=NAME, standalone_mode=False)
        sys.stdout.flush()
    except typer.TyperException as error:
        if message := " ".join(error.format_message().replace("Value error, ", "").split()).rstrip("."):
            context = getattr(error, "ctx", None)
            _line(f"{message}: see `{context.command_path if context else NAME} --help`")
        sys.exit(error.exit_code)
    except ConfigurationError as error:
        exit_with(error)
    except KafkaUnavailable as error:
        _line(f"{error}: check KAFKA_BOOTSTRAP_SERVERS")
        sys.exit(FAILED)
    except Failed as error:
        _line(str(error))
        sys.exit(FAILED)
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(INTERRUPTED)
    except BrokenPipeError:  # `| head`: whoever reads has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(FAILED)
    except Exception as error:  # noqa: BLE001 - a traceback may hold what is personal; where it happened does not
        _line(f"a fault of this program: {_place_of(error)}: report it as a bug")
        sys.exit(FAILED)
    sys.exit(code if isinstance(code, int) else 0)


def _place_of(error: Exception) -> str:
    """Its class and the line that raised it; its words may hold anything."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "nowhere"
    return f"{type(error).__name__} at {place}"


def _line(text: str) -> None:
    print(f"{NAME}: {text}", file=sys.stderr)  # noqa: T201 - the one line for a person
