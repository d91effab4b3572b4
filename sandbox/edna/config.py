"""How a fake edna behaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sandbox import credentials
from sandbox.fields import FLAG, SEED, SHARE, Field, number, word

RETRY_PAUSES_S = (4.0, 128.0, 2048.0)  # edna.md §6, the current documentation
LONGEST_S = 86_400


@dataclass(frozen=True, slots=True)
class Channel:
    """A sender of the account: edna's subject and its id, and the type that names the content, in lower case."""

    subject: str
    subject_id: int
    im_type: str = "whatsapp"
    active: bool = True


@dataclass(frozen=True, slots=True)
class Template:
    """A registered template of a channel (edna.md §2.1, §2.2). `{{1}}` in its texts stand for what is filled in.

    `keyboard`, `header` and `footer` must be sent exactly as they are here.
    """

    id: int
    name: str
    text: str
    subject_id: int = 345
    header: Mapping[str, Any] | None = None
    footer: Mapping[str, Any] | None = None
    keyboard: Mapping[str, Any] | None = None
    status: str = "APPROVED"
    category: str = "UTILITY"


QUICK_REPLIES = {
    "rows": [
        {
            "buttons": [
                {"text": "Да", "buttonType": "QUICK_REPLY", "payload": "yes"},
                {"text": "Нет", "buttonType": "QUICK_REPLY", "payload": "no"},
            ]
        }
    ]
}
TEMPLATES = (
    Template(98, "order_ready", "Здравствуйте, {{1}}! Ваш заказ готов, ждём вас {{2}}."),
    Template(99, "visit", "{{1}}, подтвердите визит {{2}}", keyboard=QUICK_REPLIES),
)


@dataclass(frozen=True, slots=True)
class EdnaConfig:
    """One account with a cascade of one channel, and any number of other `cascades`: id → channel.

    A channel of MAX or MAX Bot has methods of its own: nothing goes to it through its cascade. `chains` are cascades of
    several stages, the first one first; those in `disabled` are there and cannot be used.

    `webhook_key` None: webhooks carry no Authorization. `retry_scale` shortens the pauses 4/128/2048 s.
    `public_url` begins the links to what clients send, when it is not where the fake listens.
    `webhook_timeout_s` is a guess: edna publishes none (edna.md §6). The rest can be switched at run time (BEHAVIOUR),
    and times are seconds after acceptance.

    duplicate_window_s   edna cancels identical content to one recipient within 20 minutes (1200, edna.md §2.5, §12);
                         0 = off, the default here, because people who try a sandbox write "ok" twice
    sent_after_s, delivered_after_s   not the 1 and 2 s of edna.md §12: people at the sandbox's page see their message
                         arrive as they send it, and tests wait for thousands
    auto_status          False sends no statuses
    read_after_s         READ by itself as well; None = when somebody asks for it
    status_order         `shuffled`: edna promises no order, statuses may overtake each other (edna.md §6). Each keeps
                         the time at which it came true
    status_repeat_share  this share of statuses is told a second time, later, with a time of its own
    fail_share           this share of messages ends in `fail_status`, with `fail_error`, instead of DELIVERED; those
                         that reached the messenger are told SENT before (edna.md §5)
    remember_refused     a requestId that was refused counts as used: ids must be unique for ever (edna.md §2.1), and
                         nobody knows whether the real one means refused ones too. After 401, 403, 404 or 429 it does
                         not count: the key comes before the id (edna.md §12)
    duplicate_share      this share of webhooks is sent twice: edna promises at least once, and with an additional URL
                         sends each to both (edna.md §6); `duplicate_after_s` later, 0 = at once
    seed                 of all draws; giving it begins them anew
    window               outside the 24 hours after a client's last message (`window_s`) only a template passes: `off`
                         = everything passes, `reject` = 400 matched-template-not-found, `status` = accepted, and FAILED
                         later (edna.md §8: both readings are guesses)
    fetch_media          edna fetches the file of a message soon after its 200, and a link that it cannot fetch ends in
                         FAILED (edna.md §3); `media_limits`: so does a file that WhatsApp does not take (§2.9)
    plain_http           a link and a webhook's address may begin with http:// (no real edna allows that)
    file_life_s          the links to what clients send are good for so long
    legacy_error_status  the legacy API's HTTP status beside its error codes: not documented, 400 or 200
    history              `POST /api/messages/history` answers; False = 404, as for a key without that method
    """

    api_key: str = credentials.EDNA_API_KEY
    webhook_url: str | None = None
    webhook_key: str | None = credentials.EDNA_WEBHOOK_KEY
    cascade_id: int | str = credentials.EDNA_CASCADE_ID
    im_type: str = "whatsapp"
    subject: str = "sandbox_channel"
    subject_id: int = 345
    cascades: Mapping[str, Channel] = field(default_factory=dict)
    retry_scale: float = 1.0
    webhook_timeout_s: float = 10.0
    duplicate_window_s: float = 0.0
    sent_after_s: float = 0.1
    delivered_after_s: float = 0.3
    read_after_s: float | None = None
    auto_status: bool = True
    status_order: Literal["in_order", "shuffled"] = "in_order"
    status_repeat_share: float = 0.0
    fail_share: float = 0.0
    fail_status: Literal["FAILED", "UNDELIVERED", "EXPIRED", "CANCELLED"] = "FAILED"
    fail_error: str | None = None
    remember_refused: bool = False
    duplicate_share: float = 0.0
    duplicate_after_s: float = 0.0
    seed: int = 1
    chains: Mapping[str, tuple[Channel, ...]] = field(default_factory=dict)
    disabled: frozenset[str] = frozenset()
    templates: tuple[Template, ...] = TEMPLATES
    window: Literal["off", "reject", "status"] = "off"
    window_s: float = 86_400.0
    fetch_media: bool = True
    media_limits: bool = True
    plain_http: bool = True
    file_life_s: float = 604_800.0
    legacy_error_status: Literal[200, 400] = 400
    history: bool = True
    public_url: str | None = None

    @property
    def pauses_s(self) -> tuple[float, ...]:
        """The pauses before each further attempt of a webhook."""
        return tuple(pause * self.retry_scale for pause in RETRY_PAUSES_S)

    @property
    def channel(self) -> Channel:
        """The channel of `cascade_id`, and of whatever names no cascade."""
        return Channel(self.subject, self.subject_id, self.im_type)

    @property
    def stages(self) -> dict[str, tuple[Channel, ...]]:
        """The channels of each cascade, in the order of its stages."""
        single = {**self.cascades, str(self.cascade_id): self.channel}
        return {**{name: (channel,) for name, channel in single.items()}, **self.chains}

    @property
    def channels(self) -> dict[int, Channel]:
        """All channels by their ids, that of `cascade_id` first."""
        listed = (self.channel, *(one for stages in self.stages.values() for one in stages))
        return {one.subject_id: one for one in listed}


BEHAVIOUR: dict[str, Field] = {
    "duplicate_window_s": number(0, LONGEST_S),
    "sent_after_s": number(0, LONGEST_S),
    "delivered_after_s": number(0, LONGEST_S),
    "read_after_s": Field((int, float, type(None)), 0, LONGEST_S),
    "auto_status": FLAG,
    "status_order": word("in_order", "shuffled"),
    "status_repeat_share": SHARE,
    "fail_share": SHARE,
    "fail_status": word("FAILED", "UNDELIVERED", "EXPIRED", "CANCELLED"),
    "fail_error": Field((str, type(None))),
    "remember_refused": FLAG,
    "duplicate_share": SHARE,
    "duplicate_after_s": number(0, LONGEST_S),
    "seed": SEED,
    "window": word("off", "reject", "status"),
    "window_s": number(0, 10 * LONGEST_S),
    "fetch_media": FLAG,
    "media_limits": FLAG,
    "plain_http": FLAG,
    "file_life_s": number(0, 365 * LONGEST_S),
    "legacy_error_status": Field((int,), values=(200, 400)),
    "history": FLAG,
}
