"""The image by itself, as `docker run` has it: the gateway on 8000, the command, and nothing that does not belong."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.kafka.broker import free_port
from tests.container.docker import docker, eventually, fetch, filled_sample, inspected

pytestmark = [pytest.mark.container, pytest.mark.timeout(900)]

STOP_WITHIN_S = 10.0


@pytest.fixture
def env_file(tree: Path, tmp_path: Path) -> Path:
    """The `.env` of a new user."""
    file = tmp_path / "env"
    file.write_text(filled_sample(tree))
    return file


@pytest.fixture
def container() -> Iterator[str]:
    """A name for a container, which is removed whatever happens."""
    name = f"edna-amocrm-test-{uuid.uuid4().hex[:8]}"
    yield name
    docker("rm", "-f", "-v", name, codes=(0, 1))


SPOOL = "/var/lib/edna-amocrm/spool"


@pytest.mark.parametrize(
    "hardening",
    [(), ("--read-only", "--tmpfs=/tmp", "--cap-drop=ALL", f"--volume={SPOOL}")],
    ids=["plain", "read-only"],
)
def test_the_image_alone_is_the_gateway_though_kafka_is_away(
    image: str, env_file: Path, container: str, hardening: tuple[str, ...]
) -> None:
    port = free_port()
    docker(
        "run", "-d", *hardening, "--env-file", str(env_file), "-p", f"127.0.0.1:{port}:8000", "--name", container, image
    )
    eventually("it answers", lambda: fetch(f"http://127.0.0.1:{port}/health") == (200, '{"status": "ok"}'))
    assert fetch(f"http://127.0.0.1:{port}/openapi.json")[0] == 200
    started = time.monotonic()
    docker("stop", container)
    assert time.monotonic() - started < STOP_WITHIN_S
    assert inspected(container)["State"]["ExitCode"] == 0


def test_a_read_only_container_without_a_volume_for_the_spool_names_its_variable(image: str, env_file: Path) -> None:
    done = docker("run", "--rm", "--read-only", "--env-file", str(env_file), image, codes=(78,))
    assert f"SPOOL_DIR={SPOOL}" in done.stderr.splitlines()[-1]


def test_sigterm_ends_a_process_that_has_not_got_as_far_as_a_handler(image: str, container: str) -> None:
    docker("run", "-d", "--name", container, image, "python", "-c", "import time; print('begun'); time.sleep(100)")
    eventually("it runs", lambda: "begun" in docker("logs", container).stdout)
    started = time.monotonic()
    docker("stop", container)
    assert time.monotonic() - started < STOP_WITHIN_S / 2
    assert inspected(container)["State"]["ExitCode"] == 143


def test_the_image_without_credentials_ends_with_78_and_one_line(image: str) -> None:
    done = docker("run", "--rm", image, codes=(78,))
    (line,) = (done.stdout + done.stderr).splitlines()
    assert "AMOCRM_CHANNEL_ID" in line


def test_the_command_is_in_the_image(image: str) -> None:
    done = docker("run", "--rm", image, "edna-amocrm", "topics", "describe", codes=(1,))
    assert "KAFKA_BOOTSTRAP_SERVERS" in done.stderr
    assert "Traceback" not in done.stderr


def test_faust_is_the_compiled_one(image: str) -> None:
    check = "from faust.streams import _CStreamIterator as compiled; print(compiled.__module__)"
    assert docker("run", "--rm", image, "python", "-c", check).stdout.startswith("faust._cython")


def test_the_image_holds_neither_secrets_nor_tests_and_belongs_to_root_but_for_the_spool(image: str) -> None:
    find = "find / -xdev ( -name .env* -o -path /app/tests -o -path /app/.git -o -user 10001 )"
    assert docker("run", "--rm", "--user", "0", image, *find.split()).stdout.splitlines() == [SPOOL]
    facts = inspected(image)["Config"]
    assert facts["User"] == "10001:10001"
    assert not [line for line in facts["Env"] if line.startswith(("EDNA_", "AMOCRM_"))]


def test_bytecode_is_made_beforehand(image: str) -> None:
    missing = (
        "import pathlib; print([str(file) for file in pathlib.Path('/app').rglob('*.py')"
        " if not list(file.parent.glob(f'__pycache__/{file.stem}.*.pyc'))])"
    )
    assert docker("run", "--rm", image, "python", "-c", missing).stdout.strip() == "[]"
