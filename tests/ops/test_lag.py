"""`edna-amocrm lag`: numbers for each partition, and in words what is not there."""

from __future__ import annotations

import re

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from tests.ops.process import Command, MakeSettings
from tests.ops.stories import ANNA, Writer

pytestmark = pytest.mark.broker


async def test_a_group_that_never_was_is_said_in_words_and_all_that_is_kept_waits(
    make_settings: MakeSettings, topics: None, command: Command
) -> None:
    async with Writer(make_settings()) as writer:
        for number in range(3):
            await writer.question(number, ANNA)
    done = command("lag")
    assert done.returncode == 0, done.stderr
    group = f"{command.environment['TOPIC_PREFIX']}inbound"
    assert f"3 wait; the group {group} does not exist yet" in done.stdout
    document = command.json("lag")
    assert document["lag"] == 3
    assert [each["direction"] for each in document["directions"]] == ["inbound", "outbound", "status"]
    assert not document["directions"][0]["group_exists"]


async def test_who_is_assigned_what_is_committed_and_what_waits_is_told_for_each_partition(
    make_settings: MakeSettings, topics: None, command: Command
) -> None:
    settings = make_settings()
    async with Writer(settings) as writer:
        standing = [await writer.question(number, ANNA) for number in range(5)]
    topic = f"{settings.topic_prefix}inbound"
    consumer = AIOKafkaConsumer(
        topic, group_id=topic, client_id="a-test", bootstrap_servers=settings.kafka_bootstrap_servers,
        enable_auto_commit=False,
    )  # fmt: skip
    await consumer.start()
    try:
        number = standing[0].partition
        await consumer.commit({TopicPartition(topic, number): 3})
        inbound = command.json("lag")["directions"][0]
        assert [member["client_id"] for member in inbound["members"]] == ["a-test"]
        assert inbound["members"][0]["partitions"] == list(range(settings.topic_partitions))
        (partition,) = [each for each in inbound["partitions"] if each["partition"] == number]
        assert partition == {
            "partition": number, "begin": 0, "end": 5, "committed": 3, "lag": 2, "assigned_to": "a-test",
        }  # fmt: skip
        assert re.search(r"a-test at \d", command("lag").stdout)  # by the address that the broker sees
    finally:
        await consumer.stop()
    assert "has no members: no agent runs" in command("lag").stdout


def test_missing_topics_are_said_in_words(command: Command) -> None:
    done = command("lag")
    assert done.returncode == 0
    assert "its topic is missing: run `edna-amocrm topics create`" in done.stdout
