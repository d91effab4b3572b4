"""`edna-amocrm send-test`: through the real gateway and agents to a vendor and back, step by step."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bridge.settings import Settings
from sandbox.kafka.broker import free_port
from tests.broker.agents import Agent
from tests.broker.vendor import Vendor
from tests.conftest import CREDENTIALS
from tests.gateway.server import Gateway
from tests.ops.process import Command, Done, MakeSettings, refused

pytestmark = pytest.mark.broker

EDNA_KEY = "edna-webhook-key-of-tests"


@dataclass
class World:
    """A gateway with vendors on this machine, and the command beside it."""

    settings: Settings
    gateway: Gateway
    vendor: Vendor
    command: Command

    async def send(self, *arguments: str, **environment: str) -> Done:
        """`send-test`, told by the environment where everything is."""
        known = {name.upper(): str(value) for name, value in CREDENTIALS.items()} | {
            "EDNA_WEBHOOK_KEY": EDNA_KEY,
            "EDNA_BASE_URL": self.vendor.url,
            "AMOCRM_AMOJO_BASE_URL": self.vendor.url,
            "GATEWAY_PORT": str(self.gateway.port),
        }
        return await asyncio.to_thread(self.command, "send-test", *arguments, **(known | environment))


@pytest.fixture
async def world(make_settings: MakeSettings, topics: None, command: Command) -> AsyncIterator[World]:
    vendor = await Vendor().start()
    settings = make_settings(
        edna_webhook_key=EDNA_KEY, edna_base_url=vendor.url, edna_send_path="/api/cascade/schedule",
        edna_cascade_id="1", amocrm_amojo_base_url=vendor.url, amocrm_auto_connect=False,
    )  # fmt: skip
    async with Gateway(settings) as gateway:
        await gateway.becomes_ready()
        yield World(settings, gateway, vendor, command)
    await vendor.stop()


@asynccontextmanager
async def agents(world: World, folder: Path, *directions: str) -> AsyncIterator[None]:
    started = [Agent(direction, world.settings, folder) for direction in directions]
    try:
        await asyncio.gather(*(agent.start() for agent in started))
        yield
    finally:
        for agent in started:
            await agent.stop()


async def test_both_ways_are_followed_to_the_vendors_ids(world: World, tmp_path: Path) -> None:
    async with agents(world, tmp_path, "inbound", "outbound"):
        done = await world.send("--text", "Раз, два")
    assert done.returncode == 0, done
    assert world.vendor.texts() == ["Раз, два", "Раз, два"]
    there, back = done.stdout.split("operator → client")
    for steps, direction in ((there, "inbound"), (back, "outbound")):
        assert re.search(
            rf"\d+ ms  accepted by the gateway\n +\d+ ms  in {direction}/\d+/\d+\n +\d+ ms  delivered", steps
        )
    assert "amojo id amojo-edna.default.whatsapp.test-" in there
    assert "request id " in back
    assert done.stderr == ""


async def test_a_channel_number_is_sent_in_ednas_own_form(world: World, tmp_path: Path) -> None:
    async with agents(world, tmp_path, "inbound"):
        done = await world.send("--to", "operator", "--channel", "345", "--phone", "+79007654321")
    assert done.returncode == 0, done
    assert list(world.vendor.conversations.values()) == ["v1.default.345.79007654321"]


@pytest.mark.parametrize(("language", "words"), [("ru", "Проверка связи, "), ("en", "Connection test, ")])
async def test_a_phone_is_taken_as_people_write_it_and_the_text_is_in_the_operators_language(
    world: World, tmp_path: Path, language: str, words: str
) -> None:
    async with agents(world, tmp_path, "inbound"):
        done = await world.send("--to", "operator", "--phone", "8 (900) 765-43-21", OPERATOR_LANGUAGE=language)
    assert done.returncode == 0, done
    assert list(world.vendor.conversations.values()) == ["v1.default.whatsapp.79007654321"]
    assert world.vendor.texts()[0].startswith(words)


async def test_a_message_that_nobody_delivers_is_exit_1_and_says_where_it_stands(world: World) -> None:
    done = await world.send("--to", "client", "--wait", "1")
    assert done.returncode == 1
    assert "in outbound/" in done.stdout
    (line,) = done.stderr.splitlines()
    assert "no outbound agent runs (`edna-amocrm lag`)" in line


async def test_a_dead_letter_is_exit_1_and_tells_the_reason(world: World, tmp_path: Path) -> None:
    world.vendor.troubles["no"] = [400]
    async with agents(world, tmp_path, "outbound"):
        done = await world.send("--to", "client", "--text", "no")
    assert done.returncode == 1
    assert "dead letter outbound.dlq/" in done.stdout
    assert "dead-lettered, not delivered" in done.stderr


async def test_what_the_gateway_says_is_passed_on(world: World) -> None:
    done = await world.send("--to", "operator", EDNA_WEBHOOK_KEY="another")
    assert done.returncode == 1
    assert "answered 401: " in done.stderr
    assert "another" not in done.stderr


async def test_a_gateway_that_is_away_is_one_line(world: World) -> None:
    done = await world.send("--to", "operator", "--gateway", f"http://127.0.0.1:{free_port()}")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "--gateway" in done.stderr


@pytest.mark.parametrize("vendor", ["EDNA_BASE_URL", "AMOCRM_AMOJO_BASE_URL"])
async def test_with_a_real_account_it_writes_to_nobody_who_was_not_named(world: World, vendor: str) -> None:
    line = refused(await world.send(**{vendor: "https://vendor.example"}), 1)
    assert "--phone" in line
    assert not await world.gateway.stored("inbound")


async def test_stand_ins_on_the_sandbox_host_are_not_real_accounts(world: World) -> None:
    url = {"EDNA_BASE_URL": "http://sandbox:28081", "AMOCRM_AMOJO_BASE_URL": "http://sandbox:28082"}
    done = await world.send("--to", "operator", "--wait", "0.5", SANDBOX_HOST="sandbox", **url)
    assert "in inbound/" in done.stdout


def environment_file(world: World, pid: int) -> dict[str, Any]:
    """Written as `make run` does; returns an environment without any of it."""
    values = {
        "WORLD_PID": pid,
        **{name.upper(): value for name, value in CREDENTIALS.items()},
        "EDNA_WEBHOOK_KEY": EDNA_KEY,
        "EDNA_BASE_URL": world.vendor.url,
        "AMOCRM_AMOJO_BASE_URL": world.vendor.url,
        "GATEWAY_PORT": world.gateway.port,
    }
    path = world.command.folder / ".sandbox" / "environment"
    path.parent.mkdir()
    path.write_text("# of this run\n" + "".join(f"{name}={value}\n" for name, value in values.items()))
    return {name: "" for name in values if name != "WORLD_PID"}


async def test_beside_make_run_it_needs_no_configuration_and_says_loudly_what_it_uses(
    world: World, tmp_path: Path
) -> None:
    nothing = environment_file(world, os.getpid())
    async with agents(world, tmp_path, "inbound", "outbound"):
        done = await world.send(**nothing)
    assert done.returncode == 0, done
    assert "this uses the sandbox" in done.stderr


async def test_a_world_that_has_ended_is_not_used(world: World) -> None:
    with subprocess.Popen(["true"]) as ended:
        pass
    nothing = environment_file(world, ended.pid)
    line = refused(await world.send("--to", "client", "--phone", "79001234567", **nothing), 78)
    assert "AMOCRM_CHANNEL_SECRET" in line
