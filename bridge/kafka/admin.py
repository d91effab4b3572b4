"""The topics at the broker: what is there, what is missing, and making it so.

Looking never names a topic: a metadata request by name creates it on clusters with auto-creation.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from dataclasses import dataclass

from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import BrokerResponseError, KafkaError, TopicAlreadyExistsError, for_code

from bridge.errors import ConfigurationError
from bridge.kafka.closing import close
from bridge.kafka.security import client_arguments
from bridge.kafka.unavailable import unavailable
from bridge.settings import Settings
from bridge.topics import TOPICS, Topic

WITHIN_S = 10.0
CHANGE_WITHIN_S = 30.0
SHOWN_EVERY_S = 0.05
COMPARED = ("retention.ms", "retention.bytes", "cleanup.policy")
CREATE_REMEDY = "run `edna-amocrm topics create`"
PARTITIONS_REMEDY = (
    "set TOPIC_PARTITIONS to what is there and start this again, or add partitions with `edna-amocrm topics create`"
)


@dataclass(frozen=True, slots=True)
class TopicState:
    """One topic of the table as the broker has it. `partitions` is 0 when it is not there."""

    topic: Topic
    name: str
    wanted: int
    partitions: int

    @property
    def problem(self) -> str | None:
        """What is wrong with it, in a few words, or None."""
        if self.partitions == 0:
            return f"{self.name} is missing"
        if self.partitions != self.wanted:
            return f"{self.name} has {self.partitions} partitions, not {self.wanted}"
        return None


@contextlib.asynccontextmanager
async def admin_client(settings: Settings, within_s: float = WITHIN_S) -> AsyncIterator[AIOKafkaAdminClient]:
    """An admin client; raises KafkaUnavailable when Kafka does not answer in time, here or in the body."""
    client = AIOKafkaAdminClient(**client_arguments(settings), request_timeout_ms=int(within_s * 1000))
    try:
        async with asyncio.timeout(within_s):
            await client.start()
            yield client
    except (TimeoutError, OSError, KafkaError) as error:
        raise unavailable(settings, error) from None
    finally:
        await close(client.close, within_s=1.0)


async def describe_topics(settings: Settings) -> list[TopicState]:
    """Every topic of the table as the broker has it. Raises KafkaUnavailable."""
    async with admin_client(settings) as client:
        topics = await client.describe_topics(None)  # None: all topics, by no name
    there = {topic["topic"]: len(topic["partitions"]) for topic in topics if topic["error_code"] == 0}
    return [
        TopicState(topic, name, topic.partitions(settings.topic_partitions), there.get(name, 0))
        for topic in TOPICS
        for name in (settings.topic_prefix + topic.name,)
    ]


async def missing_topics(settings: Settings) -> list[str]:
    """A line for each topic that is missing or differs in partitions. Raises KafkaUnavailable."""
    return [state.problem for state in await describe_topics(settings) if state.problem is not None]


def trouble(states: Iterable[TopicState]) -> str:
    """What is wrong with topics and what to do about it, in one line; "" when nothing is."""
    wrong = [state for state in states if state.problem is not None]
    remedy = PARTITIONS_REMEDY if all(state.partitions for state in wrong) else CREATE_REMEDY
    return f"{'; '.join(str(state.problem) for state in wrong)}: {remedy}" if wrong else ""


async def create_topics(settings: Settings) -> list[TopicState]:
    """Create what is missing and return the states from before.

    Raises ConfigurationError when a topic is there with another number of partitions (nothing is created then), or when
    the broker refuses one; KafkaUnavailable when it does not answer.
    """
    before = await describe_topics(settings)
    if different := [state.problem for state in before if state.partitions and state.problem]:
        raise ConfigurationError(
            f"TOPIC_PARTITIONS={settings.topic_partitions}: {'; '.join(filter(None, different))}: "
            "set TOPIC_PARTITIONS to what is there, or choose another TOPIC_PREFIX"
        )
    await create_absent(settings, before)
    return before


async def create_absent(settings: Settings, states: Iterable[TopicState]) -> None:
    """Create those that are not there, and wait until the broker shows them.

    Raises ConfigurationError for one that the broker refuses, KafkaUnavailable when it does not answer.
    """
    absent = [state for state in states if not state.partitions]
    if not absent:
        return
    async with admin_client(settings, within_s=CHANGE_WITHIN_S) as client:
        answer = await client.create_topics(
            [
                NewTopic(
                    state.name,
                    num_partitions=state.wanted,
                    replication_factor=settings.topic_replication_factor,
                    topic_configs=state.topic.config(),
                )
                for state in absent
            ]
        )
        for name, code, *message in answer.topic_errors:
            error = for_code(code)
            if code and not issubclass(error, TopicAlreadyExistsError):
                why = message[0] if message else error.__name__
                raise ConfigurationError(f"{name}: Kafka refused to create it: {why}")
        await _shown(client, {state.name: 1 for state in absent})


async def add_partitions(settings: Settings, names: Collection[str], count: int) -> None:
    """Give topics `count` partitions, more than they have, and wait until the broker shows them.

    Raises ConfigurationError when the broker refuses, KafkaUnavailable when it does not answer.
    """
    if not names:
        return
    async with admin_client(settings, within_s=CHANGE_WITHIN_S) as client:
        try:
            await client.create_partitions({name: NewPartitions(count) for name in names})
        except BrokerResponseError as error:
            raise ConfigurationError(f"Kafka refused to add partitions: {error}") from None
        await _shown(client, dict.fromkeys(names, count))


async def _shown(client: AIOKafkaAdminClient, least: Mapping[str, int]) -> None:
    """Wait until the broker shows so many partitions of each: it follows its controller a moment later."""
    while True:
        topics = await client.describe_topics(None)
        shown = {topic["topic"]: len(topic["partitions"]) for topic in topics}
        if all(shown.get(name, 0) >= count for name, count in least.items()):
            return
        await asyncio.sleep(SHOWN_EVERY_S)


async def topic_configs(settings: Settings, names: Collection[str]) -> dict[str, dict[str, str]]:
    """What the broker keeps topics by: `retention.ms` and the like. Without those that it does not tell.

    Raises KafkaUnavailable.
    """
    if not names:
        return {}
    wanted = dict.fromkeys(COMPARED, "")
    async with admin_client(settings) as client:
        answers = await client.describe_configs(
            [ConfigResource(ConfigResourceType.TOPIC, name, wanted) for name in names]
        )
    return {
        name: {entry[0]: entry[1] for entry in entries}
        for answer in answers
        for code, _message, _type, name, entries in answer.resources
        if not code
    }
