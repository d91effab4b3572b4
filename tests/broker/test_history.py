"""Where edna takes no id of ours, its history is asked before a message whose outcome is unknown goes again (I4)."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from bridge.settings import Settings
from sandbox.edna import EdnaFake
from sandbox.faults import Fault
from tests.broker.agents import Agent, eventually, produce
from tests.broker.test_channels import message, sends

pytestmark = [pytest.mark.broker]

LOOKED_UP = 'edna_amocrm_history_lookups_total{result="%s"}'


def texts(edna: EdnaFake) -> list[str]:
    """What clients see of MAX, in order."""
    return [json.loads(one.body)["content"]["text"] for one in sends(edna)]


async def test_what_the_history_has_is_not_sent_again_and_what_it_has_not_or_does_not_tell_is(
    at_edna: Callable[..., Settings], topics: None, edna: EdnaFake, agent: Callable[..., Agent]
) -> None:
    given = at_edna()
    sender = await agent("outbound", given).start()

    async def looked_up(result: str) -> float:
        return (await sender.metrics()).get(LOOKED_UP % result, 0.0)

    edna.faults.set(Fault(path="/api/v1", match="taken", reset_share=1.0, after_accept=True))
    edna.faults.set(Fault(path="/api/v1", match="not there", reset_share=1.0))
    await produce(given, "outbound", [message("348", "390300001", "taken"), message("347", "390300002", "not there")])
    await eventually("one is taken, the other tried again", lambda: len(attempts(edna, "not there")) >= 2)
    edna.faults.clear()
    await eventually("the other is taken", lambda: texts(edna) == ["taken", "not there"])
    await produce(given, "outbound", [message("348", "390300001", "behind")])
    await eventually("the one behind", lambda: "behind" in texts(edna))
    assert len(attempts(edna, "taken")) == 1
    assert await looked_up("found") >= 1
    assert await looked_up("absent") >= 1
    assert await looked_up("untold") == 0
    edna.vendor.behave({"history": False})
    edna.faults.set(Fault(path="/api/v1", match="doubled", reset_share=1.0, after_accept=True))
    await produce(given, "outbound", [message("348", "390300001", "doubled")])
    await eventually("sent again, as nobody tells", lambda: len(attempts(edna, "doubled")) >= 2)
    edna.faults.clear()
    await produce(given, "outbound", [message("348", "390300001", "last")])
    await eventually("the last", lambda: "last" in texts(edna))
    assert await looked_up("untold") >= 1


def attempts(edna: EdnaFake, text: str) -> list[str]:
    """Every send of a text, taken or not."""
    bodies = (one.body.decode() for one in edna.journal.entries if one.path.startswith("/api/v1"))
    return [body for body in bodies if text in body]
