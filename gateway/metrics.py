"""Every metric of the gateway, each with its sentence."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

PREFIX = "edna_amocrm_gateway"

ACCEPTED = Counter(f"{PREFIX}_accepted", "Events that Kafka has confirmed, by direction", ("direction",))
QUARANTINED = Counter(f"{PREFIX}_quarantined", "Webhooks set aside into the quarantine topic, by reason", ("reason",))
QUARANTINE_SKIPPED = Counter(
    f"{PREFIX}_quarantine_skipped", "Refused webhooks not kept: too many a minute, or no Kafka", ("reason",)
)
IGNORED = Counter(f"{PREFIX}_ignored", "Webhooks understood that carry nothing for the other side, by kind", ("kind",))
REJECTED = Counter(f"{PREFIX}_rejected", "Webhooks not answered 200, by HTTP status", ("status",))
UNCONFIRMED = Counter(f"{PREFIX}_unconfirmed", "Records that Kafka did not confirm in time")
PRODUCE_SECONDS = Histogram(
    f"{PREFIX}_produce_seconds",
    "Seconds from the hand-over of a record to Kafka's confirmation",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)
IN_FLIGHT = Gauge(f"{PREFIX}_in_flight", "Webhooks being worked on")
KAFKA_UP = Gauge(f"{PREFIX}_kafka_up", "1 while Kafka answers and has all topics")
