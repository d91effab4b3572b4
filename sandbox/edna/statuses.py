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


def planned(config: EdnaConfig, dice: random.Random) -> list[Planned]:
    """The statuses of one accepted message, shuffled and repeated as the configuration wants."""
    if not config.auto_status:
        return []
    steps = [("SENT", config.sent_after_s), ("DELIVERED", config.delivered_after_s)]
    if config.read_after_s is not None:
        steps.append(("READ", config.read_after_s))
    last_s = max(after_s for _, after_s in steps)
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
