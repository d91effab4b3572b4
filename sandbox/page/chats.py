"""What the journals of both fakes say about conversations: who wrote what, and how far it got. Pure.

A message stands on the other side only when the other vendor's fake has taken it. Entries may come again (they do
when a fake's stream is opened anew): applying one twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bridge.ids import Conversation, amojo_msgid, decode_request_id
from sandbox.page import contents
from sandbox.page.messages import Author, Chat, Message
from sandbox.page.reading import at, document_of, documents_of, word

Entry = dict[str, Any]

MESSAGES_KEPT = 200  # of a conversation; older ones are forgotten
CONVERSATIONS_KEPT = 200
EDNA_RANKS = {"SENT": 1, "DELIVERED": 2, "READ": 3}
README_KIND = "send"
NO_ID_KINDS = frozenset({README_KIND, "max", "max_bot"})  # sends that take no id of ours


class Chats:
    """All conversations. `apply` takes the entries; `changed` gives what they changed."""

    def __init__(self) -> None:
        self.chats: dict[str, Chat] = {}
        self._home: dict[str, str] = {}  # the conversation of each message
        self._changed: dict[str, dict[str, None]] = {}  # ids of messages by conversation, in order
        self._moved: dict[str, list[str]] = {}  # ids that a conversation has lost to another

    def open(self, chat: Chat) -> Chat:
        """A conversation, perhaps without messages; the one that is there wins."""
        there = self.chats.get(chat.id)
        if there is not None:
            return there
        while len(self.chats) >= CONVERSATIONS_KEPT:
            gone = self.chats.pop(next(iter(self.chats)))
            self._changed.pop(gone.id, None)
            for message_id in gone.messages:
                self._home.pop(message_id, None)
        self.chats[chat.id] = chat
        self._changed.setdefault(chat.id, {})
        return chat

    def message(self, message_id: str) -> Message | None:
        """A message by its id."""
        home = self._home.get(message_id)
        return self.chats[home].messages.get(message_id) if home in self.chats else None

    def apply(self, fake: str, entry: Entry) -> None:
        """Take one entry of a fake's journal. Whatever it is, it never raises."""
        take = TAKES.get((fake, entry.get("direction", ""), entry.get("kind", "")))
        if take is not None:
            take(self, entry)

    def changed(self) -> list[dict[str, Any]]:
        """The conversations and messages that changed since the last call, as the page is told."""
        told = []
        for chat_id, ids in self._changed.items():
            chat = self.chats[chat_id]
            messages = [chat.messages[one].document() for one in ids if one in chat.messages]
            told.append({**chat.document(), "messages": messages, "moved": self._moved.get(chat_id, [])})
        self._changed, self._moved = {}, {}
        return told

    def snapshot(self) -> list[dict[str, Any]]:
        """Everything, as the page is told."""
        return [
            {**chat.document(), "messages": [message.document() for message in chat.messages.values()]}
            for chat in self.chats.values()
        ]

    def _client_wrote(self, entry: Entry) -> None:
        channel, _, address = word(entry.get("conversation")).partition("/")
        for document in documents_of(entry):
            edna_id = word(document.get("id"))
            looks = contents.client_sent(document, channel)
            said = looks.get("text", "")
            if not edna_id or not looks:
                continue
            chat = self._chat(Conversation(channel, address.removeprefix("+")).id)
            chat.name = word(at(document, "userInfo.userName")) or chat.name
            message = self._put(chat, amojo_msgid("default", channel, edna_id), "client", said)
            message.at_client = min(message.at_client or entry["started"], entry["started"])
            message.client_sees = looks
            message.hook_status, message.hook_ended = entry["status"], entry["ended"]

    def _amojo_took(self, entry: Entry) -> None:
        payload = at(document_of(entry), "payload")
        message_id, looks = word(at(payload, "msgid")), contents.operator_sees(payload)
        said = looks.get("text", "")
        if not message_id or not looks:
            return
        chat = self._chat(word(at(payload, "conversation_id")))
        message = self._put(chat, message_id, "client", said)
        if entry["outcome"] == "refused":
            self._refused(message, entry)
            return
        message.at_operator = min(message.at_operator or entry["started"], entry["started"])
        message.operator_sees = looks
        chat.amojo_name = word(at(payload, "sender.name")) or chat.amojo_name
        chat.amojo_phone = word(at(payload, "sender.profile.phone")) or chat.amojo_phone

    def _operator_wrote(self, entry: Entry) -> None:
        document = document_of(entry)
        body = at(document, "message")
        message_id, looks = word(at(body, "message.id")), contents.operator_sent(at(body, "message"))
        said = looks.get("text", "")
        if not message_id or not looks:
            return
        chat = self._chat(word(entry.get("conversation")), word(at(body, "receiver.phone")))
        chat.amojo_chat = word(at(body, "conversation.id")) or chat.amojo_chat
        message = self._put(chat, message_id, "operator", said)
        message.at_operator = min(message.at_operator or entry["started"], entry["started"])
        message.operator_sees = looks
        message.hook_status, message.hook_ended = entry["status"], entry["ended"]

    def _edna_took(self, entry: Entry) -> None:
        document = document_of(entry)
        looks = contents.client_sees(entry.get("shown"))
        said = looks.get("text") or _said(document) or ""
        request_id = word(at(document, "requestId")) or word(at(document, "id"))
        message_id = self._sent_as(entry, request_id, said)
        if not message_id:
            return
        home = self._home.get(message_id)
        if home is None:
            channel, _, address = word(entry.get("conversation")).partition("/")
            home = Conversation(channel, address).id
        message = self._put(self._chat(home), message_id, "operator", said)
        if entry["outcome"] == "refused":
            self._refused(message, entry)
            return
        message.at_client = min(message.at_client or entry["started"], entry["started"])
        if request_id and request_id not in message.sent_as:
            message.sent_as.append(request_id)
        message.client_sees = {**message.client_sees, **looks}  # the parts of a split message come one by one
        message.answered = message.answered or (entry["status"] or 0) == 200 or entry["outcome"] == "duplicate"

    def _edna_told(self, entry: Entry) -> None:
        document = document_of(entry)
        attempt = decode_request_id(word(at(document, "requestId")))
        status = word(at(document, "status")).upper()
        message = self._known(attempt.message_id) if attempt else None
        if message is not None and EDNA_RANKS.get(status, 0) > EDNA_RANKS.get(message.edna_status, 0):
            message.edna_status = status

    def _amojo_told(self, entry: Entry) -> None:
        document = document_of(entry)
        message_id = word(entry.get("path")).rpartition("/delivery_status")[0].rpartition("/")[2]
        code = at(document, "status_code")
        code = code if code is not None else at(document, "delivery_status")
        message = self._known(message_id)
        if message is None or entry["outcome"] == "refused" or entry["started"] < message.amojo_told_at:
            return
        message.amojo_status, message.amojo_told_at = code, entry["started"]
        message.reason = word(at(document, "error"))

    def _chat(self, chat_id: str, phone: str = "") -> Chat:
        parsed = Conversation.parse(chat_id)
        channel, address = (parsed.channel, parsed.address) if parsed else ("", phone or chat_id)
        return self.open(Chat(chat_id, channel, address))

    def _put(self, chat: Chat, message_id: str, author: Author, said: str) -> Message:
        message = chat.messages.get(message_id) or self._moved_here(chat, message_id)
        if message is None:
            while len(chat.messages) >= MESSAGES_KEPT:
                self._home.pop(chat.messages.pop(next(iter(chat.messages))).id, None)
            message = chat.messages[message_id] = Message(message_id, author, said)
            self._home[message_id] = chat.id
        self._changed.setdefault(chat.id, {})[message_id] = None
        return message

    def _moved_here(self, chat: Chat, message_id: str) -> Message | None:
        """A send tells only the address; the hook, when its journal is read later, also the conversation."""
        home = self._home.get(message_id)
        if home is None:
            return None
        message = self.chats[home].messages.pop(message_id)
        self._moved.setdefault(home, []).append(message_id)
        self._changed.setdefault(home, {})
        chat.messages[message_id] = message
        self._home[message_id] = chat.id
        return message

    def _known(self, message_id: str) -> Message | None:
        message = self.message(message_id)
        if message is not None:
            self._changed.setdefault(self._home[message_id], {})[message_id] = None
        return message

    def _refused(self, message: Message, entry: Entry) -> None:
        if entry["ended"]:
            message.refusals.add(entry["number"])
            message.refusal = entry["status"]

    def _sent_as(self, entry: Entry, request_id: str, said: str | None) -> str:
        """The operator's message of a send. The README form has no id: the first one with this text that waits."""
        if entry["kind"] not in NO_ID_KINDS:
            attempt = decode_request_id(request_id)
            return attempt.message_id if attempt else request_id
        address = word(entry.get("conversation")).partition("/")[2]
        mine = f"readme-{entry['number']}"
        waiting = (
            message.id
            for chat in self.chats.values()
            if chat.address == address
            for message in chat.messages.values()
            if message.author == "operator" and message.text == (said or "") and message.edna_status in ("", mine)
        )
        found = next(waiting, "")
        if (message := self.message(found)) is not None and entry["outcome"] != "refused":
            message.edna_status = mine
        return found


def _said(document: Any) -> str | None:
    content = at(document, "content")
    stages = content.values() if isinstance(content, dict) else [document]
    return next((said for said in (at(stage, "text") for stage in stages) if isinstance(said, str)), None)


TAKES: dict[tuple[str, str, str], Callable[[Chats, Entry], None]] = {
    ("edna", "sent", "incoming"): Chats._client_wrote,
    ("amojo", "received", "new_message"): Chats._amojo_took,
    ("amojo", "sent", "operator"): Chats._operator_wrote,
    ("edna", "received", "schedule"): Chats._edna_took,
    **{("edna", "received", kind): Chats._edna_took for kind in (*NO_ID_KINDS, "legacy", "template")},
    ("edna", "sent", "status"): Chats._edna_told,
    ("amojo", "received", "delivery_status"): Chats._amojo_told,
}
