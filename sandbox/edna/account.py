"""One edna account: its channels, what it accepted, its clients, and the ids that it gives."""

from __future__ import annotations

import random
import secrets
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sandbox.edna.config import Channel, EdnaConfig, Template
from sandbox.edna.deliveries import Deliveries
from sandbox.edna.messages import Sent
from sandbox.edna.outbox import Outbox
from sandbox.fetching import Fetcher
from sandbox.hooks import HookSender, Repeats
from sandbox.journal import now_ms
from sandbox.vendor import Reply, reply


@dataclass(slots=True)
class Account:
    """What every method of edna looks at. Ids rise from the clock, so that they are fresh after a restart, and are
    larger than 2^31."""

    config: EdnaConfig
    sender: HookSender
    fetcher: Fetcher
    where: Callable[[str, int | None], str | None]
    sent: dict[str, Sent] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    read: set[int] = field(default_factory=set)
    outbox: Outbox = field(init=False)
    deliveries: Deliveries = field(init=False)
    stages: dict[str, tuple[Channel, ...]] = field(init=False)
    channels: dict[int, Channel] = field(init=False)
    im_types: dict[str, tuple[str, ...]] = field(init=False)
    registered: dict[int, Template] = field(init=False)
    _approved: dict[int, list[Template]] = field(init=False)
    _next_id: int = field(default_factory=lambda: now_ms() * 100)

    def __post_init__(self) -> None:
        self.outbox = Outbox(self.sender, self.config.webhook_key, self.where)
        self.deliveries = Deliveries(lambda: self.config, self.outbox, self.fetcher)
        self.stages, self.channels = self.config.stages, self.config.channels
        self.im_types = {
            name: tuple(one.im_type for one in stages)
            for name, stages in self.stages.items()
            if name not in self.config.disabled
        }
        self.registered = {one.id: one for one in self.config.templates}
        self._sort_templates()
        self.draw_anew()

    def draw_anew(self) -> None:
        """Begin all draws anew, as the configuration says."""
        config = self.config
        self.deliveries.dice = random.Random(config.seed)  # noqa: S311 - repeatable, not secret
        self.sender.repeat(Repeats(config.duplicate_share, config.duplicate_after_s, config.seed))

    def fresh_id(self) -> int:
        """An id that was never given before."""
        self._next_id += 1
        return self._next_id

    def fresh_uuid(self) -> str:
        """A UUID that begins with the time: version 7."""
        value = now_ms() << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62)
        return str(uuid.UUID(int=value))

    def named(self, subject: Any, *im_types: str) -> Channel | None:
        """The channel with this subject, of one of these types (none given: of any)."""
        fits = (one for one in self.channels.values() if one.subject == subject and one.active)
        return next((one for one in fits if not im_types or one.im_type in im_types), None)

    def templates(self, channel: Channel) -> Sequence[Template]:
        """The approved templates of a channel."""
        return self._approved.get(channel.subject_id, ())

    def change_template(self, template: Template, **changes: Any) -> Template:
        """A template has another state or category from now on; returns it."""
        self.registered[template.id] = replace(template, **changes)
        self._sort_templates()
        return self.registered[template.id]

    def take(self, sent: Sent) -> None:
        """Accept a message, once its answer is certain."""
        self.sent[sent.request_id] = sent
        self.deliveries.take(sent)

    def _sort_templates(self) -> None:
        self._approved = {}
        for template in self.registered.values():
            if template.status == "APPROVED":
                self._approved.setdefault(template.subject_id, []).append(template)


def problem(code: int, title: str, detail: str, *, duplicate: bool = False) -> Reply:
    """edna's problem body (edna.md §2.6 A)."""
    return reply(code, {"title": title, "status": code, "detail": detail}, "duplicate" if duplicate else "refused")
