"""Which statuses edna tells of a message by itself, and when (edna.md §5, §6). Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from sandbox.edna.config import EdnaConfig


@dataclass(frozen=True, slots=True)
class Planned:
    """A status to come: told `after_s` (s) after the message was accepted; came true `true_after_s` after it."""

    name: str
    after_s: float
    true_after_s: float
    error: str | None = None


# What edna tells of a channel's messages at all (edna.md §5); any other channel tells all three.
TOLD: dict[str, tuple[str, ...]] = {"max": ("SENT", "READ"), "max_bot": ("SENT",)}
ALL = ("SENT", "DELIVERED", "READ")
ON_THE_WAY = frozenset({"UNDELIVERED", "EXPIRED"})  # failures of what was handed to the messenger before


def planned(config: EdnaConfig, dice: random.Random, im_type: str = "whatsapp") -> list[Planned]:
    """The statuses of one accepted message, shuffled and repeated as the configuration wants."""
    if not config.auto_status:
        return []
    if config.fail_share and dice.random() < config.fail_share:
        return _failing(config)
    after_s = {"SENT": config.sent_after_s, "DELIVERED": config.delivered_after_s, "READ": config.read_after_s}
    told = TOLD.get(im_type, ALL)
    steps = [(name, after) for name, after in after_s.items() if after is not None and name in told]
    last_s = max(after for _, after in steps)
    plan = [Planned(name, after_s, after_s) for name, after_s in steps]
    if config.status_order == "shuffled":
        dice.shuffle(plan)
        # None is told before it came true, so all of them are late.
        plan = [replace(one, after_s=last_s * (1 + place / len(plan))) for place, one in enumerate(plan)]
    if config.status_repeat_share:
        for name, true_s in steps:
            if dice.random() < config.status_repeat_share:
                again_s = dice.uniform(true_s, 2 * last_s)
                plan.append(Planned(name, again_s, again_s))
    return plan


def _failing(config: EdnaConfig) -> list[Planned]:
    name, error = config.fail_status, config.fail_error
    if name not in ON_THE_WAY:
        return [Planned(name, config.sent_after_s, config.sent_after_s, error)]
    ends_s = max(config.sent_after_s, config.delivered_after_s)
    return [Planned("SENT", config.sent_after_s, config.sent_after_s), Planned(name, ends_s, ends_s, error)]
