"""How a fake amojo behaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sandbox import credentials

SCOPE_MARK = ":scope_id"  # stands literally in the hook URL that is given to amoCRM's support (amojo.md §1.2)


@dataclass(frozen=True, slots=True)
class AmojoConfig:
    """One channel and one account.

    `require_connect` False: the scope works without `connect`, with hooks of version 2. `duplicate_msgid`: what a
    repeated msgid is answered, which nobody knows of the real one (amojo.md §3.10). `hook_newline`: hooks end in a
    newline that is not signed. `hook_timeout_s`: amojo waits that long for the answer to a hook, and sends it once.
    `manager_id`: the amoCRM user who writes.
    """

    channel_id: str = credentials.AMOCRM_CHANNEL_ID
    channel_secret: str = credentials.AMOCRM_CHANNEL_SECRET
    account_id: str = credentials.AMOCRM_ACCOUNT_ID
    hook_url: str | None = None
    require_connect: bool = True
    duplicate_msgid: Literal["same_result", "http_400"] = "same_result"
    hook_newline: bool = True
    hook_timeout_s: float = 5.0
    manager_id: str = "fa4e0000-0000-4000-8000-0000000a9e12"
    manager_name: str = "Оператор"

    @property
    def scope_id(self) -> str:
        """`{channel id}_{account amojo id}`."""
        return f"{self.channel_id}_{self.account_id}"
