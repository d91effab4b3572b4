"""`edna-amocrm topics`: create what is missing, add partitions, show what is there."""

from __future__ import annotations

import asyncio

import typer
from rich.table import Table

from bridge.kafka.admin import TopicState, create_absent, describe_topics, topic_configs
from bridge.settings import Settings
from bridge.topics import DAY_MS
from ops.enlargement import Enlarged, Plan, enlarge
from ops.output import cell, console, progress
from ops.sandbox_world import settings_here


def create(allow_waiting: bool) -> None:
    """Make the topics what the settings say. Raises Failed, ConfigurationError, KafkaUnavailable."""
    typer.echo(asyncio.run(_create(settings_here(), allow_waiting)))


async def _create(settings: Settings, allow_waiting: bool) -> str:
    states = await describe_topics(settings)
    plan = Plan(states, settings.topic_partitions)
    plan.refuse_fewer()
    if plan.needed:
        done = await enlarge(settings, plan, allow_waiting=allow_waiting, shows=progress)
        return _in_words(done, settings.topic_partitions)
    absent = [state for state in states if not state.partitions]
    await create_absent(settings, absent)
    return f"created {len(absent)} topics" if absent else "all topics are there"


def _in_words(done: Enlarged, count: int) -> str:
    lines = [f"all topics have {count} partitions now; {done.moved_links} links moved"]
    if done.waiting:
        each = ", ".join(f"{number} in {direction}" for direction, number in done.waiting.items())
        lines.append(
            f"{sum(done.waiting.values())} events wait since before the sources had grown ({each}): "
            "their order against newer events of the same conversation is best effort"
        )
    lines.append(
        f"set TOPIC_PARTITIONS={count} for every part, wait half a minute until the running gateways know the new "
        "partitions, start the agents, and restart the gateways one by one"
    )
    return "\n".join(lines)


def describe() -> None:
    """Print every topic; exit 1 when one is missing or differs in partitions. Raises KafkaUnavailable."""
    states, notes = asyncio.run(_described(settings_here()))
    console().print(_table(states, notes))
    if any(state.problem for state in states):
        raise typer.Exit(1)


async def _described(settings: Settings) -> tuple[list[TopicState], dict[str, str]]:
    states = await describe_topics(settings)
    configs = await topic_configs(settings, [state.name for state in states if state.partitions])
    return states, {state.name: _differences(state, configs.get(state.name, {})) for state in states}


def _differences(state: TopicState, there: dict[str, str]) -> str:
    """How the broker keeps a topic otherwise than the table says; allowed, and worth knowing."""
    return "; ".join(
        f"{name} is {there[name]}, not {wanted}"
        for name, wanted in state.topic.config().items()
        if name in there and set(there[name].split(",")) != set(wanted.split(","))
    )


def _table(states: list[TopicState], notes: dict[str, str]) -> Table:
    table = Table("topic", "key", "partitions", "kept", "cleanup", "problem", "note")
    for state in states:
        topic = state.topic
        kept = f"{topic.retention_ms // DAY_MS} d"
        row = (state.name, topic.key, state.partitions, kept, topic.cleanup, state.problem, notes[state.name])
        table.add_row(*map(cell, row))
    return table
