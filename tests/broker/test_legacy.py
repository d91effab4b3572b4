"""The legacy API on a broker, whose errors may come under 200: none of them is taken for a delivery (edna.md §7)."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable

import pytest

from bridge.ids import Conversation
from bridge.settings import LEGACY_PATHS, Settings
from sandbox.edna import EdnaConfig, EdnaFake
from sandbox.faults import Fault
from tests.broker.agents import Agent, eventually, outbound, produce, read_all, record
from tests.broker.vendor import Vendor

pytestmark = [pytest.mark.broker]

CLIENT, NO_PHONE = Conversation("sandbox_channel", "79000000001"), Conversation("sandbox_channel", "nobody")


@pytest.fixture
async def edna() -> AsyncIterator[EdnaFake]:
    """An account of the legacy API whose errors come under 200."""
    one = EdnaFake(EdnaConfig(legacy_error_status=200, auto_status=False, fetch_media=False))
    await one.start()
    yield one
    await one.stop()


def outcomes(edna: EdnaFake) -> list[tuple[str, str]]:
    """Address and outcome of each send, in order."""
    sends = (one for one in edna.journal.entries if one.kind == "legacy")
    return [(one.conversation.rpartition("/")[2], one.outcome) for one in sends]


async def test_what_is_refused_under_200_is_told_to_the_operator_and_a_repeat_refused_so_is_delivered(
    at_edna: Callable[..., Settings], topics: None, edna: EdnaFake, vendor: Vendor, agent: Callable[..., Agent]
) -> None:
    given = at_edna(edna_send_path=LEGACY_PATHS[0])
    refused, repeated = str(uuid.uuid4()), str(uuid.uuid4())
    edna.faults.set(Fault(path=LEGACY_PATHS[0], match="ещё раз", reset_share=1.0, after_accept=True))
    events = [outbound(refused, NO_PHONE, "раз"), outbound(repeated, CLIENT, "ещё раз")]
    await produce(given, "outbound", [record(each) for each in events])
    await agent("outbound", given).start()
    await agent("status", given).start()
    await eventually("it is taken, and the answer lost", lambda: (CLIENT.address, "new") in outcomes(edna))
    edna.faults.clear()
    await eventually("the repeat is refused", lambda: (CLIENT.address, "duplicate") in outcomes(edna))
    await eventually("the operator is told", lambda: vendor.statuses)
    [(told, body)] = vendor.statuses
    assert (told, body["status_code"]) == (refused, -1)
    assert outcomes(edna).count((NO_PHONE.address, "refused")) == 1
    [letter] = await read_all(given, "outbound.dlq")
    assert dict(letter.headers)["dlq-reason"] == b"edna answered 200 error-address-format"
