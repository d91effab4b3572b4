"""How a fake amojo behaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sandbox import credentials
from sandbox.fields import FLAG, SEED, SHARE, TEXT, Field, number, word

SCOPE_MARK = ":scope_id"  # stands literally in the hook URL that is given to amoCRM's support (amojo.md §1.2)
LONGEST_S = 86_400


@dataclass(frozen=True, slots=True)
class AmojoConfig:
    """One channel and one account.

    `require_connect` False: the scope works without `connect`, with hooks of version 2. `hook_timeout_s`: amojo waits
    that long for the answer to a hook, and sends it once. `manager_id`: the amoCRM user who writes. `public_url` begins
    the links to what operators send, when it is not where the fake listens. The rest can be
    switched at run time (BEHAVIOUR):

    duplicate_msgid      what a repeated msgid is answered, which nobody knows of the real one (amojo.md §3.10)
    disconnected_status  what calls on a scope that is not connected are answered: not documented, 404 or 403
                         (amojo.md §2.6)
    refuse_connect       `connect` is answered 403, as for an account that is not on the channel's list (amojo.md §1.3)
    hook_newline         hooks end in a newline that is not signed (amojo.md §6.2)
    duplicate_share      this share of hooks is sent twice, though amojo says it never repeats: one bridge saw slow
                         hooks again (amojo.md §6.3); `duplicate_after_s` later, 0 = at once
    seed                 of all draws; giving it begins them anew
    omit_optional        hooks leave out what is empty, and names (amojo.md §6.4: captures differ)
    default_source       hooks of chats without a source carry this one (amojo.md §1.7)
    fetch_media          amojo fetches media and avatars by itself, soon after its 200 (amojo.md §3.5)
    """

    channel_id: str = credentials.AMOCRM_CHANNEL_ID
    channel_secret: str = credentials.AMOCRM_CHANNEL_SECRET
    account_id: str = credentials.AMOCRM_ACCOUNT_ID
    hook_url: str | None = None
    require_connect: bool = True
    duplicate_msgid: Literal["same_result", "http_400"] = "same_result"
    disconnected_status: Literal[403, 404] = 404
    refuse_connect: bool = False
    hook_newline: bool = True
    hook_timeout_s: float = 5.0
    duplicate_share: float = 0.0
    duplicate_after_s: float = 0.0
    seed: int = 1
    omit_optional: bool = False
    default_source: str = ""
    fetch_media: bool = True
    manager_id: str = "fa4e0000-0000-4000-8000-0000000a9e12"
    manager_name: str = "Оператор"
    public_url: str | None = None

    @property
    def scope_id(self) -> str:
        """`{channel id}_{account amojo id}`."""
        return f"{self.channel_id}_{self.account_id}"


CONNECTED = "connected"  # of the scope's state, not of the configuration: false as after a re-install (amojo.md §1.3)
BEHAVIOUR: dict[str, Field] = {
    "duplicate_msgid": word("same_result", "http_400"),
    "disconnected_status": Field((int,), values=(403, 404)),
    "refuse_connect": FLAG,
    "hook_newline": FLAG,
    "duplicate_share": SHARE,
    "duplicate_after_s": number(0, LONGEST_S),
    "seed": SEED,
    "omit_optional": FLAG,
    "default_source": TEXT,
    "fetch_media": FLAG,
    CONNECTED: FLAG,
}
