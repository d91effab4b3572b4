"""Every metric of the gateway, each with its sentence."""

from __future__ import annotations

from prometheus_client import Counter, Enum, Gauge, Histogram

from gateway.spool import Spool

PREFIX = "edna_amocrm_gateway"

ACCEPTED = Counter(f"{PREFIX}_accepted", "Events stored, in Kafka or in the spool, by direction", ("direction",))
QUARANTINED = Counter(f"{PREFIX}_quarantined", "Webhooks set aside for the quarantine topic, by reason", ("reason",))
QUARANTINE_SKIPPED = Counter(
    f"{PREFIX}_quarantine_skipped", "Refused webhooks not kept: too many a minute, or no Kafka", ("reason",)
)
IGNORED = Counter(f"{PREFIX}_ignored", "Webhooks understood that carry nothing for the other side, by kind", ("kind",))
REJECTED = Counter(f"{PREFIX}_rejected", "Webhooks not answered 200, by HTTP status", ("status",))
UNSTORED = Counter(f"{PREFIX}_unstored", "Records that neither Kafka nor the spool took in time")
STORE_SECONDS = Histogram(
    f"{PREFIX}_store_seconds",
    "Seconds from the hand-over of a record until it was stored",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)
IN_FLIGHT = Gauge(f"{PREFIX}_in_flight", "Requests being worked on")
KAFKA_UP = Gauge(f"{PREFIX}_kafka_up", "1 while Kafka answers and has all topics")
MODE = Enum(f"{PREFIX}_mode", "Where accepted events go now", states=["direct", "spool", "draining"])
SPOOLED = Counter(f"{PREFIX}_spooled", "Records that were stored in the spool because Kafka did not confirm")
DRAINED = Counter(f"{PREFIX}_drained", "Records that went from the spool into Kafka or into rejected/")
SPOOL_DEPTH = Gauge(f"{PREFIX}_spool_records", "Records that wait in the spool")
SPOOL_BYTES = Gauge(f"{PREFIX}_spool_bytes", "Bytes of the spool on disk")
SPOOL_OLDEST = Gauge(f"{PREFIX}_spool_oldest_seconds", "Age of the oldest record that waits in the spool")
SPOOL_REJECTED = Gauge(f"{PREFIX}_spool_rejected", "Files in the spool's rejected/: damaged, or refused for ever")
FSYNC_SECONDS = Histogram(
    f"{PREFIX}_spool_fsync_seconds",
    "Seconds until a group of records was durable in the spool",
    buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)

RELAYED = Counter(f"{PREFIX}_relayed", "Files that the media relay handed out whole, or the range asked for")
RELAYED_BYTES = Counter(f"{PREFIX}_relayed_bytes", "Bytes that the media relay handed out")
RELAY_REFUSED = Counter(
    f"{PREFIX}_relay_refused", "Files not handed out, or broken off half way, by reason", ("reason",)
)
RELAY_IN_FLIGHT = Gauge(f"{PREFIX}_relay_in_flight", "Files being handed out")


def watch_spool(spool: Spool) -> None:
    """Let the gauges of the spool tell of this one."""
    SPOOL_DEPTH.set_function(lambda: spool.depth)
    SPOOL_BYTES.set_function(lambda: spool.bytes)
    SPOOL_OLDEST.set_function(lambda: spool.age_s)
    SPOOL_REJECTED.set_function(lambda: spool.rejected)
