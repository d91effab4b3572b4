"""The `edna-amocrm` command. Errors are one line on stderr: exit 78 for configuration, 1 for a broker that is away."""

from __future__ import annotations

import asyncio
import logging
import sys

import typer
from rich.console import Console
from rich.table import Table

from bridge.errors import ConfigurationError, KafkaUnavailable
from bridge.kafka.admin import TopicState, create_topics, describe_topics
from bridge.settings import exit_with, load_settings
from bridge.topics import DAY_MS

app = typer.Typer(help="Operate the bridge between edna Pulse and amoCRM chats.", no_args_is_help=True)
topics = typer.Typer(help="The topics at the broker.", no_args_is_help=True)
app.add_typer(topics, name="topics")

BROKER_AWAY = 1


@topics.command()
def create() -> None:
    """Create what is missing."""
    before = asyncio.run(create_topics(load_settings("topics")))
    absent = [state.name for state in before if not state.partitions]
    print(f"created {len(absent)} topics" if absent else "all topics are there")  # noqa: T201 - the command's answer


@topics.command()
def describe() -> None:
    """Show every topic; exit 1 when one is missing or differs."""
    states = asyncio.run(describe_topics(load_settings("topics")))
    Console().print(_table(states))
    if any(state.problem for state in states):
        raise typer.Exit(1)


def _table(states: list[TopicState]) -> Table:
    table = Table("topic", "key", "partitions", "kept", "cleanup", "problem")
    for state in states:
        topic = state.topic
        kept = f"{topic.retention_ms // DAY_MS} d"
        table.add_row(state.name, topic.key, str(state.partitions), kept, topic.cleanup, state.problem or "")
    return table


def run() -> None:
    """The console entry point."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # what failed is said once, below
    try:
        app()
    except ConfigurationError as error:
        exit_with(error)
    except KafkaUnavailable as error:
        print(f"edna-amocrm: {error}: check KAFKA_BOOTSTRAP_SERVERS", file=sys.stderr)  # noqa: T201 - for a person
        sys.exit(BROKER_AWAY)
