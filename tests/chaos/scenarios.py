"""The table of scenarios: what is done, on which world, and what it may come to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial

from tests.chaos import gateways, kafka, traffic, vendors, workers
from tests.chaos.stage import Stage
from tests.chaos.verdict import Limits
from tests.chaos.world import Setting

Script = Callable[[Stage], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One line of the table. `done` says what is done, for the report."""

    name: str
    done: str
    script: Script
    setting: Setting = field(default_factory=Setting)
    limits: Limits = field(default_factory=Limits)
    listed: bool = True  # False: only when it is named


KILLS = Limits(repeats=0)  # and what each kill earns
OUTAGE = Limits(recovery_s=10.0, growth_pct=10.0)
OUTAGE_WORLD = Setting(changes={"events_held": vendors.EVENTS_HELD})
RECOVERED = Limits(recovery_s=10.0)
IMPATIENT = {"max_poll_interval_s": 10, "events_held": 50}
SHORT_BUDGET = {"retry_budget_s": 60}
AWAY = "both vendors {}, 3 min; 200 messages a second all the while"


def _plural(name: str) -> str:
    """What a vendor does, of both: "answers-503" as "answer 503"."""
    verb, *rest = name.split("-")
    return " ".join((verb.removesuffix("s"), *rest))


SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        "killed", "20,000 messages, two workers a direction, 10 × SIGKILL at random, 1 % of messages failing for 8 s",
        workers.killed, limits=KILLS,
    ),
    Scenario("terminated", "the same with SIGTERM", workers.terminated, limits=KILLS),
    Scenario("scaled", "the same with 1 → 4 → 2 workers", workers.scaled, Setting(workers=1), KILLS),
    Scenario(
        "rolled", "the same with a rolling restart under GROUP_INSTANCE_ID", workers.rolled, Setting(named=True), KILLS
    ),
    Scenario(
        "stood-still", "a worker a direction stopped (SIGSTOP) past its session and continued, another comes and goes",
        workers.stood_still, limits=KILLS,
    ),
    *(
        Scenario(
            f"vendor-{name}", AWAY.format(_plural(name)), partial(vendors.outage, rule=rule, least_s=least_s),
            OUTAGE_WORLD, OUTAGE,
        )
        for name, (rule, least_s) in vendors.OUTAGES.items()
    ),
    Scenario(
        "longer-than-poll", "both vendors away for longer than MAX_POLL_INTERVAL_S, which is 10",
        vendors.longer_than_poll, Setting(workers=1, changes=IMPATIENT), RECOVERED,
    ),
    Scenario(
        "channel-refused", "one channel refused with 403 by both vendors, another flows",
        traffic.one_channel_refused, limits=Limits(slower_pct=50.0),
    ),
    Scenario(
        "conversation-stuck", "one conversation stuck for 10 min among 1,000 others",
        traffic.one_conversation_stuck, limits=Limits(slower_pct=10.0),
    ),
    Scenario(
        "budget-spent", "one conversation stuck for longer than RETRY_BUDGET_S, which is 60",
        traffic.budget_spent, Setting(workers=1, changes=SHORT_BUDGET), Limits(set_aside=1, told=1),
    ),
    Scenario("foreign-statuses", "100,000 foreign statuses among 1,000 messages of ours", traffic.foreign_statuses),
    Scenario(
        "shuffled-statuses", "statuses shuffled and repeated, webhooks twice, the status worker killed",
        traffic.shuffled_statuses,
    ),
    Scenario("kafka-restarted", "the broker killed and started again", kafka.restarted, limits=RECOVERED),
    Scenario(
        "kafka-restarted-joining", "the broker restarted while workers join their groups",
        kafka.restarted_while_joining, Setting(workers=1), Limits(recovery_s=20.0),
    ),
    Scenario("kafka-stood-still", "the broker stopped (SIGSTOP) for 25 s", kafka.stood_still, limits=RECOVERED),
    Scenario("kafka-away", "no Kafka for 60 s while 50 hooks/s of amojo keep coming", kafka.away, limits=RECOVERED),
    Scenario(
        "kafka-away-at-start", "gateway started with Kafka away, workers later",
        kafka.away_at_start, Setting(kafka_first=False),
    ),
    Scenario("kafka-away-at-end", "SIGTERM of every process with Kafka dead, and with Kafka silent", kafka.away_at_end),
    Scenario("gateway-killed", "the gateway killed at random while messages come", gateways.killed),
    Scenario(
        "gateway-killed-spooling", "the same with Kafka away: with a full spool, and while it is drained",
        gateways.killed_with_a_spool,
    ),
    Scenario(
        "gateway-cut-off", "two gateways, one cut off from Kafka", gateways.one_cut_off,
        Setting(gateways=2, side_door=True), Limits(unordered=True),
    ),
    Scenario(
        "soak", "30 min at 200 messages a second", traffic.soak, limits=Limits(repeats=0, slope_mb_h=30.0), listed=False
    ),
)  # fmt: skip
