"""`edna-amocrm quarantine`: what was set aside is listed, judged again, and accepted once when it is understood."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bridge.amojo.signature import hook_signature
from bridge.events import QuarantineReason, encode
from bridge.ids import amojo_msgid, outbound_event_id
from tests.broker.agents import inbound, read_all
from tests.conftest import CREDENTIALS
from tests.ops.process import Command, MakeSettings, refused
from tests.ops.stories import ANNA, Writer

pytestmark = pytest.mark.broker

EDNA, AMOJO = "/webhooks/edna", "/webhooks/amocrm"
PRIVATE = "Очень личное"
OLD_SECRET = "the-secret-before-the-rotation"
DAY_MS = 86_400_000


@pytest.fixture
async def writer(make_settings: MakeSettings, topics: None) -> AsyncIterator[Writer]:
    async with Writer(make_settings()) as writer:
        yield writer


@pytest.fixture
def command(command: Command) -> Command:
    """The command with the gateway's credentials."""
    command.environment |= {name.upper(): value for name, value in CREDENTIALS.items()}
    return command


def now_ms() -> int:
    return int(time.time() * 1000)


def from_client(number: int, **changes: Any) -> dict[str, Any]:
    """A message as edna Pulse sends it."""
    document = {
        "id": number,
        "subjectId": 345,
        "subscriber": {"identifier": ANNA.address},
        "messageContent": {"type": "TEXT", "text": PRIVATE},
    }
    return document | changes


def from_operator(message_id: str, *, account: str = CREDENTIALS["amocrm_account_id"], sent_ms: int = 0) -> bytes:
    """A hook as amojo sends it."""
    document = {
        "account_id": account,
        "time": (sent_ms or now_ms()) // 1000,
        "message": {
            "conversation": {"id": "chat-1", "client_id": ANNA.id},
            "message": {"id": message_id, "type": "text", "text": PRIVATE},
        },
    }
    return json.dumps(document).encode()


def encoded(document: Any) -> bytes:
    return json.dumps(document).encode()


async def accepted(make_settings: MakeSettings, topic: str) -> list[str]:
    return [json.loads(record.value)["event_id"] for record in await read_all(make_settings(), topic)]


async def test_each_reason_is_judged_by_todays_parsers_and_settings(
    writer: Writer, make_settings: MakeSettings, command: Command
) -> None:
    scope = f"{CREDENTIALS['amocrm_channel_id']}_{CREDENTIALS['amocrm_account_id']}"
    upper = CREDENTIALS["amocrm_account_id"].upper()
    at, reason = now_ms(), QuarantineReason
    rotated = from_operator("rotated")
    signed = hook_signature(OLD_SECRET, rotated)
    old = from_operator("old", sent_ms=at - 2 * DAY_MS)
    offsets = [
        await writer.aside(reason.UNSUPPORTED, EDNA, encoded(from_client(1)), at),
        await writer.aside(reason.UNKNOWN, EDNA, encoded({"strange": PRIVATE}), at),
        await writer.aside(reason.UNUSABLE, EDNA, encoded(from_client(2, id=None)), at),
        await writer.aside(reason.FOREIGN, f"{AMOJO}/{scope.upper()}", from_operator("now-ours", account=upper), at),
        await writer.aside(reason.FOREIGN, AMOJO, from_operator("theirs", account="another"), at),
        await writer.aside(reason.STALE, AMOJO, old, at),
        await writer.aside(reason.UNAUTHENTIC, AMOJO, rotated, at, signed),
        await writer.aside(reason.UNAUTHENTIC, AMOJO, from_operator("forged"), at, "0" * 40),
    ]
    rotation = {"AMOCRM_CHANNEL_SECRET_PREVIOUS": OLD_SECRET}
    done = command("quarantine", "replay", *map(str, offsets), **rotation)
    assert done.returncode == 1  # not all could be
    assert done.stdout.endswith("\n3 accepted\n"), done.stdout
    why = {int(line.split()[0]): line for line in done.stdout.splitlines() if " stays: " in line}
    assert list(why) == [offsets[number] for number in (1, 2, 4, 5, 7)]
    words = ("unknown: ", "unusable: id", "foreign: ", "stale: ", "unauthentic: ")
    assert all(word in line for word, line in zip(words, why.values(), strict=True))
    assert await accepted(make_settings, "inbound") == [amojo_msgid("default", "345", "1")]
    ours = [outbound_event_id("default", name) for name in ("now-ours", "rotated")]
    assert await accepted(make_settings, "outbound") == ours
    assert command.json("quarantine", "list")["reasons"] == {
        "unknown": 1, "unusable": 1, "foreign": 1, "stale": 1, "unauthentic": 1,
    }  # fmt: skip
    trusted = command("quarantine", "replay", str(offsets[5]), str(offsets[7]), "--trust")
    assert trusted.returncode == 0, trusted
    late = [outbound_event_id("default", name) for name in ("old", "forged")]
    assert await accepted(make_settings, "outbound") == [*ours, *late]
    again = command("quarantine", "replay", str(offsets[5]))
    assert (again.returncode, "was replayed already" in again.stdout) == (0, True)
    assert await accepted(make_settings, "outbound") == [*ours, *late]


async def test_it_says_what_it_follows_and_counts_once_what_was_stored_meanwhile(
    writer: Writer, make_settings: MakeSettings, command: Command
) -> None:
    at = now_ms() - 60_000
    await writer.write("inbound", ANNA.id, encode(inbound(7, ANNA, PRIVATE).model_copy(update={"accepted_at": at - 1})))
    await writer.aside(QuarantineReason.UNSUPPORTED, EDNA, encoded([from_client(7), from_client(8)]), at)
    await writer.aside(QuarantineReason.UNSUPPORTED, EDNA, encoded([from_client(8), {"strange": 1}]), at)
    for number in (20, 21):
        await writer.question(number, ANNA)
    replay = ("quarantine", "replay", "--reason", "unsupported")
    asked = command(*replay)
    assert (asked.returncode, asked.stdout) == (1, "")
    assert "replay 2 webhooks (2 unsupported)? [y/N]" in asked.stderr
    first, second = command.json(*replay, "--yes")["webhooks"]
    found = [(event["event_id"], event["follows"], event["stood_already"]) for event in first["events"]]
    stored, new = (amojo_msgid("default", "345", number) for number in "78")
    assert found == [(stored, 0, True), (new, 2, False)]
    assert [event["stood_already"] for event in second["events"]] == [True]
    assert second["stays"] == ["unknown: of no shape that edna is known to send"]
    events = await accepted(make_settings, "inbound")
    assert (events.count(stored), events.count(new)) == (1, 1)
    assert command.json("quarantine", "list")["reasons"] == {"unsupported": 1}  # the one of which something stays
    assert command.json("quarantine", "list", "--all")["reasons"] == {"unsupported": 2}
    last = json.loads((await read_all(make_settings(), "inbound"))[-1].value)
    assert last["accepted_at"] > at


async def test_nothing_personal_is_shown_unless_it_is_asked_for(writer: Writer, command: Command) -> None:
    offset = str(await writer.aside(QuarantineReason.UNAUTHENTIC, AMOJO, from_operator("m-1"), now_ms(), "ab" * 20))
    poison = str(await writer.aside(QuarantineReason.UNKNOWN, EDNA, b"\x1b[2J" + PRIVATE.encode(), now_ms()))
    assert "2 in quarantine: 1 unauthentic, 1 unknown" in command("quarantine", "list").stdout
    shown = command("quarantine", "show", offset)
    assert shown.returncode == 0, shown.stderr
    for hidden in (PRIVATE, ANNA.address, "ab" * 20):
        assert hidden not in shown.stdout
    whole = command.json("quarantine", "show", offset, "--text")
    assert whole["body"]["message"]["message"]["text"] == PRIVATE
    assert whole["headers"]["X-Signature"] == "ab" * 20
    assert "no JSON: " in command("quarantine", "show", poison).stdout
    assert "quarantine list" in refused(command("quarantine", "show", "999"), 1)
    line = refused(command("quarantine", "replay", offset, AMOCRM_ACCOUNT_ID=""), 78)
    assert "AMOCRM_ACCOUNT_ID" in line
