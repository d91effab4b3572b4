"""What the fake amojo's operators send, and how it reads what is sent to them (amojo.md §3.4-§3.8, §5, §6.4-§6.8)."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import aiohttp
import pytest

from sandbox.amojo import AmojoFake
from sandbox.amojo.content import FILES, TYPES
from sandbox.edna import EdnaFake
from sandbox.samples import sample
from tests.contract.amojo_caller import SCOPE, call, connect, message
from tests.contract.controls import ask, turn
from tests.contract.sink import Sink, until
from tests.contract.test_amojo_calls import operator

FILE = "https://files.example.invalid/a.png"
KEYS = {"type", "text", "markup", "tag", "media", "thumbnail", "file_name", "file_size", "id"}
ENDS: dict[str, str] = {"picture": "photo.png", "file": "bill.pdf", "video": "clip.mp4", "audio": "song.mp3"}


async def hook(session: aiohttp.ClientSession, fake: AmojoFake, sink: Sink, **order: Any) -> Any:
    """The next hook of an operator's message."""
    number = len(sink.arrived)
    status, answer = await operator(session, fake, **{"conversation_id": "c-1", **order})
    assert status == 200, answer
    return json.loads((await sink.wait_for(number + 1))[number].body)


async def sent(session: aiohttp.ClientSession, fake: AmojoFake, **content: Any) -> tuple[int, Any]:
    """A client's message of some type."""
    status, body = await call(session, fake, SCOPE, message(message=content))
    return status, json.loads(body)


@pytest.mark.parametrize("kind", sorted(TYPES))
async def test_an_operator_sends_each_type_with_what_belongs_to_it(
    session: aiohttp.ClientSession, amojo: AmojoFake, sink: Sink, kind: str
) -> None:
    await connect(session, amojo)
    inner = (await hook(session, amojo, sink, type=kind, text="слова"))["message"]["message"]
    assert (inner["type"], inner["text"]) == (kind, "слова")
    assert set(inner) >= KEYS
    assert inner["file_name"] == ENDS.get(kind, "")
    if kind not in FILES:
        assert inner["media"] == ""
        assert kind == "text" or inner[kind]
        return
    async with session.get(inner["media"]) as answer:
        assert (answer.status, len(await answer.read())) == (200, inner["file_size"])
        assert answer.content_type == sample(inner["media"].rpartition(".")[2]).mime
    assert (inner["thumbnail"] != "") is (kind in {"picture", "video"})
    assert inner.get("media_duration") == (5 if kind in {"voice", "audio", "video"} else None)


async def test_a_file_may_have_no_extension_and_any_name_and_size(
    session: aiohttp.ClientSession, amojo: AmojoFake, sink: Sink
) -> None:
    await connect(session, amojo)
    for name, size in (("Счёт за март", 1000), ("a b&c.pdf", 70_000)):
        inner = (await hook(session, amojo, sink, type="file", file_name=name, size=size))["message"]["message"]
        assert (inner["file_name"], inner["file_size"]) == (name, size)
        assert inner["media"].startswith(f"{amojo.url}/attachments/")
        async with session.get(inner["media"]) as answer:
            assert len(await answer.read()) == size


async def test_an_album_is_a_hook_for_each_file_with_one_group_and_the_words_on_the_first(
    session: aiohttp.ClientSession, amojo: AmojoFake, sink: Sink
) -> None:
    await connect(session, amojo)
    names = ["a.png", "b.mp4", "c.pdf"]
    _, answer = await operator(session, amojo, conversation_id="c-1", text="вот", album=names)
    inner = [json.loads(one.body)["message"]["message"] for one in await sink.wait_for(3)]
    assert [one["id"] for one in inner] == list(answer["ids"])
    assert [one["type"] for one in inner] == ["picture", "video", "file"]
    assert len({one["media_group_id"] for one in inner}) == 1
    assert [one["text"] for one in inner] == ["вот", "", ""]


@pytest.mark.parametrize(
    ("order", "path", "expected"),
    [
        (
            {"text": "Да?", "buttons": [["Да", "Нет"], [{"text": "Сайт", "url": "https://shop.example"}]]},
            "markup",
            {
                "mode": "inline",
                "buttons": [[{"text": "Да"}, {"text": "Нет"}], [{"text": "Сайт", "url": "https://shop.example"}]],
            },
        ),
        ({"list": {"header": "x", "sections": []}}, "markup", {"list_message": {"header": "x", "sections": []}}),
        (
            {"template": {"id": 7, "content": "Привет, {{n}}", "params": [{"key": "{{n}}", "value": "Анна"}]}},
            "text",
            "Привет, Анна",
        ),
        ({"text": "x", "post": {"id": "p-1"}}, "post", {"id": "p-1"}),
        ({"content": {"type": "poll"}}, "type", "poll"),
    ],
)
async def test_buttons_lists_templates_and_whatever_else_come_as_they_were_ordered(
    session: aiohttp.ClientSession, amojo: AmojoFake, sink: Sink, order: dict[str, Any], path: str, expected: Any
) -> None:
    await connect(session, amojo)
    inner = (await hook(session, amojo, sink, **{"text": "x" if "content" in order else None, **order}))["message"]
    assert inner["message"][path] == expected
    if "template" in order:
        assert inner["message"]["template"] == order["template"]


async def test_a_reply_and_a_forward_hold_the_message_by_both_ids(
    session: aiohttp.ClientSession, amojo: AmojoFake, sink: Sink
) -> None:
    await connect(session, amojo)
    _, answer = await sent(session, amojo, type="picture", text="вот", media=FILE)
    theirs = answer["new_message"]["msgid"]
    reply = (await hook(session, amojo, sink, text="да", reply_to="m-1"))["message"]["message"]
    quoted = reply["reply_to"]["message"]
    assert (quoted["id"], quoted["msgid"], quoted["type"], quoted["media"]) == (theirs, "m-1", "picture", FILE)
    assert quoted["sender"]["client_id"] == "c-1"
    passed_on = (await hook(session, amojo, sink, text="вот", forward=theirs))["message"]["message"]["forwards"]
    assert passed_on["messages"] == [quoted]
    assert (await operator(session, amojo, conversation_id="c-1", text="x", reply_to="nothing"))[0] == 400


async def test_hooks_can_leave_out_what_is_empty_and_carry_a_source(
    session: aiohttp.ClientSession, amojo: AmojoFake, sink: Sink
) -> None:
    await connect(session, amojo)
    assert "source" not in (await hook(session, amojo, sink, text="x"))["message"]
    await turn(session, amojo, "/behaviour", omit_optional=True, default_source="345")
    document = (await hook(session, amojo, sink, text="x"))["message"]
    assert set(document["message"]) == {"id", "type", "text"}
    assert set(document["sender"]) == {"id"}
    assert document["source"] == {"external_id": "345"}
    first = await hook(session, amojo, sink, conversation_id=None, phone="79001234567", source="347", text="x")
    assert first["message"]["source"] == {"external_id": "347"}
    other = await hook(session, amojo, sink, conversation_id=None, phone="79001234567", source="346", text="x")
    assert other["message"]["conversation"] != first["message"]["conversation"]


async def test_one_hook_can_be_of_the_old_version(session: aiohttp.ClientSession, amojo: AmojoFake, sink: Sink) -> None:
    await connect(session, amojo)
    document = await hook(session, amojo, sink, type="picture", text="вот", hook_version="v1")
    assert (document["receiver"], document["conversation_id"], document["type"]) == ("c-1", "c-1", "picture")
    assert document["media"].endswith("photo.png")
    assert "message" not in document


async def test_an_operator_types_and_reacts(session: aiohttp.ClientSession, amojo: AmojoFake, sink: Sink) -> None:
    await connect(session, amojo)
    _, answer = await sent(session, amojo, type="text", text="x")
    theirs = answer["new_message"]["msgid"]
    await turn(session, amojo, "/operator/typing", conversation_id="c-1")
    await turn(session, amojo, "/operator/reactions", message_id="m-1", emoji="👍")
    await turn(session, amojo, "/operator/reactions", message_id=theirs)
    typing, reaction, back = [json.loads(one.body)["action"] for one in await sink.wait_for(3)]
    assert typing["typing"]["conversation"]["client_id"] == "c-1"
    told = [
        (one["reaction"]["msgid"], one["reaction"]["type"], one["reaction"].get("emoji")) for one in (reaction, back)
    ]
    assert told == [(theirs, "react", "👍"), (theirs, "unreact", None)]
    assert (await ask(session, amojo, "/operator/reactions", message_id="none"))[0] == 404


@pytest.mark.parametrize(
    ("problem", "content"),
    [
        ("message.media", {"type": "picture"}),
        ("message.media", {"type": "voice", "media": ["x"]}),
        ("message.file_size", {"type": "file", "media": FILE, "file_size": "12"}),
        ("message.media_duration", {"type": "voice", "media": FILE, "media_duration": 5.5}),
        ("message.location.lon", {"type": "location", "location": {"lon": "37.6", "lat": 55.7}}),
        ("message.location.lat", {"type": "location", "location": {"lon": 37.6}}),
        ("message.contact.phone", {"type": "contact", "contact": {"name": "Пётр"}}),
        ("message.type", {"type": "poll", "text": "x"}),
        ("message.post.url", {"type": "text", "text": "x", "post": {"id": "p"}}),
        ("message.callback_data", {"type": "text", "text": "x", "callback_data": 1}),
    ],
)
async def test_a_type_without_what_it_needs_is_refused_by_name(
    session: aiohttp.ClientSession, amojo: AmojoFake, problem: str, content: dict[str, Any]
) -> None:
    await connect(session, amojo)
    status, answer = await sent(session, amojo, **content)
    assert status == 400
    assert answer["error_description"].startswith(problem)


@pytest.mark.parametrize(
    ("reply_to", "status"),
    [
        ({"message": {"id": "a"}}, 200),
        ({"message": {"msgid": "b"}}, 200),
        (
            {"message": {"type": "text", "text": "x", "timestamp": 1, "msec_timestamp": 1000, "sender": {"id": "u"}}},
            200,
        ),
        ({"message": {"type": "text", "text": "x"}}, 400),
        ({"message": {"id": 7}}, 400),
        ({"message": {}}, 400),
        ({}, 400),
    ],
)
async def test_a_quoted_message_is_an_id_or_all_that_it_was(
    session: aiohttp.ClientSession, amojo: AmojoFake, reply_to: dict[str, Any], status: int
) -> None:
    await connect(session, amojo)
    assert (await call(session, amojo, SCOPE, message(reply_to=reply_to)))[0] == status
    forwards = {"messages": [{"id": "a"}, {"id": "b"}]}
    assert (await call(session, amojo, SCOPE, message(msgid="m-2", forwards=forwards)))[0] == 400


async def test_amojo_reads_media_and_avatars_itself_and_tells_what_the_operator_sees(
    session: aiohttp.ClientSession, amojo: AmojoFake, edna: EdnaFake
) -> None:
    await connect(session, amojo)
    made = sample("png")
    path = edna.shelf.put("files/imfiles4s/c", "a.png", made.body, made.mime, sign=True)
    url, avatar = edna.shelf.link(path, 60), edna.shelf.link(path, 61)
    for msgid in ("m-1", "m-2"):
        sender = {"id": "c-1", "name": "Анна", "avatar": avatar}
        content = {"type": "picture", "text": "вот", "media": url, "file_name": "a.png", "file_size": len(made.body)}
        assert (await call(session, amojo, SCOPE, message(msgid=msgid, sender=sender, message=content)))[0] == 200
    await call(session, amojo, SCOPE, message(msgid="m-3", message={"type": "file", "media": url.partition("?")[0]}))
    await until(lambda: not amojo.busy)
    shown = [entry.shown for entry in amojo.journal.entries if entry.kind == "new_message"]
    digest = hashlib.sha256(made.body).hexdigest()
    told = {"size": len(made.body), "sha256": digest, "mime": "image/png", "error": ""}
    seen = {"type": "picture", "text": "вот", "url": url, "file_name": "a.png", "file": told}
    assert shown[:2] == [seen, seen]
    assert shown[2] is not None
    assert shown[2]["file"]["error"] == "answered 403"
    fetches = [(entry.path, entry.status) for entry in amojo.journal.entries if entry.kind == "fetch"]
    assert sorted(fetches) == sorted([(avatar, 200), (url, 200), (url, 200), (url.partition("?")[0], 403)])


async def test_a_message_is_edited_by_either_id_and_keeps_its_file(
    session: aiohttp.ClientSession, amojo: AmojoFake
) -> None:
    await connect(session, amojo)
    await turn(session, amojo, "/behaviour", fetch_media=False)
    _, first = await sent(session, amojo, type="picture", text="вот", media=FILE)
    payload = {"msgid": "m-1", "conversation_id": "c-1", "message": {"type": "picture", "text": "исправлено"}}
    edit = {"event_type": "edit_message", "payload": payload}
    status, body = await call(session, amojo, SCOPE, edit)
    answer = json.loads(body)["new_message"]
    assert (status, answer["msgid"]) == (200, first["new_message"]["msgid"])
    assert "sender_id" not in answer
    edited = amojo.vendor.scope.messages[answer["msgid"]]
    assert (edited.content["text"], edited.content["media"], edited.edited) == ("исправлено", FILE, True)
    for wrong in ({**payload, "msgid": "none"}, {**payload, "msgid": None}, {**payload, "message": {"type": "text"}}):
        assert (await call(session, amojo, SCOPE, {"event_type": "edit_message", "payload": wrong}))[0] == 400
    assert (await call(session, amojo, SCOPE, {"event_type": "delete_message", "payload": payload}))[0] == 400


async def test_reactions_are_put_on_messages_and_taken_back(session: aiohttp.ClientSession, amojo: AmojoFake) -> None:
    await connect(session, amojo)
    await sent(session, amojo, type="text", text="x")
    react = {"conversation_id": "c-1", "msgid": "m-1", "user": {"id": "c-1"}, "type": "react", "emoji": "👍"}
    assert await call(session, amojo, f"{SCOPE}/react", react) == (200, b"")
    (found,) = amojo.vendor.scope.messages.values()
    assert found.reactions == {"c-1": "👍"}
    assert (await call(session, amojo, f"{SCOPE}/react", {**react, "type": "unreact"}))[0] == 200
    assert found.reactions == {}
    assert (await call(session, amojo, f"{SCOPE}/react", {**react, "msgid": "none"}))[0] == 404
    wrongs: list[dict[str, Any]] = [
        {"emoji": None},
        {"type": "like"},
        {"user": {}},
        {"msgid": None},
        {"conversation_id": None},
    ]
    for wrong in wrongs:
        assert (await call(session, amojo, f"{SCOPE}/react", {**react, **wrong}))[0] == 400


async def test_history_tells_files_places_and_contacts(session: aiohttp.ClientSession, amojo: AmojoFake) -> None:
    await connect(session, amojo)
    await turn(session, amojo, "/behaviour", fetch_media=False)
    contents: list[dict[str, Any]] = [
        {"type": "location", "location": {"lon": 37.6, "lat": 55.7}},
        {"type": "contact", "contact": {"name": "Пётр", "phone": "+79990000002"}},
        {"type": "file", "media": FILE, "file_name": "a.png", "file_size": 5},
    ]
    for number, content in enumerate(contents):
        payload = message(msgid=f"m-{number}", msec_timestamp=1748946030123 + number, message=content)
        status, body = await call(session, amojo, SCOPE, payload)
        assert status == 200
    chat = json.loads(body)["new_message"]["conversation_id"]
    _, body = await call(session, amojo, f"{SCOPE}/chats/{chat}/history", method="GET")
    told = [one["message"] for one in json.loads(body)["messages"]]
    assert [one["type"] for one in told] == ["file", "contact", "location"]
    assert (told[0]["file_name"], told[0]["media"]) == ("a.png", FILE)
    assert (told[1]["contact"], told[2]["location"]) == (contents[1]["contact"], contents[0]["location"])
