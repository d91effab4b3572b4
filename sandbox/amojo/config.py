"""How a fake amojo behaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from sandbox import credentials
from sandbox.fields import FLAG, SEED, SHARE, TEXT, Field, checked, number, whole, word
from sandbox.journal import now_ms

SCOPE_MARK = ":scope_id"  # stands literally in the hook URL that is given to amoCRM's support (amojo.md §1.2)
LONGEST_S = 86_400


@dataclass(frozen=True, slots=True)
class AmojoConfig:
    """One channel, its own account, and further ones.

    `require_connect` False: the scope works without `connect`, with hooks of version 2. `hook_timeout_s`: amojo waits
    that long for the answer to a hook, and sends it once. `manager_id`: the amoCRM user who writes; `bot_id`: who
    messages are imported for when their author is not known (amojo.md §3.3). `channel_code`: what sources and CRM
    events call the channel (amojo.md §1.1), for amojo's own calls never carry it; `channel_name`: the title of a
    connection that asks for none. `public_url` begins the links to what operators send, when it is not where the fake
    listens. The rest can be switched at run time (BEHAVIOUR):

    accounts             amojo ids of further accounts that may connect; an operator's order names one by `account_id`
    private              False: any account may connect, as to a channel that support has made public (amojo.md §1.2)
    refuse_connect       `connect` is refused whatever the account, as one that is not on the channel's list is
    refused_status       … with this: not documented, 403 or 400 (amojo.md §1.3)
    hook_url_v1, hook_url_v2   where hooks of that version go; null = `hook_url`, empty = none is registered, and
                         `connect` with that version is 400 (amojo.md §1.2)
    typing_hooks, reactions, quoting, write_first   what support has switched on for the channel (amojo.md §1.2);
                         without it managers cannot do that, and no hook tells of their typing
    time_window_s        so long after a client's last message managers may write; later only from a template, unless
                         `connect` switched the window off (amojo.md §1.2, §1.3); 0 = no window
    clock_offset_s       amojo's clock is so far ahead of this machine's, or behind: Date is judged by it, and hooks
                         tell its time (amojo.md §2.4)
    body_signature       connect, disconnect and messages may also be signed over the body only, as before autumn 2019
                         (amojo.md §2.5)
    duplicate_msgid      what a repeated msgid is answered, which nobody knows of the real one (amojo.md §3.10)
    unknown_quoted       a reply to what its chat does not have: taken, or 400; not documented (amojo.md §3.6)
    unknown_edited       an edit of no known message: not documented, 400 or 404 (amojo.md §3.8)
    disconnected_status  what calls on a scope that is not connected are answered: not documented, 404 or 403
                         (amojo.md §2.6)
    kommo                what amoCRM answers with no body is `{}` (amojo.md §8)
    hook_newline         hooks end in a newline that is not signed (amojo.md §6.2)
    duplicate_share      this share of hooks is sent twice, though amojo says it never repeats: one bridge saw slow
                         hooks again (amojo.md §6.3); `duplicate_after_s` later, 0 = at once
    seed                 of all draws; giving it begins them anew
    slow_queue           hooks wait `slow_delay_s` before they are sent: `always`, `never`, or `auto`: after
                         `slow_after` in a row that were not answered 200 in time, until one is (amojo.md §6.3)
    omit_optional        hooks leave out what is empty, and names (amojo.md §6.4: captures differ)
    empty_optional       hooks have an empty phone and email, and a null id of the sender's, where others have none
    action_form          typing and reactions as the documentation's `sample` has them, or its `table` (amojo.md §6.6)
    default_source       hooks of chats without a source carry this one (amojo.md §1.7)
    fetch_media          amojo fetches media and avatars by itself, soon after its 200 (amojo.md §3.5)
    """

    channel_id: str = credentials.AMOCRM_CHANNEL_ID
    channel_secret: str = credentials.AMOCRM_CHANNEL_SECRET
    account_id: str = credentials.AMOCRM_ACCOUNT_ID
    channel_code: str = "amo.ext.sandbox"
    channel_name: str = "Sandbox"
    bot_id: str = "fa4e0000-0000-4000-8000-000000000b07"
    bot_name: str = "Бот"
    hook_url: str | None = None
    hook_url_v1: str | None = None
    hook_url_v2: str | None = None
    accounts: tuple[str, ...] = ()
    private: bool = True
    require_connect: bool = True
    refuse_connect: bool = False
    refused_status: Literal[400, 403] = 403
    typing_hooks: bool = True
    reactions: bool = True
    quoting: bool = True
    write_first: bool = True
    time_window_s: float = 0.0
    clock_offset_s: float = 0.0
    body_signature: bool = False
    duplicate_msgid: Literal["same_result", "http_400"] = "same_result"
    unknown_quoted: Literal["taken", "http_400"] = "taken"
    unknown_edited: Literal[400, 404] = 400
    disconnected_status: Literal[403, 404] = 404
    kommo: bool = False
    hook_newline: bool = True
    hook_timeout_s: float = 5.0
    duplicate_share: float = 0.0
    duplicate_after_s: float = 0.0
    seed: int = 1
    slow_queue: Literal["never", "auto", "always"] = "never"
    slow_after: int = 3
    slow_delay_s: float = 30.0
    omit_optional: bool = False
    empty_optional: bool = False
    action_form: Literal["sample", "table"] = "sample"
    default_source: str = ""
    fetch_media: bool = True
    manager_id: str = "fa4e0000-0000-4000-8000-0000000a9e12"
    manager_name: str = "Оператор"
    public_url: str | None = None

    @property
    def now_ms(self) -> int:
        """Milliseconds since the epoch by amojo's clock."""
        return now_ms() + round(self.clock_offset_s * 1000)

    def hook_url_of(self, version: str) -> str | None:
        """Where hooks of a version go, with the mark for the scope; None = where all go, empty = nowhere."""
        return self.hook_url_v1 if version == "v1" else self.hook_url_v2


CONNECTED = "connected"  # of the scope's state, not of the configuration: false as after a re-install (amojo.md §1.3)
ADDRESS = Field((str, type(None)))
BEHAVIOUR: dict[str, Field] = {
    "accounts": Field((list,)),
    "private": FLAG,
    "refuse_connect": FLAG,
    "refused_status": Field((int,), values=(400, 403)),
    "hook_url_v1": ADDRESS,
    "hook_url_v2": ADDRESS,
    "typing_hooks": FLAG,
    "reactions": FLAG,
    "quoting": FLAG,
    "write_first": FLAG,
    "time_window_s": number(0, 30 * LONGEST_S),
    "clock_offset_s": number(-LONGEST_S, LONGEST_S),
    "body_signature": FLAG,
    "duplicate_msgid": word("same_result", "http_400"),
    "unknown_quoted": word("taken", "http_400"),
    "unknown_edited": Field((int,), values=(400, 404)),
    "disconnected_status": Field((int,), values=(403, 404)),
    "kommo": FLAG,
    "hook_newline": FLAG,
    "duplicate_share": SHARE,
    "duplicate_after_s": number(0, LONGEST_S),
    "seed": SEED,
    "slow_queue": word("never", "auto", "always"),
    "slow_after": whole(1, 1000),
    "slow_delay_s": number(0, LONGEST_S),
    "omit_optional": FLAG,
    "empty_optional": FLAG,
    "action_form": word("sample", "table"),
    "default_source": TEXT,
    "fetch_media": FLAG,
    CONNECTED: FLAG,
}


def behaviour_from(document: Any) -> dict[str, Any]:
    """The switches of a JSON object. Raises ValueError with a sentence that names the wrong one."""
    given = dict(checked(document, BEHAVIOUR, "a behaviour"))
    for name in ("hook_url_v1", "hook_url_v2"):
        if given.get(name) and not given[name].startswith(("http://", "https://")):
            raise ValueError(f"{name}: begins with http:// or https://")
    if "accounts" in given:
        if not all(isinstance(one, str) and one for one in given["accounts"]):
            raise ValueError("accounts: a list of ids, which are texts")
        given["accounts"] = tuple(given["accounts"])
    return given
