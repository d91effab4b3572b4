"""The agents' consumer groups as the coordinator knows them: who is in them, what they committed, what they lag behind.

A group that never was, or that nobody is in, is a state like any other and raises nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment
from aiokafka.errors import (
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    NotCoordinatorForGroupError,
    for_code,
)
from aiokafka.protocol.admin import DescribeGroupsRequest_v2
from aiokafka.structs import OffsetAndMetadata

from bridge.kafka.admin import admin_client, describe_topics
from bridge.kafka.reading import Place, Reader, reading
from bridge.settings import Settings
from bridge.topics import DIRECTIONS

COORDINATOR_WITHIN_S = 15.0  # the first question to a new cluster makes it create its topic of offsets
ASK_AGAIN_S = 0.2
NOT_YET = (GroupCoordinatorNotAvailableError, GroupLoadInProgressError, NotCoordinatorForGroupError)
NEVER_WAS = "Dead"  # the protocol's word for a group that is not known


@dataclass(frozen=True, slots=True)
class Member:
    """One process in a group. `partitions` are those of the group's source topic."""

    client_id: str
    host: str
    partitions: frozenset[int]


@dataclass(frozen=True, slots=True)
class PartitionLag:
    """One partition of a source: offsets at the broker and what its group committed (None: nothing yet)."""

    number: int
    begin: int
    end: int
    committed: int | None

    @property
    def lag(self) -> int:
        """Events that are not acknowledged yet; with nothing committed all that the partition keeps."""
        return max(0, self.end - max(self.begin, self.committed or 0))


@dataclass(frozen=True, slots=True)
class DirectionLag:
    """A direction: its group, who is in it, and each partition. No partitions: the source topic is not there."""

    direction: str
    group: str
    state: str
    members: tuple[Member, ...]
    partitions: tuple[PartitionLag, ...]

    @property
    def lag(self) -> int:
        """Events that wait, over all partitions."""
        return sum(partition.lag for partition in self.partitions)

    @property
    def exists(self) -> bool:
        """Whether the coordinator knows the group: an agent was there, or its offsets are kept."""
        return self.state != NEVER_WAS or any(partition.committed is not None for partition in self.partitions)

    def owner(self, number: int) -> Member | None:
        """Who is assigned a partition."""
        return next((member for member in self.members if number in member.partitions), None)


@dataclass(frozen=True, slots=True)
class _DescribeGroups:
    """aiokafka reads the answer to version 3 of this request as one to version 2, which is garbage: ask for 2."""

    groups: tuple[str, ...]

    def prepare(self, _versions: object) -> Any:
        return DescribeGroupsRequest_v2(list(self.groups))


async def direction_lags(settings: Settings) -> list[DirectionLag]:
    """Every direction as it is now. Raises KafkaUnavailable."""
    counts = {state.name: state.partitions for state in await describe_topics(settings)}
    sources = {direction: settings.topic_prefix + direction for direction in DIRECTIONS}
    async with reading(settings) as reader, admin_client(settings, within_s=COORDINATOR_WITHIN_S + 5) as client:
        return [
            await _direction(client, reader, direction, source, counts[source]) for direction, source in sources.items()
        ]


async def _direction(
    client: AIOKafkaAdminClient, reader: Reader, direction: str, source: str, count: int
) -> DirectionLag:
    group = source  # the group of a direction has the name of its source topic
    state, members, committed = await _told(client, group, source)
    offsets = {tp.partition: offset.offset for tp, offset in committed.items() if tp.topic == source}
    spans = await reader.kept(Place(source, number) for number in range(count))
    partitions = (
        PartitionLag(place.partition, span.first, span.end, _offset(offsets, place.partition))
        for place, span in spans.items()
    )
    return DirectionLag(direction, group, state, members, tuple(partitions))


def _offset(offsets: Mapping[int, int], number: int) -> int | None:
    found = offsets.get(number, -1)
    return None if found < 0 else found


async def _told(
    client: AIOKafkaAdminClient, group: str, source: str
) -> tuple[str, tuple[Member, ...], Mapping[TopicPartition, OffsetAndMetadata]]:
    """A group's state, members and offsets, once a coordinator has them: a new one loads them first."""
    deadline = time.monotonic() + COORDINATOR_WITHIN_S
    while True:
        try:
            coordinator = int(await client.find_coordinator(group))
            state, members = await _members(client, coordinator, group, source)
            # Committed before ends: the other way round, a lag could come out too small.
            return state, members, await client.list_consumer_group_offsets(group, group_coordinator_id=coordinator)
        except NOT_YET:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(ASK_AGAIN_S)


async def _members(
    client: AIOKafkaAdminClient, coordinator: int, group: str, source: str
) -> tuple[str, tuple[Member, ...]]:
    answer = await client._send_request(_DescribeGroups((group,)), coordinator)
    code, _group, state, _type, _protocol, members = answer.groups[0]
    if code:
        raise for_code(code)(group)
    return state, tuple(
        Member(client_id, host.removeprefix("/"), _assigned(assignment, source))
        for _member_id, client_id, host, _metadata, assignment in members
    )


def _assigned(assignment: bytes, source: str) -> frozenset[int]:
    if not assignment:
        return frozenset()  # in the middle of a rebalance
    pairs: Iterable[tuple[str, list[int]]] = ConsumerProtocolMemberAssignment.decode(assignment).assignment
    return frozenset(number for topic, numbers in pairs if topic == source for number in numbers)
