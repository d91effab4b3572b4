"""Whether Kafka answers and has the topics, asked now and then, so that `/ready` tells before a webhook has to fail.

Nothing is produced before the topics were seen: a record by name would make a topic on clusters with auto-creation.
Topics that are all there but differ in partitions from TOPIC_PARTITIONS end a gateway that starts, not one that runs:
partitions are added while gateways run. What is accepted while topics are not there waits in the spool (I1).
"""

from __future__ import annotations

import asyncio
import contextlib

import structlog

from bridge.errors import KafkaUnavailable
from bridge.kafka.admin import CREATE_REMEDY, PARTITIONS_REMEDY, describe_topics
from bridge.kafka.closing import ends_this_task
from bridge.settings import Settings
from gateway import metrics

log = structlog.get_logger(__name__)

ASK_EVERY_S = 5.0
ASK_AGAIN_S = 0.5  # while something is wrong
ANSWER_WITHIN_S = 2.0


class KafkaWatch:
    """What is known of Kafka. `missing` is None until it has answered once.

    `missing` has a line for each topic that is not there or differs in partitions, `absent` says that one is not there.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._task: asyncio.Task[None] | None = None
        self.answers = False
        self.missing: list[str] | None = None
        self.absent = False

    @property
    def has_topics(self) -> bool:
        """Whether all topics were there when Kafka was last able to say, with however many partitions."""
        return self.missing is not None and not self.absent

    @property
    def problem(self) -> str:
        """What is wrong, for people; "" when nothing is."""
        differing = "; ".join(self.missing or ())
        if self.absent:
            return f"{differing}: {CREATE_REMEDY}"
        if not self.answers:
            return f"Kafka at {self._settings.kafka_bootstrap_servers} does not answer"
        if differing:
            return f"{differing}: {PARTITIONS_REMEDY}"
        return ""

    async def ask(self) -> None:
        """Ask once; takes at most ANSWER_WITHIN_S and never raises for Kafka's sake."""
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                states = await describe_topics(self._settings)
            self.missing = [state.problem for state in states if state.problem is not None]
            self.absent = any(not state.partitions for state in states)
            self.answers = True
        except (KafkaUnavailable, TimeoutError):
            self.answers = False
        except (Exception, asyncio.CancelledError) as error:
            self.answers = False
            if ends_this_task(error):  # a watch that has died would leave /ready at its last word for ever
                raise
            log.exception("kafka.watch_failed")
        metrics.KAFKA_UP.set(self.answers and self.has_topics)

    async def start(self) -> None:
        """Ask once, then go on in the background."""
        await self.ask()
        self._task = asyncio.create_task(self._run(), name="kafka-watch")

    async def stop(self) -> None:
        """Stop asking."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        told: str | None = None
        while True:
            usable = self.answers and self.has_topics
            if self.problem != told:
                told = self.problem
                if not told:
                    log.info("kafka.usable")
                elif usable:
                    log.error("kafka.partitions_differ", problem=told)
                else:
                    log.error("kafka.not_usable", problem=told)
            await asyncio.sleep(ASK_EVERY_S if usable else ASK_AGAIN_S)
            await self.ask()
