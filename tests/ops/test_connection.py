"""`edna-amocrm connect|disconnect`, as processes on the fake amojo."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bridge.amojo.account import AmojoAccount
from ops import connection
from ops.output import Failed
from sandbox import credentials
from sandbox.faults import Fault
from tests.ops.fakes import amojo_fake
from tests.ops.patients import run, settings_of
from tests.ops.process import Command, refused

SCOPE = f"{credentials.AMOCRM_CHANNEL_ID}_{credentials.AMOCRM_ACCOUNT_ID}"


async def test_connecting_twice_is_harmless_and_disconnecting_asks_first(known_command: Command) -> None:
    async with amojo_fake() as fake:
        where = {"AMOCRM_AMOJO_BASE_URL": fake.url}
        for title in ("Магазин", "Склад"):
            done = await run(known_command, "connect", AMOCRM_CONNECT_TITLE=title, **where)
            assert done.stdout == f"connected: scope {SCOPE}\ntitle “{title}”, hooks v2\n", done
            assert (done.returncode, fake.vendor.scope.connected, fake.vendor.scope.title) == (0, True, title)
        done = await run(known_command, "disconnect", **where)  # the end of the input is a no
        assert done.returncode == 1
        assert "Operators' messages do not come any more" in done.stderr
        assert fake.vendor.scope.connected
        done = await run(known_command, "disconnect", "--yes", **where)
        assert (done.returncode, done.stdout, done.stderr) == (0, f"disconnected: scope {SCOPE}\n", "")
        assert not fake.vendor.scope.connected


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"amocrm_channel_secret": "another secret"}, "AMOCRM_CHANNEL_SECRET"),
        ({"amocrm_channel_id": credentials.AMOCRM_ACCOUNT_ID}, "AMOCRM_CHANNEL_ID"),
        ({"amocrm_channel_id": "a\nchannel"}, "AMOCRM_CHANNEL_ID"),
    ],
)
def test_a_refusal_names_the_variable(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(Failed) as failed:
        asyncio.run(_connected(None, **changes))
    assert named in str(failed.value)
    assert "another secret" not in str(failed.value)


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        (Fault(status=400), "AMOCRM_ACCOUNT_ID"),
        (Fault(status=403), "clock"),
        (Fault(status=403, html=True), "AMOCRM_AMOJO_BASE_URL"),
        (Fault(status=200, html=True), "AMOCRM_AMOJO_BASE_URL"),
        (Fault(status=405), "AMOCRM_AMOJO_BASE_URL"),
        (Fault(status=429), "try again"),
        (Fault(status=503), "try again"),
        (Fault(reset_share=1.0), "cannot be reached"),
    ],
)
def test_whatever_amojo_answers_there_is_a_remedy(fault: Fault, named: str) -> None:
    with pytest.raises(Failed, match=named):
        asyncio.run(_connected(fault))


async def _connected(fault: Fault | None, **changes: Any) -> None:
    async with amojo_fake() as fake:
        if fault is not None:
            fake.faults.set(fault)
        await connection.asked(settings_of(**{"amocrm_amojo_base_url": fake.url} | changes), AmojoAccount.connect)


async def test_what_is_not_set_is_one_line_and_exit_78(known_command: Command) -> None:
    line = refused(await run(known_command, "connect", AMOCRM_ACCOUNT_ID="your_account_amojo_id"), 78)
    assert line.startswith("edna-amocrm: AMOCRM_ACCOUNT_ID not set")
