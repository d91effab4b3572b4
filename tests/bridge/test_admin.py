"""What an administrator of topics can rely on: created means that the broker shows them, to whoever looks next."""

from __future__ import annotations

import pytest

from bridge.kafka.admin import create_topics, missing_topics
from tests.ops.process import MakeSettings

pytestmark = [pytest.mark.broker]


async def test_topics_that_were_created_are_there_at_the_next_look(
    make_settings: MakeSettings, topic_prefix: str
) -> None:
    for number in range(5):  # a controller is ahead of its broker nearly always, not always
        settings = make_settings(topic_prefix=f"{topic_prefix}{number}.")
        await create_topics(settings)
        assert await missing_topics(settings) == []
