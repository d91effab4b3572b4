"""Every command of both READMEs works as printed, in a fresh clone, on the ports that they name.

`curl` is told by its own configuration file to fail on a refusal, so that the commands themselves stay as printed. The
blocks of one stage run in one shell, in their order, like a reader's terminal.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.readme.blocks import Block, blocks

pytestmark = [pytest.mark.readme, pytest.mark.timeout(1500)]

ROOT = Path(__file__).parents[2]
READMES = ("README.md", "README.ru.md")
READY_WITHIN_S = 600  # the first start installs what the lock names
COMMANDS_WITHIN_S = 240
NOTHING_WAITS_WITHIN_S = 60.0
PRINTS_WITHIN_S = 60

# Where a block is run, by what it holds; whatever fits nothing here runs beside `make run`.
WORLD = "make run"  # starts the world of the others
GROWTH = "TOPIC_PARTITIONS=24"  # with stopped agents
COMPOSE = "docker compose"  # with the world's ports free, and no .env
SAMPLE = "cp .env.sample"
IMAGE = "docker build"  # with a filled .env
CONTAINER = "edna-amocrm-app"  # that is started there
SANDBOX = "sandbox.edna-amocrm."  # before the topics of `make run` without credentials


def commands(language: str) -> list[Block]:
    """The distinct blocks of a language in both READMEs, in order."""
    found = [one for name in READMES for one in blocks((ROOT / name).read_text()) if one.language == language]
    return list({one.commands: one for one in found}.values())


def script(*wanted: str, beside: bool = False) -> str:
    """The blocks that hold one of these words, or those that hold none of any stage's, as one script."""
    stages = (WORLD, GROWTH, COMPOSE, SAMPLE, IMAGE)
    chosen = []
    for one in commands("bash"):
        fits = not any(word in one.code for word in stages) if beside else any(word in one.code for word in wanted)
        if fits:
            chosen.append(one.code)
    assert chosen, f"no block in the READMEs fits {wanted}"
    return "\n".join(["set -euo pipefail", *chosen])


def run(folder: Path, given: str, within_s: float = COMMANDS_WITHIN_S) -> str:
    """Run a script as one terminal; fails with what it said."""
    done = subprocess.run(
        ["bash", "-c", given],
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=within_s,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    return done.stdout


def environment(folder: Path) -> dict[str, str]:
    """A newcomer's: nothing of this project is set, and curl fails where the answer is a refusal."""
    kept = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "DOCKER_", "UV_"))}
    names = ("PATH", "HOME", "LANG", "JAVA_HOME", "XDG_CACHE_HOME", "http_proxy", "https_proxy", "no_proxy")
    kept |= {name: os.environ[name] for name in names if name in os.environ}
    own = {"CURL_HOME": str(folder.parent), "COMPOSE_PROJECT_NAME": "edna-amocrm-readme"}  # nobody else's volume
    return kept | own | {"CI": "true"}


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is tracked here, as it is now, and nothing that was made."""
    folder = tmp_path_factory.mktemp("readme") / "edna-amocrm"
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in filter(None, listed.decode().split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    (folder.parent / ".curlrc").write_text("fail-with-body\nsilent\nshow-error\n")
    return folder


@contextmanager
def world(folder: Path) -> Iterator[str]:
    """`make run`, ready; gives what it printed until then, and ends it by SIGINT as Ctrl-C would."""
    (line,) = {line for one in commands("bash") for line in one.commands.splitlines() if line == WORLD}
    log = folder.parent / "make-run.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["bash", "-c", f"exec {line}"],
            cwd=folder,
            env=environment(folder),
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + READY_WITHIN_S
        while "Ready after" not in log.read_text():
            assert process.poll() is None, log.read_text()[-4000:]
            assert time.monotonic() < deadline, log.read_text()[-4000:]
            time.sleep(0.2)
        yield log.read_text()
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(30)


def test_every_command_works_beside_make_run(clone: Path) -> None:
    with world(clone) as said:
        assert "http://127.0.0.1:28080" in said
        printed = run(clone, script(beside=True))
        assert printed.count('{"code":"ok"}') == 6, printed
        for one in commands("python"):
            for seen in (f"{SANDBOX}inbound v1.", f"{SANDBOX}status "):
                assert prints(clone, one.code, seen)
        nothing_waits(clone)


def nothing_waits(folder: Path) -> None:
    """Wait for a lag of 0: a status of a message that nobody here sent may wait for its link for half a minute."""
    deadline = time.monotonic() + NOTHING_WAITS_WITHIN_S
    while json.loads(run(folder, ".venv/bin/edna-amocrm lag --json"))["lag"]:
        assert time.monotonic() < deadline, run(folder, ".venv/bin/edna-amocrm lag")


def prints(folder: Path, code: str, beginning: str) -> bool:
    """Whether a program that runs for ever prints such a line within a minute."""
    process = subprocess.Popen(
        [".venv/bin/python", "-u", "-c", code],
        cwd=folder,
        env=environment(folder) | {"TOPIC_PREFIX": SANDBOX},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    watchdog = threading.Timer(PRINTS_WITHIN_S, process.kill)
    watchdog.start()
    try:
        assert process.stdout is not None
        return any(line.startswith(beginning) for line in process.stdout)
    finally:
        watchdog.cancel()
        process.kill()
        process.wait()


def test_partitions_grow_when_the_agents_have_stopped(clone: Path) -> None:
    kafka = (
        "import asyncio, pathlib, sys\n"
        "from sandbox.kafka import EmbeddedBroker\n"
        "async def main():\n"
        "    broker = EmbeddedBroker(pathlib.Path('.sandbox/kafka'), 9092)\n"
        "    await broker.start()\n"
        "    print('up', flush=True)\n"
        "    await asyncio.to_thread(sys.stdin.read)\n"
        "    await broker.stop()\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen(
        [".venv/bin/python", "-c", kafka],
        cwd=clone,
        env=environment(clone),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        there = f"export TOPIC_PREFIX={SANDBOX}\n"
        run(clone, there + script(GROWTH))
        described = run(clone, there + "TOPIC_PARTITIONS=24 .venv/bin/edna-amocrm topics describe")
        assert "24" in described
        process.communicate("")


def test_the_docker_commands_work(clone: Path) -> None:
    if shutil.which("docker") is None or docker(clone, "info").returncode:
        pytest.skip("no Docker engine answers")
    assert docker(clone, "container", "inspect", CONTAINER).returncode, f"there is a {CONTAINER} already: remove it"
    try:
        run(clone, script(COMPOSE), within_s=900)
        run(clone, script(SAMPLE))
        fill_in(clone / ".env")
        run(clone, script(IMAGE), within_s=900)
        run(clone, "for i in $(seq 100); do curl http://127.0.0.1:28000/health && exit; sleep 0.2; done; exit 1")
    finally:
        docker(clone, "rm", "-f", CONTAINER)
        docker(clone, "compose", "--profile", "sandbox", "down", "-v")


def docker(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """A command of Docker, in the folder and with the environment of the printed ones."""
    return subprocess.run(["docker", *arguments], cwd=folder, env=environment(folder), capture_output=True, check=False)


def fill_in(path: Path) -> None:
    """What the README asks a reader to do with the copied sample."""
    filled = {"EDNA_API_KEY": "a", "AMOCRM_CHANNEL_ID": "b", "AMOCRM_CHANNEL_SECRET": "c", "AMOCRM_ACCOUNT_ID": "d"}
    sample = path.read_text()
    for name, value in filled.items():
        sample = re.sub(rf"^{name}=.*$", f"{name}={value}", sample, flags=re.MULTILINE)
    path.write_text(sample)
