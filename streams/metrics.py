"""Every metric of the agents, each with its sentence."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import Counter, Gauge, Histogram

PREFIX = "edna_amocrm"
DIRECTION = ("direction",)

ACCEPTED = Counter(f"{PREFIX}_events_accepted", "Events taken from the topic into a lane", DIRECTION)
DELIVERED = Counter(f"{PREFIX}_events_delivered", "Events that the vendor has taken", DIRECTION)
REPEATED = Counter(f"{PREFIX}_events_repeated", "Events skipped because a receipt says that they are done", DIRECTION)
SKIPPED = Counter(f"{PREFIX}_events_skipped", "Events that the vendor need not hear of", (*DIRECTION, "reason"))
DEAD_LETTERED = Counter(f"{PREFIX}_events_dead_lettered", "Events that can never be delivered", (*DIRECTION, "kind"))
ATTEMPTS = Counter(f"{PREFIX}_attempts", "Calls of the vendor by what they came to", (*DIRECTION, "outcome"))
LOOKED_UP = Counter(
    f"{PREFIX}_history_lookups",
    "Calls that carry no id of ours and may have been taken, by what edna's history says: found, absent, untold. "
    "An absent or untold one is sent again, and may be a second one",
    ("result",),
)
IN_FLIGHT = Gauge(f"{PREFIX}_attempts_in_flight", "Calls of the vendor under way", DIRECTION)
HELD = Gauge(f"{PREFIX}_events_held", "Events in hand with their payload", DIRECTION)
LANES = Gauge(f"{PREFIX}_lanes", "Conversations with something in hand", DIRECTION)
SPAN = Gauge(f"{PREFIX}_unacked_span", "Events accepted and not acknowledged, by partition", (*DIRECTION, "partition"))
LAG = Gauge(
    f"{PREFIX}_lag", "Records in the topic behind the committed offset, by partition", (*DIRECTION, "partition")
)
OF_PARTITIONS = (SPAN, LAG)
BREAKER_OPEN = Gauge(
    f"{PREFIX}_breaker_open", "1 while the lanes of a channel wait for the vendor", (*DIRECTION, "account", "channel")
)
RATE_LIMIT = Gauge(f"{PREFIX}_rate_limit", "Calls a second that an account gets; 0 = no limit", (*DIRECTION, "account"))
PAUSED = Counter(f"{PREFIX}_partition_pauses", "Pauses of a partition by why", (*DIRECTION, "reason"))
LATENCY = Histogram(
    f"{PREFIX}_delivery_seconds",
    "Seconds from the gateway's acceptance to the vendor's answer",
    DIRECTION,
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600),
)


def forget_partitions(direction: str, numbers: Iterable[int]) -> None:
    """Tell no more of partitions that went elsewhere: their next owner tells of them, and sums would count both."""
    for number in numbers:
        for gauge in OF_PARTITIONS:
            gauge.remove(direction, number)
