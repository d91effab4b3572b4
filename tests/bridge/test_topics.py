"""The topics as the public contract names them, and as the broker keeps them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bridge.kafka.admin import describe_topics, topic_configs
from bridge.settings import Settings

WEEK, MONTH = "604800000", "2592000000"  # ms
MANY = 4
CONTRACT = {
    "inbound": (MANY, "delete", WEEK, "-1"),
    "outbound": (MANY, "delete", WEEK, "-1"),
    "status": (MANY, "delete", WEEK, "-1"),
    "inbound.receipts": (MANY, "delete", WEEK, "-1"),
    "outbound.receipts": (MANY, "delete", WEEK, "-1"),
    "status.receipts": (MANY, "delete", WEEK, "-1"),
    "status.links": (MANY, "compact,delete", WEEK, "-1"),
    "inbound.links": (MANY, "compact,delete", MONTH, "-1"),
    "inbound.dlq": (MANY, "delete", MONTH, "-1"),
    "outbound.dlq": (MANY, "delete", MONTH, "-1"),
    "status.dlq": (MANY, "delete", MONTH, "-1"),
    "quarantine": (1, "delete", WEEK, "268435456"),
}


@pytest.mark.broker
async def test_each_topic_has_the_partitions_and_is_kept_as_long_as_the_contract_says(
    make_settings: Callable[..., Settings], topics: None
) -> None:
    settings = make_settings(topic_partitions=MANY)
    states = await describe_topics(settings)
    configs = await topic_configs(settings, [state.name for state in states])
    found = {
        state.name.removeprefix(settings.topic_prefix): (
            state.partitions,
            *(configs[state.name][name] for name in ("cleanup.policy", "retention.ms", "retention.bytes")),
        )
        for state in states
    }
    assert found == CONTRACT
