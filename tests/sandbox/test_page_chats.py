"""What the page makes of the fakes' journals."""

from __future__ import annotations

import json
import uuid
from typing import Any

from sandbox.page import chats as chats_module
from sandbox.page.chats import Chats
from sandbox.page.messages import Message

CONVERSATION = "v1.default.345.79001234567"
OTHER = "v1.default.346.79001234567"
ID = str(uuid.UUID(int=7))


class Journals:
    """Entries as the fakes write them, with numbers and times that rise."""

    def __init__(self) -> None:
        self.chats = Chats()
        self.number = 0

    def entry(self, fake: str, direction: str, kind: str, body: Any, **more: Any) -> dict[str, Any]:
        self.number += 1
        made = {
            "number": self.number, "started": 1000 + self.number, "ended": True, "direction": direction, "kind": kind,
            "path": "", "status": 200, "outcome": "new", "conversation": "", "body": json.dumps(body), **more,
        }  # fmt: skip
        self.chats.apply(fake, made)
        return made

    def client_writes(self, number: int = 1, channel: str = "345", **more: Any) -> None:
        body = {"id": number, "messageContent": {"text": f"text {number}"}, "userInfo": {"userName": "Анна"}}
        self.entry("edna", "sent", "incoming", body, conversation=f"{channel}/79001234567", **more)

    def amojo_takes(self, number: int = 1, **more: Any) -> None:
        payload = {
            "msgid": f"edna.default.345.{number}", "conversation_id": CONVERSATION,
            "message": {"text": f"text {number}"}, "sender": {"name": "Анна", "profile": {"phone": "+79001234567"}},
        }  # fmt: skip
        self.entry("amojo", "received", "new_message", {"payload": payload}, **more)

    def operator_writes(self, conversation: str = CONVERSATION, **more: Any) -> None:
        body = {"message": {"message": {"id": ID, "text": "answer"}, "conversation": {"id": "chat-1"}}}
        self.entry("amojo", "sent", "operator", body, conversation=conversation, **more)

    def edna_takes(self, request_id: str = ID, **more: Any) -> None:
        body = {"requestId": request_id, "content": {"whatsappContent": {"text": "answer"}}}
        self.entry("edna", "received", "schedule", body, conversation="345/79001234567", **more)

    def edna_tells(self, status: str) -> None:
        self.entry("edna", "sent", "status", {"requestId": ID, "status": status})

    def amojo_is_told(self, code: int, **more: Any) -> dict[str, Any]:
        body = {"status_code": code, **({"error": "Клиент заблокировал канал"} if code < 0 else {})}
        path = f"/v2/origin/custom/scope/{ID}/delivery_status"
        return self.entry("amojo", "received", "delivery_status", body, path=path, **more)

    def message(self, message_id: str = ID) -> Message:
        found = self.chats.message(message_id)
        assert found is not None
        return found


def test_a_clients_message_is_at_the_operator_only_when_amojo_has_taken_it() -> None:
    journals = Journals()
    journals.client_writes()
    message = journals.message("edna.default.345.1")
    assert (message.tick, message.at_operator) == ("sent", None)
    journals.amojo_takes(status=503, outcome="refused")
    journals.amojo_takes(status=None, outcome="refused", ended=False)
    assert (message.tick, message.document()["refusals"], message.refusal) == ("sent", 1, 503)
    journals.amojo_takes()
    assert (message.tick, message.at_operator) == ("delivered", 1004)
    chat = journals.chats.chats[CONVERSATION]
    assert (chat.name, chat.amojo_name, chat.amojo_phone) == ("Анна", "Анна", "+79001234567")


def test_an_operators_ticks_follow_what_amojo_was_told_and_nothing_else() -> None:
    journals = Journals()
    journals.operator_writes(status=None, ended=False)
    message = journals.message()
    assert (message.tick, message.at_client) == ("sending", None)
    journals.edna_takes(status=None, ended=False)
    assert (message.tick, message.at_client) == ("sending", 1002), "edna has it, and has not answered yet"
    journals.edna_takes(outcome="duplicate", status=400)
    assert message.tick == "sent"
    journals.edna_tells("SENT")
    journals.edna_tells("DELIVERED")
    assert (message.tick, message.document()["readable"]) == ("sent", True)
    journals.amojo_is_told(1, status=503, outcome="refused")
    assert message.tick == "sent"
    journals.amojo_is_told(1)
    assert message.tick == "delivered"
    journals.edna_tells("READ")
    assert (message.tick, message.document()["readable"]) == ("delivered", False)
    journals.amojo_is_told(2)
    assert message.tick == "read"


def test_a_failure_has_its_reason_and_a_refused_hook_is_one() -> None:
    journals = Journals()
    journals.operator_writes(status=503)
    assert journals.message().tick == "failed"
    assert journals.message().document()["hook_refused"]
    journals = Journals()
    journals.operator_writes()
    journals.edna_takes()
    journals.amojo_is_told(-1)
    assert (journals.message().tick, journals.message().reason) == ("failed", "Клиент заблокировал канал")


def test_reading_a_journal_twice_changes_nothing() -> None:
    journals = Journals()
    journals.client_writes()
    journals.operator_writes()
    journals.edna_takes()
    first = journals.amojo_is_told(1)
    journals.amojo_is_told(2)
    before = journals.chats.snapshot()
    journals.chats.apply("amojo", first)
    assert journals.chats.snapshot() == before


def test_one_person_in_two_channels_is_two_conversations() -> None:
    journals = Journals()
    journals.client_writes(1, "345")
    journals.client_writes(2, "346")
    assert {chat["id"]: len(chat["messages"]) for chat in journals.chats.snapshot()} == {CONVERSATION: 1, OTHER: 1}


def test_a_send_read_before_its_hook_moves_to_the_conversation_that_the_hook_names() -> None:
    journals = Journals()
    journals.edna_takes()
    assert [told["id"] for told in journals.chats.changed()] == [CONVERSATION]
    journals.operator_writes(OTHER)
    told = {each["id"]: each for each in journals.chats.changed()}
    assert told[CONVERSATION]["moved"] == [ID]
    assert [one["id"] for one in told[OTHER]["messages"]] == [ID]
    assert journals.message().at_client == 1001
    assert journals.chats.changed() == []


def test_a_replayed_send_is_the_same_message() -> None:
    journals = Journals()
    journals.operator_writes()
    journals.edna_takes(f"{uuid.UUID(ID).hex}-r1")
    assert journals.message().tick == "sent"


def test_the_readme_form_has_no_ids_and_finds_messages_by_their_text() -> None:
    journals = Journals()
    journals.operator_writes()
    body = {"imType": "whatsapp", "subject": "79001234567", "text": "answer"}
    journals.entry("edna", "received", "send", body, conversation="whatsapp/79001234567")
    assert journals.message().tick == "sent"


def test_memory_is_bounded(monkeypatch: Any) -> None:
    monkeypatch.setattr(chats_module, "MESSAGES_KEPT", 3)
    monkeypatch.setattr(chats_module, "CONVERSATIONS_KEPT", 2)
    journals = Journals()
    for channel in ("345", "346", "347"):
        for number in range(5):
            journals.client_writes(number, channel)
    journals.chats.changed()
    kept = {chat["channel"]: [one["text"] for one in chat["messages"]] for chat in journals.chats.snapshot()}
    assert kept == {"346": ["text 2", "text 3", "text 4"], "347": ["text 2", "text 3", "text 4"]}


def test_whatever_stands_in_a_journal_is_survived() -> None:
    journals = Journals()
    bodies: list[Any] = [None, [], "x", 1, {"message": [], "payload": 1, "content": "x", "requestId": {}}]
    for fake, direction, kind in chats_module.TAKES:
        for body in bodies:
            journals.entry(fake, direction, kind, body, path="/delivery_status")
        broken = journals.entry(fake, direction, kind, None)
        journals.chats.apply(fake, {**broken, "body": "{"})
    assert journals.chats.snapshot() == []
