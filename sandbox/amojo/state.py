"""What a fake amojo remembers of one scope: its users, chats and messages."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(slots=True)
class User:
    """A client or manager. `id` is amojo's, `client_id` the integration's (none until bound)."""

    id: str
    client_id: str | None = None
    name: str = ""
    phone: str = ""
    email: str = ""
    avatar: str = ""

    def told(self) -> dict[str, str]:
        """What answers tell of a person: nothing that is empty."""
        return {name: value for name, value in asdict(self).items() if value}


@dataclass(slots=True)
class Message:
    """A message of either side. `msgid` is the integration's id, `content` what it is as a hook tells it, `status` the
    last delivery status told, `reactions` the emoji by user."""

    id: str
    chat_id: str
    msgid: str | None
    sender: User
    receiver: User | None
    ms: int
    content: dict[str, Any]
    status: tuple[int | None, int | None] = (None, None)
    edited: bool = False
    reactions: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Chat:
    """A chat with one client. `client_id` is the integration's conversation id (none until bound); `heard_s` and
    `typed_s` are when the client last wrote and a manager last typed (the clock's seconds)."""

    id: str
    user: User
    client_id: str | None = None
    source: str | None = None
    messages: list[Message] = field(default_factory=list)
    last_ms: int = 0
    heard_s: float | None = None
    typed_s: float | None = None

    def next_ms(self, now_ms: int) -> int:
        """Now, but later than any time given out for this chat before."""
        self.last_ms = max(now_ms, self.last_ms + 1)
        return self.last_ms


@dataclass(slots=True)
class Scope:
    """The connection of one account to the channel, and everything in it. `window_disabled`: by `connect`, whatever
    the channel's time window."""

    id: str
    account_id: str
    manager: User
    bot: User
    connected: bool = False
    version: str = "v2"
    title: str = ""
    window_disabled: bool = False
    users: dict[str, User] = field(default_factory=dict)
    users_by_client_id: dict[str, User] = field(default_factory=dict)
    chats: dict[str, Chat] = field(default_factory=dict)
    chats_by_client_id: dict[str, Chat] = field(default_factory=dict)
    chats_by_phone: dict[tuple[str, str], Chat] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    messages_by_msgid: dict[str, Message] = field(default_factory=dict)

    def known_user(self, ref_id: str) -> User | None:
        """The user with amojo's id; the manager and the channel's bot are some."""
        staff = {one.id: one for one in (self.manager, self.bot)}
        return staff.get(ref_id) or self.users.get(ref_id)

    def employs(self, user: User) -> bool:
        """Whether it is no client: nothing that the integration tells changes such a user."""
        return user is self.manager or user is self.bot

    def message(self, either_id: str) -> Message | None:
        """The message with amojo's id or the integration's."""
        return self.messages.get(either_id) or self.messages_by_msgid.get(either_id)

    def user(self, client_id: str, name: str) -> User:
        """The user with the integration's id, made when new."""
        user = self.users_by_client_id.get(client_id)
        if user is None:
            user = self.new_user(name)
            self.bind_user(user, client_id)
        return user

    def new_user(self, name: str, phone: str = "") -> User:
        """A user that the integration has no id for yet."""
        user = User(id=str(uuid.uuid4()), name=name, phone=phone)
        self.users[user.id] = user
        return user

    def bind_user(self, user: User, client_id: str) -> None:
        """From now on hooks carry the integration's id of the user."""
        user.client_id = client_id
        self.users_by_client_id[client_id] = user

    def chat(self, client_id: str, user: User) -> Chat:
        """The chat with the integration's id, made when new."""
        chat = self.chats_by_client_id.get(client_id)
        if chat is None:
            chat = self.new_chat(user)
            self.bind_chat(chat, client_id)
        return chat

    def new_chat(self, user: User) -> Chat:
        """A chat that the integration has no id for yet."""
        chat = Chat(id=str(uuid.uuid4()), user=user)
        self.chats[chat.id] = chat
        return chat

    def bind_chat(self, chat: Chat, client_id: str) -> None:
        """From now on hooks carry the integration's id of the chat."""
        chat.client_id = client_id
        self.chats_by_client_id[client_id] = chat

    def chat_with_phone(self, phone: str, source: str = "") -> Chat:
        """The chat that a manager began by a phone number through a source, made when new ("write first")."""
        chat = self.chats_by_phone.get((phone, source))
        if chat is None:
            chat = self.new_chat(self.new_user(phone, phone))
            chat.source = source or None
            self.chats_by_phone[phone, source] = chat
        return chat

    def add(self, chat: Chat, message: Message) -> None:
        """Put a message into its chat."""
        chat.messages.append(message)
        self.messages[message.id] = message
        if message.msgid is not None:
            self.messages_by_msgid[message.msgid] = message
