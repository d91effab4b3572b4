"""What a channel lets its managers do: support switches that on, channel by channel (amojo.md §1.2, §6.7). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.amojo.config import AmojoConfig
from sandbox.amojo.state import Chat, Scope

# Field of an order → the switch of the channel that it needs, and why it is refused without.
NEEDED = {
    "phone": ("write_first", "phone: managers of this channel cannot write first"),
    "reply_to": ("quoting", "reply_to: managers of this channel cannot answer a message"),
    "forward": ("quoting", "forward: managers of this channel cannot pass a message on"),
    "message_id": ("reactions", "message_id: managers of this channel have no reactions"),
}
WINDOW_OVER = "the channel's time window is over: the client wrote too long ago, and only a template passes"


def refused(config: AmojoConfig, order: Mapping[str, Any]) -> str:
    """Why a manager cannot do that at all in this channel, or nothing."""
    asked = (NEEDED[name] for name in NEEDED if order.get(name))
    return next((why for switch, why in asked if not getattr(config, switch)), "")


def too_late(config: AmojoConfig, scope: Scope, chat: Chat, order: Mapping[str, Any], now_s: float) -> str:
    """Why a manager cannot write into this chat any more, or nothing; `now_s` by the clock of `Chat.heard_s`."""
    if not config.time_window_s or scope.window_disabled or isinstance(order.get("template"), dict):
        return ""
    open_yet = chat.heard_s is not None and now_s - chat.heard_s < config.time_window_s
    return "" if open_yet else WINDOW_OVER
