"""The figures of partitions: one process tells them, as long as it has the partition, and from where it begins."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from bridge.ids import Conversation
from bridge.settings import Settings
from tests.broker.agents import Agent, outbound, produce, record, until

pytestmark = [pytest.mark.broker]

FIGURES = ("edna_amocrm_lag", "edna_amocrm_unacked_span")


async def told(agent: Agent, figure: str) -> dict[int, float]:
    """A figure by partition."""
    lines = (await agent.metrics()).items()
    found = ((re.fullmatch(figure + r'\{.*partition="(\d+)".*\}', name), value) for name, value in lines)
    return {int(match[1]): value for match, value in found if match}


async def partitions(agent: Agent) -> set[int]:
    """Those that an agent has."""
    return set((await agent.facts())[1]["partitions"])


async def test_the_figures_of_a_partition_go_with_it_to_another_process(
    tuned: Callable[..., Settings], topics: None, agent: Callable[..., Agent]
) -> None:
    first, second = (agent("outbound", tuned()) for _ in range(2))
    await first.start()
    everything = {0, 1, 2, 3}

    async def told_of(one: Agent, numbers: set[int]) -> bool:
        return all([set(await told(one, figure)) == numbers for figure in FIGURES])

    await until("the figures of all partitions", lambda: told_of(first, everything))
    await second.start()
    here, there = await partitions(first), await partitions(second)
    assert (here | there, here & there) == (everything, set())
    await until("the figures of the others alone", lambda: told_of(first, here))
    await until("the figures of those that went", lambda: told_of(second, there))


async def test_what_was_deleted_before_anything_was_committed_is_no_lag(
    tuned: Callable[..., Settings], topics: None, agent: Callable[..., Agent]
) -> None:
    settings = tuned()
    sent = [record(outbound(str(uuid.uuid4()), Conversation("345", f"790000000{n}"), str(n))) for n in range(10, 50)]
    await produce(settings, "outbound", sent)
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap_servers)
    await admin.start()
    try:
        places = [TopicPartition(f"{settings.topic_prefix}outbound", number) for number in range(4)]
        await admin.delete_records({place: RecordsToDelete(before_offset=-1) for place in places})  # -1: all
    finally:
        await admin.close()
    idle = await agent("outbound", settings).start()

    async def known() -> bool:
        return len(await told(idle, "edna_amocrm_lag")) == len(places)

    await until("a figure of each partition", known)
    assert set((await told(idle, "edna_amocrm_lag")).values()) == {0.0}
