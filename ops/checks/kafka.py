"""Kafka: that it answers, the topics, who works on them, and what stands where a person has to look at it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Iterator

from bridge.errors import KafkaUnavailable
from bridge.kafka.admin import missing_topics
from bridge.kafka.cluster import Cluster, describe_cluster
from bridge.kafka.groups import DirectionLag, direction_lags
from bridge.settings import Settings
from ops.asides import Aside, AsideChoice, read_asides
from ops.checks.check import Check, Patient, bounded
from ops.lag import in_words
from ops.letters import Choice, Letter, read_letters
from ops.output import silence

KAFKA = "Kafka"
TOPICS = "topics"
LETTERS = "dead letters"
ASIDES = "quarantine"
ANSWERS_WITHIN_S = 8.0
TOPICS_WITHIN_S = 10.0
COUNTED_WITHIN_S = 15.0  # the first question for a group makes a new cluster create its topic of offsets
CREATE = "run `edna-amocrm topics create`"
PROVEN = "4.3.1"


async def examine(patient: Patient) -> list[Check]:
    """The rest is left out when Kafka is away, or its topics are not there."""
    settings = patient.settings
    try:
        cluster = await describe_cluster(settings, ANSWERS_WITHIN_S)
    except KafkaUnavailable as error:
        remedy = "check KAFKA_BOOTSTRAP_SERVERS and, with SASL or TLS, the other KAFKA_ variables"
        return [Check(KAFKA, "wrong", str(error), remedy)]
    rows = list(judged(settings, cluster))
    topics = await bounded(TOPICS, TOPICS_WITHIN_S, _topics(settings))
    rows += topics
    if topics[0].verdict == "ok":
        for found in await asyncio.gather(
            bounded("consumer groups", COUNTED_WITHIN_S, _groups(settings)), _letters(settings), _asides(settings)
        ):
            rows += found
    return rows


def judged(settings: Settings, cluster: Cluster) -> Iterator[Check]:
    """Whether the cluster is one for which the promises hold."""
    brokers = f"{cluster.brokers} broker{'s' if cluster.brokers != 1 else ''}"
    if not cluster.is_4:
        yield Check(KAFKA, "warning", f"{brokers}, older than 4.0", f"the promises were proven on {PROVEN}: upgrade")
    else:
        yield Check(KAFKA, "ok", f"{brokers} at {settings.kafka_bootstrap_servers}, version 4 or newer")
    wanted = settings.topic_replication_factor
    if wanted > cluster.brokers:
        detail = f"TOPIC_REPLICATION_FACTOR={wanted}, and there are {brokers}"
        yield Check("replication", "wrong", detail, "set a factor that the cluster can hold")
    elif wanted == 1 and cluster.brokers > 1:
        detail = f"TOPIC_REPLICATION_FACTOR=1 with {brokers}: what one disk loses is lost"
        yield Check("replication", "warning", detail, "set 3 before the topics are created, or raise theirs")


async def _topics(settings: Settings) -> list[Check]:
    problems = await missing_topics(settings)
    if not problems:
        return [Check(TOPICS, "ok", f"all are there, with {settings.topic_partitions} partitions each")]
    remedy = CREATE if all(each.endswith("is missing") for each in problems) else f"set TOPIC_PARTITIONS, or {CREATE}"
    return [Check(TOPICS, "wrong", "; ".join(problems), remedy)]


async def _groups(settings: Settings) -> list[Check]:
    return [_group(each) for each in await direction_lags(settings)]


def _group(direction: DirectionLag) -> Check:
    name = f"group {direction.direction}"
    if direction.members:
        return Check(name, "ok", in_words(direction))
    remedy = f"start `python -m streams {direction.direction}`"
    return Check(name, "wrong" if direction.lag else "warning", in_words(direction), remedy)


async def _letters(settings: Settings) -> list[Check]:
    found: list[str] = []

    def take(letter: Letter) -> None:
        found.append(letter.kind)

    return await counted(LETTERS, found, read_letters(settings, Choice(), take, silence), "dead-letters list")


async def _asides(settings: Settings) -> list[Check]:
    found: list[str] = []

    def take(aside: Aside) -> None:
        found.append(aside.webhook.reason.value)

    return await counted(ASIDES, found, read_asides(settings, AsideChoice(), take, silence), "quarantine list")


async def counted(name: str, found: list[str], reading: Awaitable[object], command: str) -> list[Check]:
    """The row of what `reading` puts into `found`, a word for each; there may be too many to read them all."""
    remedy, in_time = f"see `edna-amocrm {command}`", True
    try:
        async with asyncio.timeout(COUNTED_WITHIN_S):
            await reading
    except TimeoutError:
        in_time = False
    if not found:
        said = "nothing is open" if in_time else "could not be counted in time"
        return [Check(name, "ok" if in_time else "warning", said, "" if in_time else remedy)]
    kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(Counter(found).items()))
    return [Check(name, "warning", f"{'' if in_time else 'at least '}{len(found)} open ({kinds})", remedy)]
