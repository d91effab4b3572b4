"""The accounts of one channel: which may connect, and the scope of each (amojo.md §0, §1.2)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.amojo.config import AmojoConfig
from sandbox.amojo.state import Scope, User


@dataclass(slots=True)
class Scopes:
    """`own` is the scope of the channel's own account. `config` is asked each time, because it may change."""

    config: Callable[[], AmojoConfig]
    own: Scope = field(init=False)
    _scopes: dict[str, Scope] = field(default_factory=dict)

    def __post_init__(self) -> None:
        config = self.config()
        self.own = self._made(config.account_id, User(id=config.manager_id, name=config.manager_name))
        self.own.connected = not config.require_connect

    def with_id(self, scope_id: str) -> Scope | None:
        """The scope of a call, connected or not; None when the channel has no such account."""
        channel = f"{self.config().channel_id}_"
        return self.of(scope_id.removeprefix(channel)) if scope_id.startswith(channel) else None

    def of(self, account_id: str) -> Scope | None:
        """The scope of an account that is or may be connected."""
        if account_id not in self._scopes and account_id in self.config().accounts:
            self._other(account_id)
        return self._scopes.get(account_id)

    def connecting(self, account_id: str) -> Scope | None:
        """The scope of an account that asks to be connected; None when it may not."""
        config = self.config()
        listed = not config.private or account_id in (config.account_id, *config.accounts)
        if config.refuse_connect or not listed:
            return None
        return self.of(account_id) or self._other(account_id)

    def _other(self, account_id: str) -> Scope:
        manager = str(uuid.uuid5(uuid.NAMESPACE_OID, account_id))  # each account has people of its own
        return self._made(account_id, User(id=manager, name=self.config().manager_name))

    def _made(self, account_id: str, manager: User) -> Scope:
        config = self.config()
        bot = User(id=config.bot_id, name=config.bot_name)
        scope = Scope(id=f"{config.channel_id}_{account_id}", account_id=account_id, manager=manager, bot=bot)
        self._scopes[account_id] = scope
        return scope
