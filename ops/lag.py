"""`edna-amocrm lag`: what waits in each direction, and who works on it."""

from __future__ import annotations

import asyncio
from typing import Any

from rich.table import Table

from bridge.kafka.groups import DirectionLag, PartitionLag, direction_lags
from ops.output import cell, console, say_json
from ops.sandbox_world import settings_here


def show(as_json: bool) -> None:
    """Print every direction. Raises ConfigurationError, KafkaUnavailable."""
    directions = asyncio.run(direction_lags(settings_here()))
    if as_json:
        say_json({"directions": [_document(each) for each in directions], "lag": sum(each.lag for each in directions)})
        return
    screen = console()
    for each in directions:
        if each.partitions:
            screen.print(_table(each))
        screen.print(cell(f"{each.direction}: {in_words(each)}\n"))


def in_words(direction: DirectionLag) -> str:
    """One sentence on a direction."""
    if not direction.partitions:
        return "its topic is missing: run `edna-amocrm topics create`"
    waiting = f"{direction.lag} {'waits' if direction.lag == 1 else 'wait'}"
    if not direction.exists:
        return f"{waiting}; the group {direction.group} does not exist yet: no agent has ever committed"
    if not direction.members:
        return f"{waiting}; the group {direction.group} has no members: no agent runs"
    agents = f"{len(direction.members)} agent{'s' if len(direction.members) > 1 else ''}"
    state = "" if direction.state == "Stable" else f", the group is {direction.state} (it settles within seconds)"
    return f"{waiting}; {agents} in the group {direction.group}{state}"


def _table(direction: DirectionLag) -> Table:
    table = Table(title=direction.direction, title_justify="left")
    table.add_column("partition", justify="right")
    for name in ("end", "committed", "lag"):
        table.add_column(name, justify="right")
    table.add_column("assigned to")
    for partition in direction.partitions:
        committed = "–" if partition.committed is None else partition.committed
        numbers = map(cell, (partition.number, partition.end, committed, partition.lag))
        table.add_row(*numbers, cell(_owner(direction, partition)))
    table.add_section()
    table.add_row(cell("all"), cell(sum(each.end for each in direction.partitions)), "", cell(direction.lag), "")
    return table


def _owner(direction: DirectionLag, partition: PartitionLag) -> str:
    owner = direction.owner(partition.number)
    return "nobody" if owner is None else f"{owner.client_id} at {owner.host}"


def _document(direction: DirectionLag) -> dict[str, Any]:
    return {
        "direction": direction.direction,
        "group": direction.group,
        "group_exists": direction.exists,
        "group_state": direction.state,
        "members": [
            {"client_id": each.client_id, "host": each.host, "partitions": sorted(each.partitions)}
            for each in direction.members
        ],
        "lag": direction.lag,
        "partitions": [
            {
                "partition": each.number,
                "begin": each.begin,
                "end": each.end,
                "committed": each.committed,
                "lag": each.lag,
                "assigned_to": owner.client_id if (owner := direction.owner(each.number)) else None,
            }
            for each in direction.partitions
        ],
    }
