"""More partitions: an order of steps in which no event and no link can be lost, however often it is interrupted.

    1. nobody works: the groups are empty, and nothing waits
    2. what is missing is created; receipts, dead letters and links grow
    3. live links go where their keys belong now
    4. the sources grow, last: until then every event still meets the receipts and links of its partition

Between 2 and 4 no agent starts, with the old number or the new one, because topics differ; the gateways go on. So an
enlargement that was interrupted is recognised by receipts that are larger than their source, and finished although
events wait by then: nobody else could work them off.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bridge.errors import ConfigurationError
from bridge.kafka.admin import TopicState, add_partitions, create_absent
from bridge.kafka.groups import DirectionLag, direction_lags
from bridge.settings import Settings
from bridge.topics import DIRECTIONS, INBOUND_LINKS, STATUS_LINKS
from ops.link_moves import move_links
from ops.output import Failed, Shows

LINKS = (STATUS_LINKS, INBOUND_LINKS)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to grow, and whether that was begun before."""

    states: Sequence[TopicState]
    wanted: int

    @property
    def needed(self) -> bool:
        """Whether any topic has too few partitions."""
        return any(0 < state.partitions < state.wanted for state in self.states)

    @property
    def unfinished(self) -> bool:
        """Whether an earlier enlargement was interrupted."""
        sources = [state.partitions for state in self._sources if state.partitions]
        others = [state.partitions for state in self._companions if state.partitions]
        return bool(sources) and max([*sources, *others]) > min(sources)

    def refuse_fewer(self) -> None:
        """Raises ConfigurationError when a topic has more partitions than wanted: Kafka cannot take any away."""
        larger = [state for state in self.states if state.partitions > state.wanted]
        if not larger:
            return
        most = max(state.partitions for state in larger)
        remedy = (
            f"an enlargement was interrupted: finish it with TOPIC_PARTITIONS={most}"
            if self.unfinished
            else "set TOPIC_PARTITIONS to what is there, or choose another TOPIC_PREFIX"
        )
        what = "; ".join(str(state.problem) for state in larger)
        raise ConfigurationError(f"TOPIC_PARTITIONS={self.wanted}: {what}: {remedy}")

    def small(self, *, sources: bool) -> list[str]:
        """The names of the sources, or of what stands beside them, that have too few partitions."""
        among = self._sources if sources else self._companions
        return [state.name for state in among if 0 < state.partitions < state.wanted]

    @property
    def links(self) -> list[TopicState]:
        """The topics of links."""
        return [state for state in self.states if state.topic.name in LINKS]

    @property
    def _sources(self) -> list[TopicState]:
        return [state for state in self.states if state.topic.name in DIRECTIONS]

    @property
    def _companions(self) -> list[TopicState]:
        return [state for state in self.states if state.topic.name not in DIRECTIONS]


@dataclass(frozen=True, slots=True)
class Enlarged:
    """What was done. `waiting`: events in the old partitions that are not delivered yet, by direction."""

    moved_links: int
    waiting: dict[str, int]


async def enlarge(settings: Settings, plan: Plan, *, allow_waiting: bool, shows: Shows) -> Enlarged:
    """Do the steps of the module.

    Raises Failed, and has changed nothing, when agents run or, unless `allow_waiting` or an earlier enlargement was
    interrupted, when events wait; ConfigurationError when Kafka refuses; KafkaUnavailable.
    """
    before = await direction_lags(settings)
    refuse_members(before)
    if not (allow_waiting or plan.unfinished):
        refuse_waiting(before)
    await create_absent(settings, plan.states)
    await add_partitions(settings, plan.small(sources=False), plan.wanted)
    with shows("moving links") as advance:
        moved = await move_links(settings, plan.links, advance)
    refuse_members(await direction_lags(settings))
    await add_partitions(settings, plan.small(sources=True), plan.wanted)
    after = await direction_lags(settings)
    waiting = {each.direction: each.lag for each in after if each.lag}
    return Enlarged(moved, waiting)


def refuse_members(directions: Iterable[DirectionLag]) -> None:
    """Raises Failed that names the first group that somebody is in."""
    for each in directions:
        if each.members:
            who = ", ".join(sorted({f"{member.client_id} at {member.host}" for member in each.members}))
            raise Failed(
                f"group {each.group} has {len(each.members)} member(s) ({who}): stop all agents, then run this again "
                "(one that was killed counts for SESSION_TIMEOUT_S seconds more)"
            )


def refuse_waiting(directions: Iterable[DirectionLag]) -> None:
    """Raises Failed that names the first partition in which events wait."""
    for each in directions:
        for partition in each.partitions:
            if partition.lag:
                raise Failed(
                    f"{partition.lag} event(s) wait in {each.group}/{partition.number} ({each.lag} in the topic): "
                    "start the agents until `edna-amocrm lag` shows 0, stop them, then run this again; or give "
                    "--allow-waiting, and the order of those against newer ones of their conversations is best effort"
                )
