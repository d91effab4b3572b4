"""Faust as a shell: group membership, assignment and fetching. What is done with a record is decided in `delivery`.

The agent hands records over and never acknowledges. Kafka away at start means waiting here, before Faust begins.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterable
from typing import Any

import faust
import faust.streams
import structlog
from faust.app.base import BootStrategy
from faust.types import TP
from mode import ServiceT
from yarl import URL

from bridge import garbage
from bridge.errors import EXIT_CONFIGURATION, EXIT_STUCK, ConfigurationError, KafkaUnavailable
from bridge.kafka.admin import describe_topics, trouble
from bridge.kafka.security import tls
from bridge.logs import configure_logs, logging_config
from bridge.settings import Settings, secret
from streams import metrics
from streams.consumer import GroupConsumer
from streams.delivery.delivery import Delivery
from streams.delivery.liveness import Liveness
from streams.delivery.outcome import Carrier
from streams.delivery.watchdog import ASK_WITHIN_S, Signs, Watch, Watchdog
from streams.fetching import BatchTransport
from streams.health import HealthServer
from streams.quick import NoTables, QuickWorker, leave

log = structlog.get_logger(__name__)

STOP_BUDGET_S = 8.0  # I6: from SIGTERM to the end, Kafka away or not
ASK_KAFKA_EVERY_S = 1.0


class _NoWeb(BootStrategy):
    enable_web = False


class Shell(faust.App):
    """One direction's Faust app around its delivery."""

    BootStrategy = _NoWeb

    def on_init_dependencies(self) -> Iterable[ServiceT]:
        """What Faust starts with the app, without its statistics of each event: `/metrics` has our own."""
        services = super().on_init_dependencies()
        self.sensors.remove(self.monitor)
        return services

    def _new_transport(self) -> BatchTransport:
        return BatchTransport(self.conf.broker_consumer, self)

    def attach(self, settings: Settings, carrier: Carrier, port: int) -> None:
        """Give the app its direction. Nothing is opened before the app starts."""
        self.settings = settings
        self.carrier = carrier
        self.source = settings.topic_prefix + carrier.name
        self.liveness = Liveness(settings.session_timeout_s)
        self.group = GroupConsumer(self, self.source, self.liveness)
        self.delivery: Delivery | None = None
        self.waiting_for = "start"
        self._begins: dict[int, int] = {}
        self._looking: asyncio.Task[None] | None = None
        variable = f"{carrier.name.upper()}_PORT"
        self.health = HealthServer(settings.listen_host, port, variable, self.facts, self.publish_lag)

    def facts(self) -> tuple[bool, dict[str, Any]]:
        """Whether the direction is ready, and what an operator wants to know of it."""
        delivery = self.delivery
        if delivery is None:
            return False, {"direction": self.carrier.name, "waiting_for": self.waiting_for}
        loaded = all(partition.ready.is_set() for partition in delivery.partitions.values())
        facts = {
            "direction": self.carrier.name,
            "kafka": self.liveness.fresh and delivery.producer.connected,
            "partitions": sorted(delivery.partitions),
            "receipts_read": loaded,
            "held": delivery.held,
            "full_s": round(delivery.full_s),
            "breakers": [channel.facts() for channel in delivery.courier.attempts.channels.open()],
            "stopping": delivery.stopping,
        }
        in_group = delivery.joined and self.liveness.fresh
        return in_group and loaded and delivery.producer.connected and not delivery.stopping, facts

    def signs(self) -> Signs:
        """What the watchdog sees."""
        delivery = self.delivery
        if delivery is None or delivery.stopping:
            return Signs(held=0, waiting_lanes=0, silent_s=0.0, in_group=True)
        pulse = delivery.courier.pulse
        return Signs(delivery.held, pulse.waiting_lanes, pulse.silent_s, self.liveness.fresh)

    async def kafka_answers(self) -> bool:
        """Whether Kafka says something right now, whatever it says of the topics."""
        try:
            async with asyncio.timeout(ASK_WITHIN_S):
                await describe_topics(self.settings)
        except (KafkaUnavailable, TimeoutError):
            return False
        return True

    def publish_lag(self) -> None:
        """Set the lag gauge of each partition: the broker's end minus what is committed, or minus the first offset."""
        if self.delivery is None or not self.delivery.partitions:
            return
        for number, end in self.group.ends().items():
            partition, begin = self.delivery.partitions.get(number), self._begins.get(number)
            if partition is None or begin is None:
                continue
            if partition.ready.is_set() or partition.committed is not None:  # else nobody knows yet what is committed
                lag = max(0, end - max(begin, partition.committed or 0))
                metrics.LAG.labels(self.carrier.name, number).set(lag)

    async def _look_at_begins(self) -> None:
        """Learn where the partitions of a new assignment begin. What was learned before is never too high."""
        while True:
            try:
                self._begins |= await self.group.begins()
            except Exception as error:  # noqa: BLE001 - whatever the client raises: ask again
                log.warning("offsets.unread", why=repr(error))
                await asyncio.sleep(ASK_KAFKA_EVERY_S)
            else:
                return

    async def on_first_start(self) -> None:
        """Before anything of Faust: listen, wait for Kafka, see that the topics are there."""
        try:
            await self.health.start()
            await self._wait_for_topics()
        except ConfigurationError as error:
            leave(EXIT_CONFIGURATION, str(error))
        if self.should_stop:
            return
        self.delivery = Delivery(self.settings, self.carrier, self.group, self.liveness)
        await self.delivery.start()
        self.watchdog = Watchdog(
            Watch(self.settings.session_timeout_s),
            self.signs,
            self.kafka_answers,
            lambda reason: leave(EXIT_STUCK, f"{self.carrier.name} is stuck: {reason}"),
        )
        self.watchdog.start()
        garbage.settle()
        self.waiting_for = ""

    async def _wait_for_topics(self) -> None:
        self.waiting_for = "kafka"
        told = False
        while not self.should_stop:
            try:
                problem = trouble(await describe_topics(self.settings))
            except KafkaUnavailable as error:
                if not told:
                    log.warning("kafka.waiting", why=str(error))
                    told = True
                await self.sleep(ASK_KAFKA_EVERY_S)
                continue
            if problem:
                raise ConfigurationError(problem)
            return

    async def on_stop(self) -> None:
        """Drain and commit first; whatever Faust does afterwards has the rest of the budget (I6)."""
        started = time.monotonic()
        _leave_after(STOP_BUDGET_S)
        log.info("stopping")
        if self.delivery is not None:
            await self.delivery.stop()
        await self.health.stop()
        log.info("stopped", seconds=round(time.monotonic() - started, 2))
        await super().on_stop()

    async def assigned(self, partitions: set[TP]) -> None:
        """Faust's signal: the partitions of the new assignment, all of them."""
        if self.delivery is None or self.delivery.stopping:
            return
        self.group.forget_pauses()
        self.group.watch_heartbeats()
        before, now = set(self.delivery.partitions), {tp.partition for tp in partitions if tp.topic == self.source}
        await self.delivery.assign(now)
        metrics.forget_partitions(self.carrier.name, before - now)
        if self._looking is not None:
            self._looking.cancel()
        self._looking = asyncio.create_task(self._look_at_begins())

    async def revoked(self) -> None:
        """Faust's signal: a rebalance begins, every partition is given up."""
        if self.delivery is not None and not self.delivery.stopping:
            before = set(self.delivery.partitions)
            await self.delivery.revoke()
            metrics.forget_partitions(self.carrier.name, before)


def make_app(settings: Settings, carrier: Carrier, port: int) -> Shell:
    """The Faust app of a direction, with its one agent."""
    if getattr(faust.streams, "_CStreamIterator", None) is None:
        raise ConfigurationError(
            "Faust was installed without its compiled stream iterator, and the Python one acknowledges what it skips: "
            "install a wheel of faust-streaming for this platform"
        )
    configure_logs(settings, carrier.name)
    app = Shell(f"{settings.topic_prefix}{carrier.name}", **_faust_settings(settings, carrier.name))
    app.attach(settings, carrier, port)
    topic = app.topic(
        app.source,
        key_type=bytes,
        value_type=bytes,
        key_serializer="raw",
        value_serializer="raw",
        acks=False,
        allow_empty=True,
    )

    async def carry(stream: Any) -> None:
        async for event in stream.noack().events():
            message = event.message
            delivery = app.delivery
            if delivery is not None:
                await delivery.take(
                    message.partition,
                    message.offset,
                    message.key,
                    message.value,
                    message.headers or (),
                    int((message.timestamp or 0) * 1000),
                )

    app.agent(topic, name=carrier.name, concurrency=1)(carry)

    async def on_assigned(*args: Any, **_: Any) -> None:
        await app.assigned(args[1])

    async def on_revoked(*_args: Any, **_: Any) -> None:
        await app.revoked()

    app.on_partitions_assigned.connect(on_assigned)
    app.on_partitions_revoked.connect(on_revoked)
    return app


def _faust_settings(settings: Settings, direction: str) -> dict[str, Any]:
    """What must not be left at Faust's defaults: it acknowledges nothing, and has no tables (docs/adr/0001)."""
    brokers = ",".join(part.strip() for part in settings.kafka_bootstrap_servers.split(","))
    return {
        "broker": [URL(f"aiokafka://{server}") for server in brokers.split(",")],
        "broker_credentials": _credentials(settings),
        "broker_client_id": f"edna-amocrm-{direction}-{settings.instance}",  # who is assigned what: `edna-amocrm lag`
        "broker_session_timeout": float(settings.session_timeout_s),
        "broker_heartbeat_interval": settings.session_timeout_s * 0.3,
        "broker_request_timeout": max(30.0, settings.session_timeout_s * 2.0),
        "broker_max_poll_interval": float(settings.max_poll_interval_s),
        "broker_max_poll_records": 500,
        "broker_commit_interval": 60.0,  # Faust has nothing to commit
        "broker_commit_livelock_soft_timeout": 86_400.0,
        "stream_processing_timeout": 86_400.0,
        "consumer_max_fetch_size": 65_536,
        # A leader that joined while the broker died knows no partitions, and assigns none until it asks again.
        "consumer_metadata_max_age_ms": 5_000,
        "consumer_auto_offset_reset": "earliest",
        "consumer_group_instance_id": settings.group_instance_id and f"{settings.group_instance_id}-{direction}",
        "stream_buffer_maxsize": 20_000,
        "stream_wait_empty": False,
        "table_standby_replicas": 0,
        "topic_disable_leader": True,
        "topic_allow_declare": False,
        "topic_partitions": settings.topic_partitions,
        "producer_request_timeout": 15.0,
        "store": "memory://",
        "TableManager": NoTables,
        "Worker": QuickWorker,
        "web_enabled": False,
        "worker_redirect_stdouts": False,
        "logging_config": logging_config(settings, direction),
    }


def _credentials(settings: Settings) -> Any:
    protocol = settings.kafka_security_protocol
    if protocol == "PLAINTEXT":
        return None
    context = tls(settings)
    if protocol == "SSL":
        return faust.SSLCredentials(context)
    return faust.SASLCredentials(
        username=settings.kafka_sasl_username,
        password=secret(settings.kafka_sasl_password),
        mechanism=settings.kafka_sasl_mechanism,
        ssl_context=context,
    )


def _leave_after(seconds: float) -> None:
    timer = threading.Timer(seconds, leave, (0,))
    timer.daemon = True
    timer.start()
